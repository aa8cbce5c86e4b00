"""The ways out: what a channel is, what it may answer, and the ones that need no provider."""

import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from service.notify.rules import Handed, Leased


class ChannelError(Exception):
    """The channel did not take a message.  The text goes into the books: no patient data.

    ``handed``: the devices that took it all the same, and those that are gone.
    """

    def __init__(self, why: str, *, handed: Handed | None = None) -> None:
        super().__init__(why)
        self.handed = handed or Handed()


class TryAgain(ChannelError):
    """Not now.  ``retry_after`` is what the provider asked for, if it did."""

    def __init__(
        self, why: str, *, retry_after: timedelta | None = None, handed: Handed | None = None
    ) -> None:
        super().__init__(why, handed=handed)
        self.retry_after = retry_after


class AtRest(TryAgain):
    """The provider fails and is left alone until ``retry_after`` is over.

    Then all that waits for it comes at once, so that the oldest goes first.
    """


class Gone(ChannelError):
    """The address is no longer there, or there is none at all."""


class Refused(ChannelError):
    """The provider will never take this message."""


class Channel(Protocol):
    """One way out.

    Only ``sending.deliver`` calls one: behind the gate, and outside any transaction.
    """

    def send(self, message: Leased) -> Handed:
        """Hand one message over; return once it was taken, by every device that is still there.

        ``message.collapse_key`` goes along, so that a repeat replaces the first on the phone.
        Several threads may call it at once.

        Raises:
            TryAgain: not now.
            Gone: the address is no longer there.
            Refused: never this message.
        """
        ...


Channels = Mapping[str, Channel]


class ConsoleChannel:
    """Writes one line a message, for a site that has no provider yet.

    No title and no text: a log is no place for what a patient is told.
    """

    def send(self, message: Leased) -> Handed:
        """Print what went where."""
        line = f"{message.channel} {message.kind} to {message.recipient_id} {message.collapse_key}"
        # In one piece: several write at once.
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        return Handed()


class KeptChannel:
    """Keeps what was sent, in order: for replaying a story, and for tests."""

    def __init__(self) -> None:
        self.sent: list[Leased] = []

    def send(self, message: Leased) -> Handed:
        """Keep the message."""
        self.sent.append(message)
        return Handed()


def console_channels() -> Channels:
    """Return a console line for every way out."""
    return {"push": ConsoleChannel(), "email": ConsoleChannel(), "webhook": ConsoleChannel()}
