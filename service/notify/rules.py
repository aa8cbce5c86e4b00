"""What is true of a message on its way: how a try can end, and when the next one is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from service.accounts.models import CareStatus

# Waits of 15 s, 30 s, 1 min, 2 min, 4 min, then 5 min each: an hour's outage of a provider is
# caught up within five minutes of its end, and sixty tries outlast every reminder's usefulness.
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=5)
TRIES_AT_MOST = 60


class Outcome(StrEnum):
    """How a try to send one message ended."""

    SENT = "sent"
    AGAIN = "again"
    DEAD = "dead"
    WITHHELD = "withheld"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Address:
    """One device a push can go to; ``address`` is its ``token``, or a browser's subscription."""

    device_id: UUID
    platform: str
    address: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Handed:
    """Which devices have taken a message, and which are no longer there.

    Mail and the console know no devices: both are empty.
    """

    reached: tuple[UUID, ...] = ()
    gone: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """One message that is ours to send until ``until``.

    ``try_no`` counts the leases of this message: together with the owner it tells a worker that
    slept through its lease from the one that has the message now.  ``care_statuses`` are those
    of the patient it is about and of the recipient's own record; ``is_disabled`` is whether the
    recipient may no longer sign in.  ``devices`` are the recipient's live ones that have not taken
    it yet, ``email`` is her address, ``due_at`` when it was to go out.  ``has_opted_out``: she does
    not want this kind over this channel; ``refuses_messages``: the patient it is about has refused
    consent to messages; ``quiet_hours`` are the recipient's ``(start, end)`` as ``HH:MM`` on the
    clock of ``time_zone``, and hold unless the message ``rings_in_quiet_hours``.
    """

    id: UUID
    try_no: int
    until: datetime
    collapse_key: str
    patient_id: UUID | None
    recipient_id: UUID
    to_staff: bool
    channel: str
    kind: str
    subject_id: UUID | None
    title: str
    body: dict[str, Any]
    useful_until: datetime | None
    care_statuses: frozenset[CareStatus]
    is_disabled: bool
    due_at: datetime | None = None
    devices: tuple[Address, ...] = ()
    email: str | None = None
    has_opted_out: bool = False
    refuses_messages: bool = False
    quiet_hours: tuple[str, str] | None = None
    time_zone: str = "UTC"
    rings_in_quiet_hours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one try ended; ``why`` says it for the books, ``wait`` is what the provider asked.

    ``handed`` is which devices took it, also of a try that is to be made again for the others.
    """

    message: Leased
    outcome: Outcome
    why: str | None = None
    wait: timedelta | None = None
    handed: Handed = Handed()


def settled(result: Result) -> Result:
    """Return the result a message is left with: ``dead`` once it was tried often enough."""
    if result.outcome is Outcome.AGAIN and result.message.try_no >= TRIES_AT_MOST:
        return Result(message=result.message, outcome=Outcome.DEAD, why=result.why)
    return result


def next_try(result: Result, *, now: datetime) -> datetime | None:
    """Return when a message is to be tried again, ``None`` if never.

    The waits double.  Each is shortened by up to a quarter, by how much the message's own id
    says: after an outage not everything comes at once, and a replay comes at the same moments.
    """
    if result.outcome is Outcome.NOT_TRIED:
        return now
    if result.outcome is not Outcome.AGAIN:
        return None
    doublings = min(result.message.try_no - 1, 10)
    wait = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    share = result.message.id.int % 1000 / 4000
    return now + max(wait * (1 - share), result.wait or timedelta(0))
