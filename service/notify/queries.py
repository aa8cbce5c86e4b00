"""What can be asked of what leaves: is the scheduler working, who may be written to, what next."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import preferences
from service.accounts.consent_models import Consent
from service.accounts.consent_texts import MESSAGES
from service.accounts.models import Account, CareStatus, Grant, Patient
from service.hot import EachRow, HotStatement
from service.notify.models import Heartbeat, OutboxMessage
from service.notify.rules import mail_key

_PATIENTS: sa.Table = Patient.__table__  # type: ignore[assignment]
_ACCOUNTS: sa.Table = Account.__table__  # type: ignore[assignment]
_CONSENTS: sa.Table = Consent.__table__  # type: ignore[assignment]
_GRANTS: sa.Table = Grant.__table__  # type: ignore[assignment]
_OUTBOX: sa.Table = OutboxMessage.__table__  # type: ignore[assignment]
_M = _OUTBOX.c
_P, _A, _C, _G = _PATIENTS.c, _ACCOUNTS.c, _CONSENTS.c, _GRANTS.c

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
    of patients, who have refused messages;
    ``unshared`` are patients who do not share their record with the care team.
    """

    people: Mapping[UUID, Person]
    of_patient: Mapping[UUID, CareStatus]
    of_account: Mapping[UUID, CareStatus]
    of_family: Mapping[UUID, frozenset[CareStatus]]
    refusing: frozenset[UUID]
    unshared: frozenset[UUID]

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
            "is_shared": patient_id not in self.unshared,
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


_OF_PATIENTS = EachRow(
    {"patient": sa.Uuid(), "account": sa.Uuid()},
    lambda given: sa.union(
        sa.select(_P.id, _P.account_id, _P.care_status, _P.is_shared).select_from(
            given.join(_PATIENTS, _P.id == given.c.patient)
        ),
        sa.select(_P.id, _P.account_id, _P.care_status, _P.is_shared).select_from(
            given.join(_PATIENTS, _P.account_id == given.c.account)
        ),
    ),
)
_REFUSING = EachRow(
    {"patient": sa.Uuid()},
    lambda given: (
        sa.select(_C.patient_id)
        .select_from(given.join(_CONSENTS, _C.patient_id == given.c.patient))
        .where(_C.purpose == MESSAGES, _C.superseded_at.is_(None), _C.given.is_(False))
    ),
)
_PEOPLE = EachRow(
    {"account": sa.Uuid()},
    lambda given: sa.select(
        _A.id, _A.email, _A.disabled_at, _A.channels, _A.quiet_hours, _A.time_zone
    ).select_from(given.join(_ACCOUNTS, _A.id == given.c.account)),
)
_FAMILY = EachRow(
    {"account": sa.Uuid()},
    lambda given: (
        sa.select(_G.account_id, _P.care_status)
        .select_from(
            given.join(_GRANTS, _G.account_id == given.c.account).join(
                _PATIENTS, _P.id == _G.patient_id
            )
        )
        .where(_G.revoked_at.is_(None))
        .distinct()
    ),
)


_PUSHED = EachRow(
    {"patient": sa.Uuid(), "since": _M.created_at.type},
    lambda given: (
        sa.select(given.c.patient, sa.func.count())
        .select_from(
            given.join(
                _OUTBOX,
                sa.and_(_M.patient_id == given.c.patient, _M.created_at >= given.c.since),
            )
        )
        .where(
            # By whichever way: what goes by mail instead of a push was withheld as a push.
            _M.kind == "reminder",
            _M.to_staff.is_(False),
            # Not IN: a statement on the driver holds no list.
            sa.or_(_M.state == "pending", _M.state == "sent"),
        )
        .group_by(given.c.patient)
    ),
)


