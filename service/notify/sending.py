"""Sending what was leased: past the gate, several at once, outside any transaction."""

import logging
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from types import TracebackType

from service.clock import Clock
from service.logs import Code
from service.notify.channels import (
    AtRest,
    Channel,
    ChannelError,
    Channels,
    Gone,
    Refused,
    TryAgain,
)
from service.notify.gate import quiet_until, refusal
from service.notify.rules import LONGEST_TRY, Handed, Leased, Outcome, Result, settled

logger = logging.getLogger(__name__)


def deliver(
    messages: Sequence[Leased], channels: Channels, clock: Clock, *, senders: int = 1
) -> list[Result]:
    """Send the messages and tell how each of them went, in their order.

    As ``answers``, for whoever needs them all at once.
    """
    found = [
        result for some in answers(messages, channels, clock, senders=senders) for result in some
    ]
    place = {message.id: number for number, message in enumerate(messages)}
    return sorted(found, key=lambda result: place[result.message.id])


def answers(
    messages: Sequence[Leased], channels: Channels, clock: Clock, *, senders: int
) -> Iterator[list[Result]]:
    """Send the messages, ``senders`` at once, and tell of those answered as answers come in.

    The first begin first.  The lease is looked at before each one: what a slow provider leaves
    no time for is handed back untried.  Whatever a channel raises stays with its message; the
    others still go out.  While the caller writes down some answers, the sending goes on.

    Raises:
        BaseException: a sender is being stopped.  What it had not told of is sent again, once
            the lease is over.
    """
    with ThreadPoolExecutor(max_workers=senders, thread_name_prefix="sending") as pool:
        waiting = {pool.submit(_deliver, message, channels, clock) for message in messages}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield [settled(one.result()) for one in done]
        finally:
            for one in waiting:
                one.cancel()


def _deliver(message: Leased, channels: Channels, clock: Clock) -> Result:
    now = clock.now()
    if now + LONGEST_TRY > message.until:
        return Result(message=message, outcome=Outcome.NOT_TRIED)
    refused = refusal(message, now=now)
    if refused is not None:
        return Result(message=message, outcome=Outcome.WITHHELD, why=refused)
    quiet = quiet_until(message, now=now)
    if quiet is not None:
        return Result(message=message, outcome=Outcome.HELD, why="quiet hours", until=quiet)
    channel = channels.get(message.channel)
    if channel is None:
        return Result(message=message, outcome=Outcome.DEAD, why="no such channel")
    return _send(message, channel)


def _send(message: Leased, channel: Channel) -> Result:
    handed = Handed()
    with _Kept() as kept:
        handed = channel.send(message)
    if kept.error is None:
        return Result(message=message, outcome=Outcome.SENT, handed=handed)
    return _after(message, kept.error)


def _after(message: Leased, error: Exception) -> Result:
    if not isinstance(error, ChannelError):
        # Its text is not ours and may quote the message: neither log nor books get more than the
        # kind of error and where it came from.
        last = traceback.extract_tb(error.__traceback__)[-1]
        logger.error(
            "a channel failed on %s: %s in %s, line %s",
            message.id, Code(type(error).__name__), Code(last.filename), last.lineno,
        )  # fmt: skip
        return Result(message=message, outcome=Outcome.AGAIN, why=type(error).__name__)
    outcome, wait_for = Outcome.AGAIN, None
    if isinstance(error, Gone | Refused):
        # What is refused is for the administrator to see, but staff do not wait for that.
        may_mail = isinstance(error, Gone) or message.to_staff
        has_mail = message.channel == "push" and message.email is not None
        outcome = Outcome.BY_MAIL if may_mail and has_mail else Outcome.DEAD
    elif isinstance(error, TryAgain):
        wait_for = error.retry_after
    why = f"{type(error).__name__}: {error}"[:200]
    return Result(
        message=message, outcome=outcome, why=why, wait=wait_for, handed=error.handed,
        is_at_rest=isinstance(error, AtRest),
    )  # fmt: skip


class _Kept(AbstractContextManager["_Kept"]):
    """Keeps what a channel raises; what stops the process goes on.

    Around the channel alone: caught any wider, our own mistakes would count as a provider's.
    """

    error: Exception | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
        return self.error is not None
