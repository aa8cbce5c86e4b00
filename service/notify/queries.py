"""What can be asked of what leaves: is the scheduler working, who may be written to, what next."""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import preferences
from service.accounts.consent_texts import MESSAGES
from service.accounts.models import Account, CareStatus, Consent, Grant, Patient
from service.notify.models import Heartbeat, OutboxMessage

# A message nobody has taken for so long, or that has been tried so often in vain, is overdue;
# four waits (``rules.FIRST_WAIT``, doubled each time) come to four minutes.
OVERDUE_AFTER = timedelta(minutes=5)
OVERDUE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Person:
    """What the gate has to know of a recipient."""

    email: str
    is_disabled: bool
    channels: Mapping[str, Any]
    quiet_hours: tuple[str, str] | None
    time_zone: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate has to know of some people.

    ``of_patient`` and ``of_account`` are care statuses; ``of_family`` are those of the patients a
    caregiver is family of, once all of them have ended.  ``refusing`` are patients, and accounts
    of patients, who have refused messages.
    """

    people: Mapping[UUID, Person]
    of_patient: Mapping[UUID, CareStatus]
    of_account: Mapping[UUID, CareStatus]
    of_family: Mapping[UUID, frozenset[CareStatus]]
    refusing: frozenset[UUID]

    def facts_of(
        self, patient_id: UUID | None, recipient_id: UUID, channel: str, kind: str, to_staff: bool
    ) -> Mapping[str, Any]:
        """Return what the gate decides on, by the names ``Leased`` has for it.

        Staff have neither quiet hours nor anything switched off: what they are told waits for
        them to act.
        """
        person = self.people[recipient_id]
        return {
            "care_statuses": self._care_statuses(patient_id, recipient_id),
            "is_disabled": person.is_disabled,
            "has_opted_out": not to_staff
            and preferences.has_opted_out(person.channels, channel, kind),
            "refuses_messages": patient_id in self.refusing or recipient_id in self.refusing,
            "quiet_hours": None if to_staff else person.quiet_hours,
            "time_zone": person.time_zone,
            "email": person.email,
        }

    def _care_statuses(self, patient_id: UUID | None, recipient_id: UUID) -> frozenset[CareStatus]:
        own = self.of_account.get(recipient_id)
        about = self.of_patient.get(patient_id) if patient_id else None
        found = frozenset(status for status in (own, about) if status is not None)
        # What is about nobody, as mail about an account, is about whom she is there for.
        return found if patient_id else found | self.of_family.get(recipient_id, frozenset())


def standing_of(session: Session, *, patients: Set[UUID], accounts: Set[UUID]) -> Standing:
    """Return the standing of these patients and recipients, in four statements."""
    of_patient: dict[UUID, CareStatus] = {}
    account_of: dict[UUID, UUID] = {}
    for row in session.execute(
        sa.select(Patient.id, Patient.account_id, Patient.care_status).where(
            sa.or_(Patient.id.in_(patients), Patient.account_id.in_(accounts))
        )
    ):
        of_patient[row.id] = row.care_status
        if row.account_id:
            account_of[row.id] = row.account_id
    refusing = set(
        session.scalars(
            sa.select(Consent.patient_id).where(
                Consent.patient_id.in_(of_patient), Consent.purpose == MESSAGES,
                Consent.superseded_at.is_(None), Consent.given.is_(False),
            )
        )
    )  # fmt: skip
    return Standing(
        people=_people(session, accounts),
        of_patient=of_patient,
        of_account={account: of_patient[patient] for patient, account in account_of.items()},
        of_family=_of_family(session, accounts),
        refusing=frozenset(refusing | {account_of[id] for id in refusing if id in account_of}),
    )


def _people(session: Session, accounts: Set[UUID]) -> dict[UUID, Person]:
    rows = session.execute(
        sa.select(
            Account.id, Account.email, Account.disabled_at, Account.channels,
            Account.quiet_hours, Account.time_zone,
        ).where(Account.id.in_(accounts))
    )  # fmt: skip
    return {
        row.id: Person(
            email=row.email,
            is_disabled=row.disabled_at is not None,
            channels=row.channels,
            quiet_hours=(row.quiet_hours["start"], row.quiet_hours["end"])
            if row.quiet_hours
            else None,
            time_zone=row.time_zone,
        )
        for row in rows
    }


def _of_family(session: Session, accounts: Set[UUID]) -> dict[UUID, frozenset[CareStatus]]:
    found: defaultdict[UUID, set[CareStatus]] = defaultdict(set)
    for row in session.execute(
        sa.select(Grant.account_id, Patient.care_status)
        .join(Patient, Patient.id == Grant.patient_id)
        .where(Grant.account_id.in_(accounts), Grant.revoked_at.is_(None))
        .distinct()
    ):
        found[row.account_id].add(row.care_status)
    return {
        account: frozenset(statuses)
        for account, statuses in found.items()
        if all(status.has_ended for status in statuses)
    }


@dataclass(frozen=True, slots=True)
class Pulse:
    """How what leaves is doing: no round was finished lately, or messages wait for too long."""

    is_late: bool
    is_overdue: bool


def pulse(session: Session, *, now: datetime, after: timedelta) -> Pulse:
    """Tell how what leaves is doing, in one statement; ``after`` is the time a round may take."""
    waits = sa.and_(
        OutboxMessage.next_try_at.is_not(None),
        sa.or_(
            OutboxMessage.next_try_at <= now - OVERDUE_AFTER,
            OutboxMessage.attempts >= OVERDUE_TRIES,
        ),
    )
    last, is_overdue = session.execute(
        sa.select(
            sa.select(sa.func.max(Heartbeat.beat_at)).scalar_subquery(),
            sa.exists().where(waits),
        )
    ).one()
    return Pulse(is_late=last is None or now - last > after, is_overdue=is_overdue)


def scheduler_is_late(session: Session, *, now: datetime, after: timedelta) -> bool:
    """Tell whether no scheduler has finished its round within the time allowed."""
    last = session.scalar(sa.select(sa.func.max(Heartbeat.beat_at)))
    return last is None or now - last > after


def next_try_at(session: Session) -> datetime | None:
    """Return when the next message may be tried, ``None`` if none waits."""
    return session.scalar(
        sa.select(sa.func.min(OutboxMessage.next_try_at)).where(
            OutboxMessage.next_try_at.is_not(None)
        )
    )
