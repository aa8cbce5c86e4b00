"""Sending what was leased: past the gate, one after the other, outside any transaction."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from service.clock import Clock
from service.notify.channels import Channel, Channels, Gone, Refused, TryAgain
from service.notify.gate import refusal
from service.notify.rules import Leased, Outcome, Result, settled

logger = logging.getLogger(__name__)


def deliver(messages: Sequence[Leased], channels: Channels, clock: Clock) -> list[Result]:
    """Send the messages and tell how each of them went.

    The lease is looked at before each one: what a slow provider leaves no time for is handed
    back untried.  Whatever a channel raises stays with its message; the others still go out.
    """
    # A thread for the sending: a Future keeps anything that is raised, where catching every
    # exception here would also hide our own mistakes.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="sending") as sender:
        return [settled(_deliver(message, channels, clock, sender)) for message in messages]


def _deliver(
    message: Leased, channels: Channels, clock: Clock, sender: ThreadPoolExecutor
) -> Result:
    now = clock.now()
    if now >= message.until:
        return Result(message=message, outcome=Outcome.NOT_TRIED)
    refused = refusal(message, now=now)
    if refused is not None:
        return Result(message=message, outcome=Outcome.WITHHELD, why=refused)
    channel = channels.get(message.channel)
    if channel is None:
        return Result(message=message, outcome=Outcome.DEAD, why="no such channel")
    return _result(message, _send(channel, message, sender))


def _send(channel: Channel, message: Leased, sender: ThreadPoolExecutor) -> BaseException | None:
    return sender.submit(channel.send, message).exception()


def _result(message: Leased, error: BaseException | None) -> Result:
    if error is None:
        return Result(message=message, outcome=Outcome.SENT)
    if not isinstance(error, Exception):
        raise error  # the process is being stopped: the lease runs out, and the message is sent
    why = f"{type(error).__name__}: {error}"[:200]
    if isinstance(error, Gone | Refused):
        return Result(message=message, outcome=Outcome.DEAD, why=why)
    if isinstance(error, TryAgain):
        return Result(message=message, outcome=Outcome.AGAIN, why=why, wait=error.retry_after)
    logger.error("a channel failed", exc_info=error, extra={"outbox_id": str(message.id)})
    # Its text is not ours and may quote the message: the books get the kind of error only.
    return Result(message=message, outcome=Outcome.AGAIN, why=type(error).__name__)
