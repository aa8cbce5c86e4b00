"""Who is to be reminded of what, and what the database says became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from service.accounts.models import Account, Patient, Role
from service.db import transaction
from service.ids import derived_id
from service.notify.models import Device, OutboxMessage
from service.panel.actions import open_summary
from service.records import hash_of
from service.reminders.models import Reminder, ReminderOccurrence
from tests.conftest import MONDAY_MORNING

_NAMES = UUID("01900000-0000-7000-8000-0000000000aa")
DAY = "2026-03-02"
TEN = MONDAY_MORNING + timedelta(hours=1)  # 10:00 in Los Angeles


def called(name: str) -> UUID:
    """The same id for the same name in every run, so that runs can be compared."""
    return uuid5(_NAMES, name)


@dataclass(frozen=True)
class Asked:
    """What is on file about one occurrence that has come due."""

    id: str
    key: str | None
    due_at: datetime
    status: str
    missed_because: str | None


class People:
    """Patients of Ana's clinic, each with a browser; reminded every day at their own minute."""

    def __init__(self, app: Any, world: Any, provider: Any) -> None:
        self._app, self._world, self._provider = app, world, provider
        self.expected: set[str] = set()

    def add(self, number: int, *, at: datetime = TEN, prefix: str = "p", each: int = 1) -> list:
        """Add some, to be reminded ``each`` times at a moment; return the patients' ids."""
        local = f"{DAY}T{(at - timedelta(hours=8)):%H:%M}"
        patients = []
        with self._app.app_context(), transaction() as session:
            for name in (f"{prefix}{n}" for n in range(number)):
                self._add_person(session, name)
                for which in range(each):
                    reminder_id = called(f"{name} reminder {which}")
                    self._add_reminder(session, name, reminder_id, local)
                    self.expected.add(str(derived_id(reminder_id, local)))
                patients.append(called(name))
        return patients

    def asked(self) -> list[Asked]:
        """What is on file of the occurrences that were expected."""
        columns = (
            ReminderOccurrence.id, ReminderOccurrence.message_key, ReminderOccurrence.due_at,
            ReminderOccurrence.status, ReminderOccurrence.missed_because,
        )  # fmt: skip
        with self._app.app_context(), transaction() as session:
            rows = session.execute(
                sa.select(*columns).where(ReminderOccurrence.local_at.like(f"{DAY}%"))
            ).all()
        return [Asked(str(row[0]), *row[1:]) for row in rows if str(row[0]) in self.expected]

    def are_all(self, status: str) -> bool:
        asked = self.asked()
        return len(asked) == len(self.expected) and {one.status for one in asked} == {status}

    def outbox(self, *columns: Any) -> list[Any]:
        """What is on file of the messages, in the order of their keys."""
        with self._app.app_context(), transaction() as session:
            return session.execute(
                sa.select(*columns).order_by(OutboxMessage.collapse_key)
            ).all()  # fmt: skip

    def _add_person(self, session: Any, name: str) -> None:
        account = Account(
            id=called(f"{name} account"), clinic_id=self._world.clinic_id, role=Role.PATIENT,
            email=f"{name}@example.org", email_key=f"{name}@example.org", password_hash="!",
            display_name=name, time_zone="America/Los_Angeles", locale="en",
            created_at=MONDAY_MORNING,
        )  # fmt: skip
        session.add(account)
        session.flush()
        session.add(
            Patient(
                id=called(name), account_id=account.id, clinic_id=self._world.clinic_id,
                display_name=name, time_zone="America/Los_Angeles", locale="en",
                joined_at=MONDAY_MORNING,
            )
        )  # fmt: skip
        session.flush()
        open_summary(
            session, patient_id=called(name), clinic_id=self._world.clinic_id, name=name,
            now=MONDAY_MORNING,
        )  # fmt: skip
        session.add(
            Device(
                id=called(f"{name} device"), account_id=account.id, platform="webpush",
                address=self._provider.browser(name).subscription(), created_at=MONDAY_MORNING,
            )
        )  # fmt: skip
        session.flush()

    def _add_reminder(self, session: Any, name: str, id: UUID, local: str) -> None:
        session.add(
            Reminder(
                id=id, patient_id=called(name), created_change_no=0, change_no=0,
                entered_by=called(f"{name} account"), received_at=MONDAY_MORNING,
                content_hash=hash_of({}), kind="custom", title="x", recurrence="FREQ=DAILY",
                local_start=local, status="active", planned_until=MONDAY_MORNING,
            )
        )  # fmt: skip


def lateness(people: People, provider: Any) -> list[float]:
    """How many seconds after it was due each occurrence first arrived, in order."""
    first: dict[str, datetime] = {}
    for delivery in provider.log:
        for id in delivery.occurrences:
            first.setdefault(id, delivery.at)
    return sorted((first[one.id] - one.due_at).total_seconds() for one in people.asked())


def check_each_arrived(people: People, provider: Any) -> None:
    """Every occurrence is at the provider under its key, none before its time, all are on file."""
    asked = people.asked()
    assert {one.id for one in asked} == people.expected
    due_at = {one.id: one.due_at for one in asked}
    arrived = {id for delivery in provider.log for id in delivery.occurrences}
    assert arrived == people.expected, f"{len(people.expected - arrived)} lost"
    early = [
        delivery for delivery in provider.log
        if any(delivery.at < due_at[id] for id in delivery.occurrences)
    ]  # fmt: skip
    assert early == []
    assert provider.keys() == {one.key for one in asked}
    assert {one.status for one in asked} == {"sent"}
