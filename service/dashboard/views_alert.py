"""One alert, and everything a person can do about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts.access import Do, Topic
from service.alerts import queries
from service.alerts.actions import AlertClosed, AlertNotClosed, AlreadyTaken, ContactNeeded, locked
from service.alerts.models import Alert, AlertState
from service.alerts.schemas import OUTCOMES, WAYS, CloseIn, ContactIn
from service.care import alert_view, answering
from service.dashboard import forms
from service.dashboard.access import Visit, allow
from service.dashboard.alert_page import in_full, person_words, seen_mark
from service.dashboard.pages import page
from service.dashboard.views_queue import queue_page
from service.errors import Conflict

_CONTACT, _CLOSE = ContactIn(), CloseIn()
_CONTACT_WORDS = {
    "how": "Choose how you tried to reach her.",
    "reached": "Say whether you reached her.",
    "note": "This note is too long.",
}
_CLOSE_WORDS = {
    "outcome": "Choose what came of it.",
    "action": "Say in a few words what was done.",
    "contact_made": "Say whether somebody spoke with her.",
    "note": "This note is too long.",
    "reply_to_patient": "This reply is too long.",
}


class SomethingNew(Conflict):
    """A reason joined the alert after the page was opened: nobody answers what she has not read."""

    slug = "something-new"
    title = "Something new has come in since you opened this page."


@allow(Topic.ALERTS, Do.READ)
def show_alert(*, visit: Visit, alert_id: UUID) -> Response:
    """Show an alert with its reasons, its history and the forms to answer it."""
    alert = queries.alert_for(visit.session, visit.viewer, alert_id)
    return _alert_page(visit, alert)


@allow(Topic.ALERTS, Do.WRITE)
def acknowledge(*, visit: Visit, alert_id: UUID) -> Response:
    """Take an alert, on its page or on the queue's."""

    def take() -> Alert:
        _check_seen(visit, alert_id, AlertState.OPEN)
        return answering.acknowledge(visit.session, visit.viewer, alert_id, now=visit.now)

    return _answered(visit, alert_id, take)


@allow(Topic.ALERTS, Do.WRITE)
def record_contact(*, visit: Visit, alert_id: UUID) -> Response:
    """Note an attempt to reach her."""

    def note() -> Alert:
        _check_seen(visit, alert_id, AlertState.OPEN)
        attempt = forms.read(_CONTACT, _CONTACT_WORDS, flags=("reached",))
        return answering.record_contact(
            visit.session, visit.viewer, alert_id, now=visit.now, **attempt
        )

    return _answered(visit, alert_id, note, form="contact")


@allow(Topic.ALERTS, Do.WRITE)
def close(*, visit: Visit, alert_id: UUID) -> Response:
    """Close an alert and tell her what came of it."""

    def end() -> Alert:
        _check_seen(
            visit, alert_id, AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.IN_PROGRESS
        )
        closing = forms.read(_CLOSE, _CLOSE_WORDS, flags=("contact_made",))
        return answering.close(visit.session, visit.viewer, alert_id, now=visit.now, **closing)

    return _answered(visit, alert_id, end, form="close")


@allow(Topic.ALERTS, Do.WRITE)
def reopen(*, visit: Visit, alert_id: UUID) -> Response:
    """Open a closed alert again."""

    def again() -> Alert:
        return answering.reopen(visit.session, visit.viewer, alert_id, now=visit.now)

    return _answered(visit, alert_id, again)


def _answered(
    visit: Visit, alert_id: UUID, act: Callable[[], Alert], *, form: str | None = None
) -> Response:
    """Do it and go on, or say on the page why not, with everything that was typed."""
    from_queue = forms.text_of("back") == "queue"
    try:
        alert = act()
    except Conflict as refused:
        alert = queries.alert_for(visit.session, visit.viewer, alert_id)
        refusal = _sentence(visit, alert, refused)
        if from_queue:
            return queue_page(visit, alert.queue, refusal=refusal, status=409)
        return _alert_page(visit, alert, status=409, refusal=refusal, form=form)
    except forms.FormUnusable as wrong:
        alert = queries.alert_for(visit.session, visit.viewer, alert_id)
        return _alert_page(visit, alert, status=422, errors=wrong.errors, form=form)
    visit.session.flush()
    visit.log_by_id(alert.patient_id, Topic.ALERTS, Do.WRITE)
    there = f"/alerts/{alert.id}"
    if from_queue:
        there = f"/queues/{alert.queue.value}?taken={alert.id}"
    return make_response(redirect(there, 303))


def _check_seen(visit: Visit, alert_id: UUID, *states: AlertState) -> None:
    """Refuse an answer to an alert in one of these states that is not what its reader saw.

    Raises:
        NotFound: no such alert in the viewer's queues.
        SomethingNew: a reason has joined since.
    """
    alert = locked(visit.session, visit.viewer, alert_id)
    if alert.state in states and forms.text_of("seen") != seen_mark(alert):
        raise SomethingNew


def _sentence(visit: Visit, alert: Alert, refused: Conflict) -> str:
    """Say in plain words why nothing was changed."""
    shown = alert_view.shown(visit.session, [alert])[0]
    name = shown["patient"]["display_name"]
    if isinstance(refused, AlreadyTaken):
        who = person_words(shown["acknowledged_by"], visit.viewer.account_id)
        return f"The alert about {name} was taken by {who} before you. It is in good hands."
    if isinstance(refused, AlertClosed):
        return f"The alert about {name} has been closed in the meantime. Nothing was changed."
    if isinstance(refused, SomethingNew):
        return (
            f"Something new has come in about {name} since you opened this page. Please read "
            "the reasons again, then answer. Nothing was changed."
        )
    if isinstance(refused, ContactNeeded):
        return (
            "This alert can be closed only once somebody has spoken with her: record a contact "
            "in which she was reached, then close it and say so."
        )
    if isinstance(refused, AlertNotClosed):
        return f"{name} has an open alert in this queue already. Please use that one."
    return refused.title


def _alert_page(
    visit: Visit,
    alert: Alert,
    *,
    status: int = 200,
    refusal: str | None = None,
    errors: Any = None,
    form: str | None = None,
) -> Response:
    visit.log_by_id(alert.patient_id, Topic.ALERTS, Do.READ)
    return page(
        "alert", status=status, alert=in_full(visit, alert), refusal=refusal,
        errors=errors or {}, form=form, typed=forms.typed() if form else {},
        may_answer=visit.frame.may(Topic.ALERTS, Do.WRITE), outcomes=OUTCOMES, ways=WAYS,
        may_see_patient=visit.frame.may(Topic.PROFILE),
    )  # fmt: skip
