"""A scheduler to hold in one's hand: ticks when told, keeps what it sends."""

from typing import Any
from uuid import UUID

from flask import Flask

from service.db import transaction
from service.ids import new_id
from service.jobs.tick import Counts, next_moment, run_due
from service.notify.channels import Channel, KeptChannel
from service.notify.rules import Handed, Leased


class Scheduler:
    """One worker.  ``phone`` keeps the messages, unless another channel is given."""

    def __init__(self, app: Flask, clock: Any, phone: Channel | None = None) -> None:
        self.app, self.clock = app, clock
        self.owner: UUID = new_id()
        self.phone: Any = phone or KeptChannel()

    def tick(self) -> Counts:
        channels = {"push": self.phone, "email": self.phone}
        return run_due(self.app, self.clock, channels, self.owner)

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
        self.sent: list[Leased] = []

    def send(self, message: Leased) -> Handed:
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.takes:
            self.sent.append(message)
        if error is not None:
            raise error
        return Handed()
