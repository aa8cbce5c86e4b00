"""Welfare checks: patients who have fallen silent, the most worrying first."""

from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic, may_see_queue
from service.accounts.models import Queue
from service.alerts.schemas import ContactIn
from service.care import away, welfare
from service.care.welfare import WelfareCheck
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.formatting import WAY_WORDS
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.errors import Conflict, Rejected
from service.ids import new_id
from service.journey.schemas import AwayIn
from service.panel.welfare import HIGHEST_SCORE, Position
from service.records import Change

PAGE = 20
_CALL = ContactIn(exclude=("how",))
_AWAY = AwayIn()
_CALL_WORDS = {"reached": "Say whether you reached her.", "note": "This note is too long."}
_AWAY_WORDS = {
    "id": "Please try again.", "kind": "Choose why she is away.",
    "starts_on": "From which day? Choose one.", "ends_on": "This is no day.",
    "note": "This note is too long.",
}  # fmt: skip
_KIND_WORDS = {
    "inpatient": "In hospital", "holiday": "On holiday", "other": "For another reason",
}  # fmt: skip
_DONE = {
    "reached": "Your call is noted. Check-ins are counted anew from now on.",
    "not_reached": "Your call is noted. She stays on this list.",
    "away": "It is noted that she is away. Days away do not count as silence.",
}


@allow(Topic.PANEL, Do.READ)
def show_welfare(*, visit: Visit) -> Response:
    """List who is silent."""
    return _welfare_page(visit)


@allow(Topic.ALERTS, Do.WRITE)
def note_call(*, visit: Visit) -> Response:
    """Note a call to somebody who is silent, and whether it reached her."""
    try:
        call = forms.read(_CALL, _CALL_WORDS, flags=("reached",))
        welfare.record_call(
            visit.session, visit.viewer, visit.patient.id, reached=call["reached"],
            note=call["note"], now=visit.now,
        )  # fmt: skip
    except (forms.FormUnusable, Conflict) as no:
        return _refused(visit, no)
    return _done("reached" if call["reached"] else "not_reached")


@allow(Topic.AWAY, Do.WRITE)
def note_away(*, visit: Visit) -> Response:
    """Note that somebody is away, why and until when."""
    patient = people.lock_patient(visit.session, visit.patient.id)
    change = Change(
        patient_id=patient.id, change_no=patient.change_no, by=visit.viewer.account_id,
        now=visit.now,
    )  # fmt: skip
    try:
        period = forms.read(_AWAY, _AWAY_WORDS)
        away.note_away(visit.session, patient, change=change, period=period)
    except (forms.FormUnusable, Conflict, Rejected) as no:
        return _refused(visit, no)
    return _done("away")


def _done(what: str) -> Response:
    return make_response(redirect(f"/welfare?done={what}", 303))


def _refused(visit: Visit, no: forms.FormUnusable | Conflict | Rejected) -> Response:
    """Say on the list why nothing was changed, with the note that was typed."""
    if isinstance(no, forms.FormUnusable):
        why, status = " ".join(no.errors.values()) or "Please look at the form again.", 422
    else:
        why, status = no.title, 409 if isinstance(no, Conflict) else 422
    name = visit.patient.display_name
    return _welfare_page(visit, refusal=f"{name}: {why} Nothing was changed.", status=status)


def _welfare_page(visit: Visit, *, refusal: str | None = None, status: int = 200) -> Response:
    assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    today = visit.frame.words.local(visit.now).date()
    after = forms.asked("after", most=500)
    items, last = welfare.checks(
        visit.session, visit.viewer.clinic_id, today=today, limit=PAGE,
        last=_position(after) if after else None,
    )  # fmt: skip
    visit.log_listed((one.summary.patient_id for one in items), Topic.PANEL)
    may = visit.frame.may
    works_on_it = may_see_queue(visit.viewer, Queue.COORDINATION)
    return page(
        "welfare", status=status, rows=[(one, _tried(one, visit)) for one in items],
        refusal=refusal, typed=forms.typed() if refusal else {}, after=after,
        more=cursors.written([last[0], str(last[1])]) if last else None,
        done=_DONE.get(forms.asked("done")), new_id=new_id, today=today, kinds=_KIND_WORDS,
        may_call=works_on_it and may(Topic.ALERTS, Do.WRITE), may_open=works_on_it,
        may_note_away=may(Topic.AWAY, Do.WRITE), may_see_patient=may(Topic.PROFILE),
        shows_symptoms=may(Topic.SYMPTOMS), shows_treatments=may(Topic.TREATMENTS),
        shows_wellbeing=may(Topic.WELLBEING),
    )  # fmt: skip


def _tried(check: WelfareCheck, visit: Visit) -> str | None:
    """Say what was tried to reach her; ``None`` if nothing was."""
    if not check.tried:
        return None
    latest, number = check.tried[0], len(check.tried)
    times = "once" if number == 1 else f"{number} times"
    became = "and reached her" if latest.reached else "and did not reach her"
    way = WAY_WORDS.get(latest.how, latest.how).lower()
    day = visit.frame.words.day(visit.frame.words.local(latest.at).date())
    return f"Tried {times}. The last on {day} by {way}, {became}."


def _position(text: str) -> Position:
    score, id = cursors.read(text, parts=2)
    try:
        if not 0 <= int(score) <= HIGHEST_SCORE:
            raise cursors.PlaceUnknown
        return int(score), UUID(id)
    except (ValueError, TypeError, AttributeError):
        raise cursors.PlaceUnknown from None


ROUTES: tuple[Route, ...] = (
    Route("/welfare", "welfare", show_welfare),
    Route("/welfare/<uuid:patient_id>/calls", "welfare_call", note_call, POST),
    Route("/welfare/<uuid:patient_id>/away", "welfare_away", note_away, POST),
)
