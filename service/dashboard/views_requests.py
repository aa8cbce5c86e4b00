"""One request of a patient's for a person, and what can be done about it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic, may_see_queue
from service.accounts.sharing import seen_by_team
from service.care import alert_view, cascade_view
from service.clinical import knowledge
from service.dashboard import cascade_page, cascade_words, forms
from service.dashboard.access import Visit, allow
from service.dashboard.formatting import ROLE_WORDS
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.dashboard.views_queue import queue_page
from service.errors import NotFound
from service.support import actions, cascade_queries, queries
from service.support.models import SupportRequest, SupportStep
from service.support.rules import ENDINGS

_NOBODY = "Choose a colleague who works on this queue. Nothing was changed."
_DONE = {
    "claim": "It is yours. She is told that somebody is on it.",
    "assign": "It is handed over. Your colleague is told.",
    "contact": "The contact is saved.",
    "close": "The request is closed.",
    "saved": "Saved.",
}
_REFUSAL = "A colleague has taken this request, or it is closed. Nothing was changed."


@allow(Topic.REQUESTS, Do.READ)
def show_request(*, visit: Visit, request_id: UUID) -> Response:
    """Show a request with each step of answering it."""
    return _request_page(visit, request_id, done=_DONE.get(forms.asked("done")))


@allow(Topic.REQUESTS, Do.WRITE)
def claim(*, visit: Visit, request_id: UUID) -> Response:
    """Take a request."""
    return _answered(
        visit, request_id, "claim",
        lambda: actions.claim(visit.session, visit.viewer, request_id, now=visit.now),
    )  # fmt: skip


@allow(Topic.REQUESTS, Do.WRITE)
def assign(*, visit: Visit, request_id: UUID) -> Response:
    """Hand a request to a colleague."""
    _found(visit, request_id)
    try:
        colleague = UUID(forms.text_of("assignee"))
    except ValueError:
        return _request_page(visit, request_id, refusal=_NOBODY, status=422)

    def hand_over() -> SupportRequest:
        return actions.assign(
            visit.session, visit.viewer, request_id, assignee_id=colleague, now=visit.now
        )

    try:
        return _answered(visit, request_id, "assign", hand_over)
    except NotFound:
        return _request_page(visit, request_id, refusal=_NOBODY, status=422)


@allow(Topic.REQUESTS, Do.WRITE)
def record_contact(*, visit: Visit, request_id: UUID) -> Response:
    """Note whether she was reached."""
    reached = {"yes": True, "no": False}.get(forms.text_of("reached"))
    if reached is None:
        errors = {"reached": "Say whether you reached her."}
        return _request_page(visit, request_id, errors=errors, status=422)
    return _answered(
        visit, request_id, "contact",
        lambda: actions.record_contact(
            visit.session, visit.viewer, request_id, note=_note(), reached=reached, now=visit.now,
        ),
    )  # fmt: skip


@allow(Topic.REQUESTS, Do.WRITE)
def close(*, visit: Visit, request_id: UUID) -> Response:
    """Close a request, and say what came of it."""
    outcome = forms.text_of("outcome")
    if outcome not in ENDINGS:
        errors = {"outcome": "Choose what came of it."}
        return _request_page(visit, request_id, errors=errors, status=422)
    return _answered(
        visit, request_id, "close",
        lambda: actions.close(
            visit.session, visit.viewer, request_id, note=_note(), outcome=outcome, now=visit.now,
        ),
    )  # fmt: skip


def _answered(
    visit: Visit, request_id: UUID, done: str, act: Callable[[], SupportRequest]
) -> Response:
    from_queue = forms.text_of("back") == "queue"
    try:
        request = act()
    except actions.RequestTaken:
        if from_queue:
            queue = _found(visit, request_id).queue
            return queue_page(visit, queue, refusal=_REFUSAL, status=409)
        return _request_page(visit, request_id, refusal=_REFUSAL, status=409)
    visit.session.flush()
    visit.log_by_id(request.patient_id, Topic.REQUESTS, Do.WRITE)
    there = f"/support-requests/{request.id}?done={done}"
    if from_queue:
        there = f"/queues/{request.queue.value}?taken={request.id}"
    return make_response(redirect(there, 303))


def _request_page(
    visit: Visit,
    request_id: UUID,
    *,
    refusal: str | None = None,
    errors: Mapping[str, str] | None = None,
    done: str | None = None,
    status: int = 200,
) -> Response:
    request = _found(visit, request_id)
    patient = visit.log_by_id(request.patient_id, Topic.REQUESTS, Do.READ)
    steps = visit.session.scalars(
        sa.select(SupportStep)
        .where(SupportStep.request_id == request_id)
        .order_by(SupportStep.at, SupportStep.id)
    ).all()
    known = {step.by for step in steps if step.by} | {request.claimed_by} - {None}
    names = people.names_of(visit.session, {id for id in known if id is not None})
    history: list[dict[str, Any]] = [
        {"at": step.at, "kind": step.kind, "by": alert_view.person(names, step.by),
         "note": step.note}
        for step in steps
    ]  # fmt: skip
    cascade = cascade_queries.of_request(visit.session, request_id)
    shown = cascade_view.shown(visit.session, [(cascade, patient.display_name)] if cascade else [])
    return page(
        "support_request", status=status, request_shown=request, patient=patient,
        history=history, claimed_by=alert_view.person(names, request.claimed_by),
        refusal=refusal, errors=errors or {}, done=done,
        typed=forms.typed() if refusal or errors else {},
        may_see_patient=visit.frame.may(Topic.PROFILE), said=cascade_words, endings=ENDINGS,
        cascade=cascade_page.in_words(visit, shown[0]) if shown else None,
        care_steps=cascade_page.care_steps(), days=cascade_page.follow_up_days(visit),
        colleagues=_colleagues(visit, request), faiths=knowledge().faiths,
    )  # fmt: skip


def _colleagues(visit: Visit, request: SupportRequest) -> dict[str, str]:
    """Return who else works on the request's queue, by id, in words."""
    found = queries.colleagues_for(visit.session, request.clinic_id, request.queue)
    return {
        str(one.id): f"{one.display_name}, {ROLE_WORDS[one.role]}"
        for one in found
        if one.id != request.claimed_by
    }


def _found(visit: Visit, request_id: UUID) -> SupportRequest:
    request = visit.session.scalar(
        sa.select(SupportRequest).where(
            SupportRequest.id == request_id,
            seen_by_team(SupportRequest.patient_id, visit.viewer.clinic_id),
        )
    )
    if request is None or request.deleted_at is not None:
        raise NotFound
    if request.clinic_id != visit.viewer.clinic_id:
        raise NotFound
    if not may_see_queue(visit.viewer, request.queue):
        raise NotFound
    return request


def _note() -> str | None:
    return forms.text_of("note", most=10_000) or None


ROUTES: tuple[Route, ...] = (
    Route("/support-requests/<uuid:request_id>", "support_request", show_request),
    Route("/support-requests/<uuid:request_id>/claim", "claim", claim, POST),
    Route("/support-requests/<uuid:request_id>/assign", "assign_request", assign, POST),
    Route(
        "/support-requests/<uuid:request_id>/contact-attempts",
        "contact_request",
        record_contact,
        POST,
    ),
    Route("/support-requests/<uuid:request_id>/close", "close_request", close, POST),
)  # fmt: skip
