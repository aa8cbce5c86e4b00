"""What can be done with requests for a person: ask, take, contact, close."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef, Viewer, may_see_queue
from service.accounts.models import Queue
from service.alerts.duty import QUEUE_NAMES, who_answers
from service.errors import Conflict, NotFound
from service.ids import derived_id
from service.notify.actions import tell
from service.records import Change, bury, store
from service.support.models import SupportRequest, SupportStep

QUEUE_OF: Mapping[str, Queue] = {
    "social_worker": Queue.SOCIAL_WORK,
    "support_group": Queue.SOCIAL_WORK,
    "bereavement": Queue.SOCIAL_WORK,
    "chaplain": Queue.CHAPLAINCY,
    "nurse": Queue.NURSING,
}


class RequestTaken(Conflict):
    """A colleague has it, or it is closed."""

    slug = "request-taken"
    title = "A colleague has taken this request, or it is closed."


def ask(
    session: Session, patient: PatientRef, *, change: Change, request: Mapping[str, Any]
) -> bool:
    """Enter a request she makes; tell whether it is new.

    Raises:
        IdConflict: the id is taken for something else.
    """
    content = {name: request[name] for name in ("kind", "message", "contact_by")}
    return _enter(session, patient, change, request["id"], content, QUEUE_OF[request["kind"]])


def ask_for_wishes(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    kinds: list[str],
    origin: Mapping[str, Any],
) -> list[str]:
    """Turn the wishes of a wellbeing check into requests; return the kinds that are new.

    A wish for somebody she is still waiting for is the same request.
    """
    waiting = set(
        session.scalars(
            sa.select(SupportRequest.kind).where(
                SupportRequest.patient_id == patient.id,
                SupportRequest.state.in_(("received", "claimed")),
                SupportRequest.deleted_at.is_(None),
            )
        )
    )
    new = [kind for kind in kinds if kind not in waiting]
    for kind in new:
        content = {"kind": kind, "message": None, "contact_by": None}
        id = derived_id("support-request", origin["id"], kind)
        _enter(session, patient, change, id, content, QUEUE_OF[kind], origin=dict(origin))
    return new


def ask_for_bereavement(session: Session, patient: PatientRef, *, change: Change) -> None:
    """Ask chaplaincy and social work to stand by the family of somebody who has died."""
    for queue in (Queue.SOCIAL_WORK, Queue.CHAPLAINCY):
        content = {"kind": "bereavement", "message": None, "contact_by": None}
        id = derived_id("bereavement", patient.id, queue.value, change.change_no)
        _enter(session, patient, change, id, content, queue)


def take_back_bereavement(session: Session, patient_id: UUID, *, change: Change) -> None:
    """Take out what was asked for a family because of a death that was entered by mistake.

    Only what the death itself asked for: she may ask for such support too, and says how.
    """
    for request in session.scalars(
        sa.select(SupportRequest)
        .where(
            SupportRequest.patient_id == patient_id,
            SupportRequest.kind == "bereavement",
            SupportRequest.contact_by.is_(None),
            SupportRequest.deleted_at.is_(None),
        )
        .with_for_update()
    ).all():
        bury(request, change=change)


def claim(session: Session, viewer: Viewer, id: UUID, *, now: datetime) -> SupportRequest:
    """Take a request: she is told that somebody, by role, is on it.

    Raises:
        NotFound: no such request in the viewer's queues.
        RequestTaken: a colleague has it, or it is closed.
    """
    request = _locked(session, viewer, id)
    if request.claimed_by == viewer.account_id and request.state != "closed":
        return request
    if request.state != "received":
        raise RequestTaken
    request.state, request.claimed_by = "claimed", viewer.account_id
    _step(session, request, "claimed", viewer, now)
    return request


def record_contact(
    session: Session, viewer: Viewer, id: UUID, *, reached: bool, note: str | None, now: datetime
) -> SupportRequest:
    """Note that somebody tried to reach her.

    Raises:
        NotFound: no such request in the viewer's queues.
        RequestTaken: it is closed.
    """
    request = _locked(session, viewer, id)
    if request.state == "closed":
        raise RequestTaken
    request.claimed_by = request.claimed_by or viewer.account_id
    request.state = "contacted" if reached or request.state == "contacted" else "claimed"
    if reached:
        request.contacted_at = now
    _step(session, request, "contacted" if reached else "tried", viewer, now, note)
    return request


def close(
    session: Session, viewer: Viewer, id: UUID, *, note: str | None, now: datetime
) -> SupportRequest:
    """Close a request.

    Raises:
        NotFound: no such request in the viewer's queues.
        RequestTaken: it is closed already.
    """
    request = _locked(session, viewer, id)
    if request.state == "closed":
        raise RequestTaken
    request.state, request.closed_at = "closed", now
    request.claimed_by = request.claimed_by or viewer.account_id
    _step(session, request, "closed", viewer, now, note)
    return request


def _enter(
    session: Session,
    patient: PatientRef,
    change: Change,
    id: UUID,
    content: Mapping[str, Any],
    queue: Queue,
    *,
    origin: Mapping[str, Any] | None = None,
) -> bool:
    is_new = store(
        session, SupportRequest, change=change, id=id, content=content,
        derived={
            "clinic_id": patient.clinic_id, "queue": queue, "origin": origin,
            "state": "received", "requested_at": change.now, "claimed_by": None,
            "contacted_at": None, "closed_at": None,
        },
    )  # fmt: skip
    if is_new:
        session.add(SupportStep(request_id=id, at=change.now, kind="received", by=change.by))
        _tell(session, patient, id, queue, change.now)
    return is_new


def _tell(session: Session, patient: PatientRef, id: UUID, queue: Queue, now: datetime) -> None:
    """Tell one person that a request waits; in the list of the queue it stands for all of them."""
    whom = who_answers(session, patient.clinic_id, queue, now=now)
    if whom is not None:
        tell(
            session,
            recipient_id=whom,
            patient_id=patient.id,
            to_staff=True,
            kind="support_request",
            subject_id=id,
            title=f"A request for a person is waiting in {QUEUE_NAMES[queue]}.",
            body={"queue": queue.value},
            collapse_key=f"support.{id.hex}",
            now=now,
        )


def _locked(session: Session, viewer: Viewer, id: UUID) -> SupportRequest:
    request = session.scalars(
        sa.select(SupportRequest)
        .where(SupportRequest.id == id, SupportRequest.deleted_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if request is None or request.clinic_id != viewer.clinic_id:
        raise NotFound
    if not may_see_queue(viewer, request.queue):
        raise NotFound
    return request


def _step(
    session: Session,
    request: SupportRequest,
    kind: str,
    viewer: Viewer,
    now: datetime,
    note: str | None = None,
) -> None:
    request.version += 1
    session.add(
        SupportStep(
            request_id=request.id, at=now, kind=kind, by=viewer.account_id,
            by_role=viewer.role, note=note,
        )
    )  # fmt: skip