def standing_of(session: Session, *, patients: Set[UUID], accounts: Set[UUID]) -> Standing:
    """Return the standing of these patients and recipients, in four statements."""
    of_patient: dict[UUID, CareStatus] = {}
    account_of: dict[UUID, UUID] = {}
    asked = [
        {"patient": patient, "account": account}
        for patient, account in zip_longest(patients, accounts)
    ]
    unshared = set()
    for id, account_id, care_status, is_shared in _OF_PATIENTS.rows(session, asked):
        of_patient[id] = care_status
        if not is_shared:
            unshared.add(id)
        if account_id:
            account_of[id] = account_id
    refusing = {id for (id,) in _REFUSING.rows(session, [{"patient": id} for id in of_patient])}
    recipients = [{"account": id} for id in accounts]
    return Standing(
        people={
            id: Person(email, disabled_at is not None, channels, _hours(quiet), time_zone)
            for id, email, disabled_at, channels, quiet, time_zone in _PEOPLE.rows(
                session, recipients
            )
        },
        of_patient=of_patient,
        of_account={account: of_patient[patient] for patient, account in account_of.items()},
        of_family=_of_family(_FAMILY.rows(session, recipients)),
        unshared=frozenset(unshared),
        refusing=frozenset(refusing | {account_of[id] for id in refusing if id in account_of}),
    )


def _hours(quiet: Mapping[str, str] | None) -> tuple[str, str] | None:
    return (quiet["start"], quiet["end"]) if quiet else None


def _of_family(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, frozenset[CareStatus]]:
    found: defaultdict[UUID, set[CareStatus]] = defaultdict(set)
    for account_id, care_status in rows:
        found[account_id].add(care_status)
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
    waits = OutboxMessage.next_try_at.is_not(None)
    # Of those that wait alone: asked whether there is one that is overdue, PostgreSQL reads what
    # was ever sent in the hope of meeting it soon.
    last, first_due, most_tries = session.execute(
        sa.select(
            sa.select(sa.func.max(Heartbeat.beat_at)).scalar_subquery(),
            sa.select(sa.func.min(OutboxMessage.next_try_at)).where(waits).scalar_subquery(),
            sa.select(sa.func.max(OutboxMessage.attempts)).where(waits).scalar_subquery(),
        )
    ).one()
    is_overdue = first_due is not None and (
        first_due <= now - OVERDUE_AFTER or most_tries >= OVERDUE_TRIES
    )
    return Pulse(is_late=_is_late(last, now, after), is_overdue=is_overdue)


def scheduler_is_late(session: Session, *, now: datetime, after: timedelta) -> bool:
    """Tell whether no scheduler has finished its round within the time allowed."""
    last = session.scalar(sa.select(sa.func.max(Heartbeat.beat_at)))
    return _is_late(last, now, after)


def _is_late(last: datetime | None, now: datetime, after: timedelta) -> bool:
    # One far in the future was left by a clock gone wrong, and says nothing about today.
    return last is None or abs(now - last) > after


def next_try_at(session: Session) -> datetime | None:
    """Return when the next message may be tried, ``None`` if none waits."""
    at: datetime | None = _NEXT_TRY.value(session)
    return at


_NEXT_TRY = HotStatement(
    sa.select(sa.func.min(OutboxMessage.next_try_at)).where(OutboxMessage.next_try_at.is_not(None))
)


def reminders_pushed(session: Session, since: Mapping[UUID, datetime]) -> Mapping[UUID, int]:
    """Return how many messages about reminders each patient has had since a moment of hers.

    What was taken back or never left does not count: she has not seen it.
    """
    asked = [{"patient": id, "since": moment} for id, moment in since.items()]
    return dict(_PUSHED.rows(session, asked))


def waiting_bodies(session: Session, keys: Set[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return what the messages of these collapse keys say, of those that have not left.

    What was given up counts too: it may be tried again.  A copy by mail counts as the message it
    is a copy of.
    """
    if not keys:
        return {}
    rows = session.execute(
        sa.select(OutboxMessage.collapse_key, OutboxMessage.body).where(
            OutboxMessage.collapse_key.in_({*keys, *map(mail_key, keys)}),
            OutboxMessage.state.in_(("pending", "dead")),
        )
    ).all()
    return {
        key: row.body for row in rows for key in keys if row.collapse_key in {key, mail_key(key)}
    }
