"""What can be done with requests for a person: take, hand on, contact, close."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer, may_see_queue
from service.accounts.models import Patient
from service.accounts.sharing import seen_by_team
from service.alerts.handing import receiver
from service.errors import Conflict, NotFound
from service.notify.actions import tell
from service.support import cascades, rules
from service.support.closing import tell_systems_closed
from service.support.models import SupportRequest
from service.support.noting import note_attempt, note_claim, note_closing, note_step


class RequestTaken(Conflict):
    """A colleague has it, or it is closed."""

    slug = "request-taken"
    title = "A colleague has taken this request, or it is closed."


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
    note_claim(session, request, viewer, now)
    cascades.hand_to(session, viewer.account_id, request_id=id)
    return request


def assign(
    session: Session, viewer: Viewer, id: UUID, *, assignee_id: UUID, now: datetime
) -> SupportRequest:
    """Hand a request to a colleague of the clinic who works on its queue, and who is told.

    Raises:
        NotFound: no such request in the viewer's queues, or no such colleague.
        RequestTaken: it is closed.
        ColleagueAway: the colleague is absent.
    """
    request = _locked(session, viewer, id)
    if request.state == "closed":
        raise RequestTaken
    if not people.works_on(session, assignee_id, request.clinic_id, request.queue):
        raise NotFound
    receiver(session, viewer, assignee_id, now=now)
    if request.claimed_by == assignee_id:
        return request
    request.claimed_by = assignee_id
    request.state = "claimed" if request.state == "received" else request.state
    note_step(session, request, "assigned", viewer, now)
    cascades.hand_to(session, assignee_id, request_id=id)
    if assignee_id != viewer.account_id:
        _tell_of_assignment(session, request, assignee_id, now)
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
    note_attempt(session, request, viewer, now, reached=reached, note=note)
    cascade = cascades.running(session, request_id=id)
    if cascade is not None:
        cascades.note_contact(session, cascade, viewer, reached=reached, now=now)
    return request


def close(
    session: Session,
    viewer: Viewer,
    id: UUID,
    *,
    note: str | None,
    now: datetime,
    outcome: str | None = None,
) -> SupportRequest:
    """Close a request, and with it its cascade, unless a follow-up is still to come.

    ``outcome`` is how the cascade ends (``rules.ENDINGS``); left out, it is completed if she was
    reached, and she was not reached otherwise.

    Raises:
        NotFound: no such request in the viewer's queues.
        RequestTaken: it is closed already.
    """
    request = _locked(session, viewer, id)
    if request.state == "closed":
        raise RequestTaken
    note_closing(session, request, viewer, now, note=note)
    tell_systems_closed(session, request, now)
    cascade = cascades.running(session, request_id=id)
    if cascade is not None:
        ended_as = outcome or rules.ending_of_request(cascade)
        cascades.settle(session, cascade, viewer, ended_as=ended_as, reached=False, now=now)
    return request


def _locked(session: Session, viewer: Viewer, id: UUID) -> SupportRequest:
    # Her row first, as every writer of hers does.
    session.execute(
        sa.select(Patient.id)
        .join(SupportRequest, SupportRequest.patient_id == Patient.id)
        .where(SupportRequest.id == id)
        .with_for_update(of=Patient, key_share=True)
    )
    request = session.scalars(
        sa.select(SupportRequest)
        .where(
            SupportRequest.id == id,
            SupportRequest.deleted_at.is_(None),
            seen_by_team(SupportRequest.patient_id, viewer.clinic_id),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if request is None or request.clinic_id != viewer.clinic_id:
        raise NotFound
    if not may_see_queue(viewer, request.queue):
        raise NotFound
    return request


def _tell_of_assignment(
    session: Session, request: SupportRequest, assignee_id: UUID, now: datetime
) -> None:
    tell(
        session, recipient_id=assignee_id, patient_id=request.patient_id, to_staff=True,
        kind="support_request", subject_id=request.id,
        title="A colleague has handed you a request for a person.",
        body={"queue": request.queue.value},
        collapse_key=f"support.{request.id.hex}.{request.version}.assigned", now=now,
    )  # fmt: skip
