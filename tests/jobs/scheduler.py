"""A scheduler to hold in one's hand: ticks when told, keeps what it sends."""

import threading
from typing import Any
from uuid import UUID, uuid4

from flask import Flask

from service.accounts.models import Account, Patient, Role
from service.db import transaction
from service.ids import new_id
from service.jobs.moments import next_moment
from service.jobs.tick import Counts, run_due
from service.notify.channels import Channel, KeptChannel
from service.notify.rules import Handed, Leased
from service.records import hash_of
from service.reminders.models import Reminder


class Scheduler:
    """One worker.  ``phone`` keeps the messages, unless another channel is given."""

    def __init__(
        self, app: Flask, clock: Any, phone: Channel | None = None, mail: Channel | None = None
    ) -> None:
        self.app, self.clock = app, clock
        self.mail: Any = mail or KeptChannel()
        self.owner: UUID = new_id()
        self.phone: Any = phone or KeptChannel()

    def tick(self, due: frozenset[str] | None = None) -> Counts:
        ways = {"push": self.phone, "email": self.mail}
        return run_due(self.app, self.clock, ways, self.owner, due=due)

    def sent_keys(self) -> list[str]:
        return [message.collapse_key for message in self.phone.sent]

    def next_moment(self) -> Any:
        with self.app.app_context(), transaction() as session:
            return next_moment(session)


class Broken:
    """A channel that raises what it is told to, before or after it took the message."""

    def __init__(self, *errors: BaseException | None, takes: bool = False) -> None:
        self.errors = list(errors)
        self.takes = takes
        self.one_at_a_time = threading.Lock()
        self.sent: list[Leased] = []

    def send(self, message: Leased) -> Handed:
        with self.one_at_a_time:
            error = self.errors.pop(0) if self.errors else None
            if error is None or self.takes:
                self.sent.append(message)
        if error is not None:
            raise error
        return Handed()


def fill(app, world, clock, patients: int) -> None:
    """Give some patients of Ana's clinic a reminder for ten o'clock, not planned yet."""
    now = clock.now()
    with app.app_context(), transaction() as session:
        for _ in range(patients):
            account = Account(
                clinic_id=world.clinic_id, role=Role.PATIENT, email="x", email_key=str(uuid4()),
                password_hash="!", display_name="x", time_zone="America/Los_Angeles",
                locale="en", created_at=now,
            )  # fmt: skip
            session.add(account)
            session.flush()
            patient = Patient(
                account_id=account.id, clinic_id=world.clinic_id, display_name="x",
                time_zone="America/Los_Angeles", locale="en", joined_at=now,
            )  # fmt: skip
            session.add(patient)
            session.flush()
            session.add(
                Reminder(
                    id=new_id(), patient_id=patient.id, created_change_no=0, change_no=0,
                    entered_by=account.id, received_at=now, content_hash=hash_of({}),
                    kind="custom", title="x", recurrence="FREQ=DAILY",
                    local_start="2026-03-02T10:00", status="active", planned_until=now,
                )
            )  # fmt: skip
