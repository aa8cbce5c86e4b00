"""Requests for a person come in: she asks, a wish stands for asking, a family is thought of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts.duty import QUEUE_NAMES, who_answers
from service.alerts.models import Alert, AlertState, Severity
from service.alerts.steps import working_time
from service.alerts.worktime import WorkingTime, deadline
from service.clinical import knowledge
from service.errors import Rejected
from service.ids import derived_id
from service.notify.actions import tell
from service.notify.webhooks.happenings import happened
from service.records import Change, Keeps, bury, store
from service.support import cascades
from service.support.closing import NobodyWouldSee
from service.support.models import Cascade, SupportRequest, SupportStep

QUEUE_OF: Mapping[str, Queue] = {
    "social_worker": Queue.SOCIAL_WORK,
    "support_group": Queue.SOCIAL_WORK,
    "bereavement": Queue.SOCIAL_WORK,
    "chaplain": Queue.CHAPLAINCY,
    "nurse": Queue.NURSING,
}


class FaithUnusable(Rejected):
    """She asks for a faith that is none of the list, or of somebody who is no chaplain."""

    slug = "faith-unusable"
    title = "This faith cannot be asked for."


def ask(
    session: Session, patient: PatientRef, *, change: Change, request: Mapping[str, Any]
) -> bool:
    """Enter a request she makes; tell whether it is new.  Nobody is told yet (``tell_of_new``).

    Raises:
        IdConflict: the id is taken for something else.
        FaithUnusable: there is no such faith, or she asks for somebody who is no chaplain.
        NobodyWouldSee: she does not share her record with the team.
    """
    faith = request["faith"]
    if faith is not None and (request["kind"] != "chaplain" or faith not in knowledge().faiths):
        raise FaithUnusable(errors=[("/faith", "A faith of the list, of a chaplain only.")])
    if not patient.is_shared:
        raise NobodyWouldSee
    content = {name: request[name] for name in ("kind", "message", "contact_by")}
    if faith is not None:  # left out otherwise: a repeat from before there were faiths is the same
        content["faith"] = faith
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

    A wish for somebody she is still waiting for is the same request.  Nobody is told yet
    (``tell_of_new``).  Of somebody who does not share with the team a wish is no request: the app
    has told her so before it asks (``team_notice`` of the check-in).
    """
    if not patient.is_shared:
        return []
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
        _enter(session, patient, change, id, content, QUEUE_OF[kind], origin=origin)
    return new


def ask_for_bereavement(session: Session, patient: PatientRef, *, change: Change) -> None:
    """Ask chaplaincy and social work to stand by the family of somebody who has died.

    Not for somebody who did not share her record with them.
    """
    if not patient.is_shared:
        return
    for queue in (Queue.SOCIAL_WORK, Queue.CHAPLAINCY):
        content = {"kind": "bereavement", "message": None, "contact_by": None}
        id = derived_id("bereavement", patient.id, queue.value, change.change_no)
        _enter(session, patient, change, id, content, queue)
        _tell(session, patient, id, queue, change.now)


def take_back_bereavement(session: Session, patient_id: UUID, *, change: Change) -> None:
    """Take out what was asked for a family because of a death that was entered by mistake.

    Only what the death itself asked for: she may ask for such support too, and says how.
    """
    found = session.scalars(
        sa.select(SupportRequest)
        .where(
            SupportRequest.patient_id == patient_id,
            SupportRequest.kind == "bereavement",
            SupportRequest.contact_by.is_(None),
            SupportRequest.deleted_at.is_(None),
        )
        .with_for_update()
    ).all()
    for request in found:
        bury(request, change=change)
    cascades.end_of_requests(session, [one.id for one in found], change.by, now=change.now)


def tell_of_new(session: Session, patient: PatientRef, *, now: datetime) -> None:
    """Tell whoever answers of the requests that came in just now, once the rules have spoken.

    Where an alert has gone to the same people at this moment, it stands for both: one message
    is enough, and the alert's is the one that is escalated.
    """
    alert_tells = sa.exists().where(
        Alert.patient_id == SupportRequest.patient_id, Alert.queue == SupportRequest.queue,
        Alert.state == AlertState.OPEN, Alert.raised_at == now, Alert.severity != Severity.INFO,
    )  # fmt: skip
    waiting = session.execute(
        sa.select(SupportRequest.id, SupportRequest.queue).where(
            SupportRequest.patient_id == patient.id, SupportRequest.requested_at == now,
            SupportRequest.state == "received", SupportRequest.deleted_at.is_(None), ~alert_tells,
        )
    ).all()  # fmt: skip
    for id, queue in waiting:
        _tell(session, patient, id, queue, now)


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
        derived=derived_of(patient, queue, origin, now=change.now),
    )  # fmt: skip
    if is_new:
        working = working_time(people.clinic(session, patient.clinic_id))
        begin(session, patient, id, queue, content["kind"], working=working, change=change)
        if not patient.is_drill:
            happened(
                session, "support_request.opened", clinic_id=patient.clinic_id,
                patient_id=patient.id, now=change.now, request_id=id,
                content={"kind": content["kind"], "queue": queue.value},
            )  # fmt: skip
    return is_new


def derived_of(
    patient: PatientRef, queue: Queue, origin: Mapping[str, Any] | None, *, now: datetime
) -> dict[str, Any]:
    """Return what is stored of a request besides what she says."""
    return {
        "clinic_id": patient.clinic_id, "queue": queue,
        "origin": None if origin is None else dict(origin),
        "state": "received", "requested_at": now, "claimed_by": None,
        "contacted_at": None, "closed_at": None,
    }  # fmt: skip


def begin(
    session: Keeps, patient: PatientRef, id: UUID, queue: Queue, kind: str,
    *, working: WorkingTime, change: Change,
) -> Cascade:  # fmt: skip
    """Note that a request was received, and begin its cascade."""
    session.add(SupportStep(request_id=id, at=change.now, kind="received", by=change.by))
    stepped = knowledge().stepped_care
    return cascades.open_cascade(
        session, patient, request_id=id, queue=queue, kind=kind,
        step=stepped.requests.get(kind), now=change.now,
        remind_at=deadline(change.now, stepped.taken_within, working),
    )  # fmt: skip


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
