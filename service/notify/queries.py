"""What can be asked of what leaves: is the scheduler working, who may be written to, what next."""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Account, CareStatus, Patient
from service.hot import EachRow
from service.notify.models import Heartbeat, OutboxMessage
from service.notify.rules import mail_key

_PATIENTS: sa.Table = Patient.__table__  # type: ignore[assignment]
_ACCOUNTS: sa.Table = Account.__table__  # type: ignore[assignment]
_P, _A = _PATIENTS.c, _ACCOUNTS.c


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate has to know of some people."""

    of_patient: Mapping[UUID, CareStatus]
    of_account: Mapping[UUID, frozenset[CareStatus]]
    disabled: frozenset[UUID]
    quiet_hours: Mapping[UUID, tuple[str, str]]
    time_zones: Mapping[UUID, str]

    def facts_of(
        self,
        patient_id: UUID | None,
        recipient_id: UUID,
        channel: str,
        kind: str,
        to_staff: bool,
    ) -> Mapping[str, Any]:
        """Return what the gate has to know of one message, by the names ``Leased`` gives it."""
        return {
            "care_statuses": self.care_statuses(patient_id, recipient_id),
            "is_disabled": recipient_id in self.disabled,
            "quiet_hours": self.quiet_hours.get(recipient_id),
            "time_zone": self.time_zones.get(recipient_id, "UTC"),
        }

    def care_statuses(self, patient_id: UUID | None, recipient_id: UUID) -> frozenset[CareStatus]:
        """Return the care status of the patient a message is about, and of its recipient's own."""
        about = self.of_patient.get(patient_id) if patient_id else None
        own = self.of_account.get(recipient_id, frozenset())
        return own | {about} if about else own


_OF_PATIENTS = EachRow(
    {"patient": sa.Uuid(), "account": sa.Uuid()},
    lambda given: sa.union(
        sa.select(_P.id, _P.account_id, _P.care_status).select_from(
            given.join(_PATIENTS, _P.id == given.c.patient)
        ),
        sa.select(_P.id, _P.account_id, _P.care_status).select_from(
            given.join(_PATIENTS, _P.account_id == given.c.account)
        ),
    ),
)
_OF_ACCOUNTS = EachRow(
    {"account": sa.Uuid()},
    lambda given: sa.select(_A.id, _A.disabled_at, _A.quiet_hours, _A.time_zone).select_from(
        given.join(_ACCOUNTS, _A.id == given.c.account)
    ),
)


def standing_of(session: Session, *, patients: Set[UUID], accounts: Set[UUID]) -> Standing:
    """Return the standing of these patients and recipients, in two statements."""
    of_patient: dict[UUID, CareStatus] = {}
    of_account: defaultdict[UUID, frozenset[CareStatus]] = defaultdict(frozenset)
    people = [
        {"patient": patient, "account": account}
        for patient, account in zip_longest(patients, accounts)
    ]
    for id, account_id, care_status in _OF_PATIENTS.rows(session, people):
        of_patient[id] = care_status
        if account_id:
            of_account[account_id] |= {care_status}
    disabled: set[UUID] = set()
    quiet_hours: dict[UUID, tuple[str, str]] = {}
    time_zones: dict[UUID, str] = {}
    for id, disabled_at, quiet, time_zone in _OF_ACCOUNTS.rows(
        session, [{"account": id} for id in accounts]
    ):
        time_zones[id] = time_zone
        if disabled_at is not None:
            disabled.add(id)
        if quiet:
            quiet_hours[id] = (quiet["start"], quiet["end"])
    return Standing(of_patient, of_account, frozenset(disabled), quiet_hours, time_zones)


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


def waiting_bodies(session: Session, keys: Set[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return what the messages of these collapse keys say, of those that have not left yet.

    A copy by mail counts as the message it is a copy of.
    """
    if not keys:
        return {}
    rows = session.execute(
        sa.select(OutboxMessage.collapse_key, OutboxMessage.body).where(
            OutboxMessage.collapse_key.in_({*keys, *map(mail_key, keys)}),
            OutboxMessage.next_try_at.is_not(None),
        )
    ).all()
    return {
        key: row.body for row in rows for key in keys if row.collapse_key in {key, mail_key(key)}
    }
