"""Who answers for a queue just now, and who stands in where the roster names nobody."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.models import Queue
from service.accounts.roster_queries import administrators, roster
from service.accounts.roster_rules import Roster
from service.alerts.ladder import People

QUEUE_NAMES: Mapping[Queue, str] = {
    Queue.NURSING: "nursing", Queue.SOCIAL_WORK: "social work",
    Queue.CHAPLAINCY: "chaplaincy", Queue.COORDINATION: "coordination",
}  # fmt: skip


class Teams:
    """Who there is to tell at one moment: each clinic is read once, however many alerts it has."""

    def __init__(self, session: Session, *, now: datetime) -> None:
        self._session, self._now = session, now
        self._rosters: dict[UUID, Roster] = {}
        self._administrators: dict[UUID, tuple[UUID, ...]] = {}

    def on_duty(self, clinic_id: UUID, duty: str) -> list[UUID]:
        """Return who answers for a duty, the first to be told first."""
        return self._roster(clinic_id).on_duty(duty)

    def people(self, clinic_id: UUID, queue: Queue) -> People:
        """Return everybody there is to tell about alerts of a queue."""
        return People(
            self.on_duty(clinic_id, queue.value),
            self.on_duty(clinic_id, "supervisor"),
            self._administrators_of(clinic_id),
        )

    def in_place_of(self, clinic_id: UUID, account_id: UUID) -> UUID | None:
        """Return who does what somebody would do: herself, or who stands in; ``None``: nobody."""
        return self._roster(clinic_id).in_place_of(account_id)

    def _roster(self, clinic_id: UUID) -> Roster:
        if clinic_id not in self._rosters:
            self._rosters[clinic_id] = roster(self._session, clinic_id, now=self._now)
        return self._rosters[clinic_id]

    def _administrators_of(self, clinic_id: UUID) -> tuple[UUID, ...]:
        if clinic_id not in self._administrators:
            every = administrators(self._session, clinic_id)
            there = (self.in_place_of(clinic_id, one) for one in every)
            found = (*self.on_duty(clinic_id, "administrator"), *(one for one in there if one))
            # With all of them away, one who is told on holiday is better than nobody.
            self._administrators[clinic_id] = tuple(dict.fromkeys(found)) or tuple(every)
        return self._administrators[clinic_id]


def who_answers(session: Session, clinic_id: UUID, queue: Queue, *, now: datetime) -> UUID | None:
    """Return the first on duty for a queue, else an administrator; ``None`` if there is nobody."""
    teams = Teams(session, now=now)
    on_duty = teams.on_duty(clinic_id, queue.value)
    return on_duty[0] if on_duty else teams.people(clinic_id, queue).first
