"""The cascade of support: who was screened, offered, contacted, assessed, followed up."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect
from marshmallow import fields, validate

from service.accounts.access import QUEUES, Do, Topic
from service.accounts.models import Queue
from service.care import cascade_view
from service.dashboard import cascade_page, cascade_words, cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.errors import Conflict, Outdated
from service.support import cascade_actions as actions
from service.support import cascade_queries as queries
from service.support.cascade_schemas import AssessIn, EndIn, FollowUpIn, OfferIn
from service.support.models import Cascade
from service.support.rules import ENDED, ENDINGS, STAGES

PAGE = 50
_MOVED_ON = (
    "A colleague has done something here since you opened this page. Read what is new, then go "
    "on. Nothing was changed."
)
_HAS_ENDED = "This has been ended in the meantime. Nothing was changed."
_BAD_DAY = "Choose a day from today on, at most a year ahead."
_BAD_STRETCH = "Choose days in their order, at most 366 of them."
_NOTE = "This note is too long."


class _AssessForm(AssessIn):
    # What stands in a form is text.
    step = fields.Integer(required=True, validate=validate.Range(1, 4))


class _EndForm(EndIn):
    ended_as = fields.String(required=True, validate=validate.OneOf(ENDINGS))


_FORMS: dict[str, tuple[Any, dict[str, str], Callable[..., Cascade]]] = {
    "offer": (
        OfferIn(),
        {"what": "Say in a few words what was offered.", "note": _NOTE},
        actions.offer,
    ),
    "assess": (
        _AssessForm(),
        {"need": "Say what she needs.", "step": "Choose how much help she needs.",
         "follow_up_on": _BAD_DAY, "note": _NOTE},
        actions.assess,
    ),
    "follow-up": (
        FollowUpIn(),
        {"outcome": "Say it in fewer words.", "next_on": _BAD_DAY, "note": _NOTE},
        actions.follow_up,
    ),
    "end": (_EndForm(), {"ended_as": "Choose how it ended.", "note": _NOTE}, actions.end),
}  # fmt: skip
_DAY_FIELDS = {"assess": "follow_up_on", "follow-up": "next_on"}


@allow(Topic.REQUESTS, Do.READ)
def show_cascades(*, visit: Visit) -> Response:
    """Show where people drop out, and what is on its way."""
    wrong, since, until = None, _day("from"), _day("to")
    today = visit.frame.words.local(visit.now).date()
    try:
        counted = _chart(visit, since, until, today)
    except cascade_view.ChartStretchUnusable:
        wrong, counted = _BAD_STRETCH, _chart(visit, None, None, today)
    queue, stage = _queue(visit), forms.asked("stage")
    stage = stage if stage in (*STAGES, ENDED) else ""
    after = forms.asked("after", most=500)
    found = queries.page_of(
        visit.session, visit.viewer, queue=queue, stage=stage or None, today=today, limit=PAGE,
        last=_position(after) if after else None,
    )  # fmt: skip
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        more = _place(rows[-1][0], today)
    visit.log_listed([row.patient_id for row, _ in rows], Topic.REQUESTS)
    shown = cascade_view.shown(visit.session, rows)
    return page(
        "cascades", status=422 if wrong else 200, wrong=wrong, more=more, after=after,
        chart=cascade_page.chart(visit, counted), queue=queue, stage=stage,
        rows=[cascade_page.in_words(visit, one) for one in shown], said=cascade_words,
        stages=(*STAGES, ENDED), queues=QUEUES.get(visit.viewer.role, ()),
    )  # fmt: skip


@allow(Topic.REQUESTS, Do.READ)
def show_cascade(*, visit: Visit, cascade_id: UUID) -> Response:
    """Show one need with every step, and the forms to go on."""
    return _cascade_page(visit, cascade_id, done=forms.asked("done") == "saved")


@allow(Topic.REQUESTS, Do.WRITE)
def go_on(*, visit: Visit, cascade_id: UUID, act: str) -> Response:
    """Offer, assess, follow up or end, or say on the page why not."""
    schema, words, do = _FORMS[act]
    try:
        body = forms.read(schema, words)
        cascade = do(
            visit.session, visit.viewer, cascade_id, if_version=_seen(), now=visit.now, **body
        )
    except forms.FormUnusable as wrong:
        return _cascade_page(visit, cascade_id, status=422, errors=wrong.errors, form=act)
    except actions.FollowUpDayUnusable:
        errors = {_DAY_FIELDS[act]: _BAD_DAY}
        return _cascade_page(visit, cascade_id, status=422, errors=errors, form=act)
    except (Conflict, Outdated) as refused:
        ended = isinstance(refused, actions.CascadeEnded)
        refusal = _HAS_ENDED if ended else _MOVED_ON
        return _cascade_page(visit, cascade_id, status=409, refusal=refusal, form=act)
    visit.log_by_id(cascade.patient_id, Topic.REQUESTS, Do.WRITE)
    there = f"/cascade/{cascade.id}?done=saved"
    if forms.text_of("back") == "request" and cascade.request_id is not None:
        there = f"/support-requests/{cascade.request_id}?done=saved"
    return make_response(redirect(there, 303))


def _cascade_page(
    visit: Visit,
    cascade_id: UUID,
    *,
    status: int = 200,
    refusal: str | None = None,
    errors: Any = None,
    form: str | None = None,
    done: bool = False,
) -> Response:
    cascade = queries.cascade_for(visit.session, visit.viewer, cascade_id)
    visit.log_by_id(cascade.patient_id, Topic.REQUESTS, Do.READ)
    shown = cascade_page.in_words(visit, cascade_view.in_full(visit.session, cascade))
    return page(
        "cascade", status=status, cascade=shown, history=cascade_page.history(shown),
        refusal=refusal, errors=errors or {}, done=done, form=form,
        typed=forms.typed() if form else {},
        said=cascade_words, care_steps=cascade_page.care_steps(), endings=ENDINGS,
        days=cascade_page.follow_up_days(visit),
        may_go_on=visit.frame.may(Topic.REQUESTS, Do.WRITE),
        may_see_patient=visit.frame.may(Topic.PROFILE),
        may_see_plan=visit.frame.may(Topic.SAFETY_PLAN),
    )  # fmt: skip


def _chart(visit: Visit, since: date | None, until: date | None, today: date) -> dict[str, Any]:
    return cascade_view.chart(visit.session, visit.viewer, since=since, until=until, today=today)


def _seen() -> int | None:
    text = forms.text_of("seen")
    return int(text) if text.isascii() and text.isdigit() else None


def _queue(visit: Visit) -> Queue | None:
    asked = forms.asked("queue")
    mine = QUEUES.get(visit.viewer.role, ())
    return next((queue for queue in mine if queue.value == asked), None)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(forms.asked(name))
    except ValueError:
        return None


def _place(last: Cascade, today: date) -> str:
    is_due = last.follow_up_on is not None and last.follow_up_on <= today
    day = last.follow_up_on.isoformat() if is_due and last.follow_up_on else None
    return cursors.written([day, last.opened_at.isoformat(), str(last.id)])


def _position(text: str) -> queries.Position:
    day, opened_at, id = cursors.read(text, parts=3)
    try:
        due_on = date.fromisoformat(day) if day else None
        return due_on, datetime.fromisoformat(opened_at).astimezone(UTC), UUID(id)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise cursors.PlaceUnknown from None


ROUTES: tuple[Route, ...] = (
    Route("/cascade", "cascades", show_cascades),
    Route("/cascade/<uuid:cascade_id>", "cascade", show_cascade),
    Route(
        '/cascade/<uuid:cascade_id>/<any("offer", "assess", "follow-up", "end"):act>',
        "cascade_go_on", go_on, POST,
    ),
)  # fmt: skip
