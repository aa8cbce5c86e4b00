"""Who answers for a queue just now, and who stands in where the roster names nobody."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import Queue

QUEUE_NAMES: Mapping[Queue, str] = {
    Queue.NURSING: "nursing", Queue.SOCIAL_WORK: "social work",
    Queue.CHAPLAINCY: "chaplaincy", Queue.COORDINATION: "coordination",
}  # fmt: skip


def who_answers(session: Session, clinic_id: UUID, queue: Queue, *, now: datetime) -> UUID | None:
    """Return the first on duty for a queue, else an administrator; ``None`` if there is nobody."""
    duty = people.on_duty(session, clinic_id, queue.value, now=now)
    return duty[0] if duty else administrator_of(session, clinic_id, now=now)


def administrator_of(session: Session, clinic_id: UUID, *, now: datetime) -> UUID | None:
    """Return the administrator on duty, else any of the clinic; ``None`` if it has none."""
    on_duty = people.on_duty(session, clinic_id, "administrator", now=now)
    return on_duty[0] if on_duty else people.any_administrator(session, clinic_id)
