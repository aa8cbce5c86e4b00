"""One request of a patient's for a person, and what can be done about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic, may_see_queue
from service.care import alert_view
from service.dashboard import forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.views_queue import queue_page
from service.errors import NotFound
from service.support import actions
from service.support.models import SupportRequest, SupportStep

_REFUSAL = "A colleague has taken this request, or it is closed. Nothing was changed."


@allow(Topic.REQUESTS, Do.READ)
def show_request(*, visit: Visit, request_id: UUID) -> Response:
    """Show a request with each step of answering it."""
    return _request_page(visit, request_id)


@allow(Topic.REQUESTS, Do.WRITE)
def claim(*, visit: Visit, request_id: UUID) -> Response:
    """Take a request."""
    return _answered(
        visit, request_id,
        lambda: actions.claim(visit.session, visit.viewer, request_id, now=visit.now),
    )  # fmt: skip


@allow(Topic.REQUESTS, Do.WRITE)
def record_contact(*, visit: Visit, request_id: UUID) -> Response:
    """Note whether she was reached."""
    return _answered(
        visit, request_id,
        lambda: actions.record_contact(
            visit.session, visit.viewer, request_id, note=_note(), now=visit.now,
            reached=forms.text_of("reached") == "yes",
        ),
    )  # fmt: skip


@allow(Topic.REQUESTS, Do.WRITE)
def close(*, visit: Visit, request_id: UUID) -> Response:
    """Close a request."""
    return _answered(
        visit, request_id,
        lambda: actions.close(
            visit.session, visit.viewer, request_id, note=_note(), now=visit.now
        ),
    )  # fmt: skip


def _answered(visit: Visit, request_id: UUID, act: Callable[[], SupportRequest]) -> Response:
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
    there = f"/support-requests/{request.id}"
    if from_queue:
        there = f"/queues/{request.queue.value}?taken={request.id}"
    return make_response(redirect(there, 303))


def _request_page(
    visit: Visit, request_id: UUID, *, refusal: str | None = None, status: int = 200
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
    return page(
        "support_request", status=status, request_shown=request, patient=patient,
        history=history, claimed_by=alert_view.person(names, request.claimed_by),
        refusal=refusal, typed=forms.typed() if refusal else {},
        may_see_patient=visit.frame.may(Topic.PROFILE),
    )  # fmt: skip


def _found(visit: Visit, request_id: UUID) -> SupportRequest:
    request = visit.session.get(SupportRequest, request_id)
    if request is None or request.deleted_at is not None:
        raise NotFound
    if request.clinic_id != visit.viewer.clinic_id:
        raise NotFound
    if not may_see_queue(visit.viewer, request.queue):
        raise NotFound
    return request


def _note() -> str | None:
    return forms.text_of("note", most=10_000) or None
