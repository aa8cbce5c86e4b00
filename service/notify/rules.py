"""What is true of a message on its way: how a try can end, and when the next one is due."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from service.accounts.models import CareStatus

# Waits of 15 s, 30 s, 1 min, 2 min, then 4 min each: an hour's outage of a provider is caught up
# within five minutes of its end.  While a provider is at rest a message may be tried twice in
# each wait; so often it outlasts every reminder's usefulness.
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=4)
TRIES_AT_MOST = 200
# A mail to staff is the last way to them there is: five days or more, and then the administrator
# sees it.
LAST_WAY_TRIES_AT_MOST = 5000
# So long a try may take.  With less of the lease left none begins: it would end when somebody
# else has the message already.
LONGEST_TRY = timedelta(seconds=17)

# Each way out is a lane of its own: what hangs in one does not keep the other waiting.
ChannelName = Literal["push", "email", "webhook"]
LANES: tuple[ChannelName, ...] = ("push", "email", "webhook")
# The way to a site's own systems, and the kind of all that goes it.
WEBHOOK: ChannelName = "webhook"
# Waits between tries there, for 75 hours in all.
# Source: the schedule the Standard Webhooks specification gives ("Deliverability").
WEBHOOK_WAITS = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)  # fmt: skip
_LONGEST_KEY = 80
# What quiet hours held back is of use for at least so long after they end.
USEFUL_AFTER_QUIET = timedelta(hours=1)

# Upper bounds of how late a message may leave, in seconds; the last takes all that is later.
FOREVER = 2**31 - 1
BUCKETS = (1, 5, 15, 60, 300, 900, 3600, 14400, FOREVER)


class Outcome(StrEnum):
    """How a try to send one message ended.

    ``by_mail``: no device takes it any more, the same goes out once as a mail.  ``held``: her
    quiet hours have begun.  ``not_tried``: the lease left no time for it.
    """

    SENT = "sent"
    AGAIN = "again"
    DEAD = "dead"
    WITHHELD = "withheld"
    BY_MAIL = "by_mail"
    HELD = "held"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Address:
    """One device a push can go to; ``address`` is its ``token``, or a browser's subscription."""

    device_id: UUID
    platform: str
    address: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a site's own systems listen.

    ``secrets`` sign, the newest first.  ``refusal`` is why nothing is sent there any more.
    """

    url: str
    secrets: tuple[str, ...]
    with_content: bool
    refusal: str | None = None


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
    it yet, ``reached`` those that have.  ``email`` is her address; of a push only if it may go
    there should no device take it.  ``due_at`` is when it was to go out.  ``has_opted_out``: she
    does not want this kind over this channel; ``refuses_messages``: the patient it is about has
    refused consent to messages; ``quiet_hours`` are the recipient's ``(start, end)`` as ``HH:MM``
    on the clock of ``time_zone``, and hold unless the message ``rings_in_quiet_hours``.
    ``endpoint`` is where a webhook goes; ``is_shared`` whether the patient it is about lets her
    care team see her record.
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
    reached: tuple[UUID, ...] = ()
    email: str | None = None
    has_opted_out: bool = False
    refuses_messages: bool = False
    quiet_hours: tuple[str, str] | None = None
    time_zone: str = "UTC"
    rings_in_quiet_hours: bool = False
    endpoint: Endpoint | None = None
    is_shared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one try ended; ``why`` says it for the books, ``wait`` is what the provider asked.

    ``is_at_rest``: the provider is left alone for just as long as ``wait``.
    ``handed`` is which devices took it, also of a try that is to be made again for the others.
    ``until`` is when a message that is held may go out.
    """

    message: Leased
    outcome: Outcome
    why: str | None = None
    wait: timedelta | None = None
    is_at_rest: bool = False
    handed: Handed = Handed()
    until: datetime | None = None


def settled(result: Result) -> Result:
    """Return the result a message is left with.

    Tried often enough it is dead.  What has reached one of her devices was sent, whatever became
    of the others.
    """
    outcome, message = result.outcome, result.message
    if counts(result) and outcome is Outcome.AGAIN and message.try_no >= _most_tries(message):
        outcome = Outcome.DEAD
    if has_arrived(result) and outcome in {Outcome.DEAD, Outcome.WITHHELD, Outcome.BY_MAIL}:
        outcome = Outcome.SENT
    return result if outcome is result.outcome else replace(result, outcome=outcome)


def counts(result: Result) -> bool:
    """Tell whether a try counts: what was not tried does not, nor what an endpoint at rest meets.

    A receiver that is away for hours would otherwise have used up its days of tries in them.
    """
    if result.outcome in {Outcome.NOT_TRIED, Outcome.HELD}:
        return False
    return not (result.is_at_rest and result.message.channel == WEBHOOK)


def _most_tries(message: Leased) -> int:
    if message.channel == WEBHOOK:
        return len(WEBHOOK_WAITS) + 1
    is_last_way = message.to_staff and message.channel == "email"
    return LAST_WAY_TRIES_AT_MOST if is_last_way else TRIES_AT_MOST


def has_arrived(result: Result) -> bool:
    """Tell whether one of the recipient's devices has taken the message, now or before."""
    return bool(result.message.reached or result.handed.reached)


def goes_by_mail(result: Result) -> bool:
    """Tell whether a message that was tried is to go out as a mail too.

    What no device will take, and what staff wait for once it is plain that no device will take it
    within half a minute: they need it now, and a provider may be down for hours.
    """
    message = result.message
    if result.outcome is Outcome.BY_MAIL:
        return True
    if result.outcome is not Outcome.AGAIN or has_arrived(result):
        return False
    if not message.to_staff or message.channel != "push" or message.email is None:
        return False
    return message.try_no > 1 or (result.wait or FIRST_WAIT) > FIRST_WAIT


def title_of_mail(message: Leased) -> str:
    """Return what a message's copy by mail may say: what she calls a reminder stays on her phone.

    A mail lies open in more places than a lock screen, so ``discreet`` does not matter here.
    """
    several = len(message.body.get("occurrences", ())) > 1
    return message.title if message.kind != "reminder" or several else "You have a reminder"


def mail_key(collapse_key: str) -> str:
    """Return the collapse key of a message's copy by mail."""
    end = ".mail"
    return collapse_key[: _LONGEST_KEY - len(end)] + end


def next_try(result: Result, *, now: datetime) -> datetime | None:
    """Return when a message is to be tried again, ``None`` if never.

    The waits double.  Each is shortened by up to a quarter, by how much the message's own id
    says: not everything comes at once, and a replay comes at the same moments.  What waits for a
    provider that is at rest comes together when that is over, and leaves oldest first.
    """
    if result.outcome is Outcome.HELD:
        return result.until
    if result.outcome is Outcome.NOT_TRIED:
        return now
    if result.outcome is not Outcome.AGAIN:
        return None
    if result.is_at_rest and result.wait is not None:
        return now + result.wait
    wait = _wait_after(result.message)
    share = result.message.id.int % 1000 / 4000
    return now + max(wait * (1 - share), result.wait or timedelta(0))


def _wait_after(message: Leased) -> timedelta:
    if message.channel == WEBHOOK:
        return WEBHOOK_WAITS[min(message.try_no, len(WEBHOOK_WAITS)) - 1]
    doublings = min(message.try_no - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def useful_until(result: Result) -> datetime | None:
    """Return until when a message is of use: quiet hours do not make it useless by themselves."""
    until = result.message.useful_until
    if result.outcome is not Outcome.HELD or until is None or result.until is None:
        return until
    return max(until, result.until + USEFUL_AFTER_QUIET)


def end_of_quiet(hours: tuple[str, str], zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """Return when the quiet hours end that hold now, ``None`` outside them.

    They begin and end by her own clock: an end that a change of the clock skips comes as much
    later as the gap is long; of an hour that comes twice all is quiet that lies between the first
    beginning and the last end.

    Args:
        hours: start and end as ``HH:MM`` on her own clock; past midnight if it ends before it
            starts.
        zone: whose clock that is.
        now: aware.
    """
    start, end = (time.fromisoformat(text) for text in hours)
    nights = timedelta(days=1 if end <= start else 0)
    today = now.astimezone(zone).date()
    # A night that begins today, one that began yesterday, and one more where a day was skipped.
    for days_ago in range(3):
        day = today - timedelta(days=days_ago)
        # Of a time that comes twice the second; of one in a gap the one read with the offset
        # before it, which is the later of the two.
        ends_at = max(_wall_moment(day + nights, end, zone, fold=fold) for fold in (0, 1))
        if _wall_moment(day, start, zone) <= now < ends_at:
            return ends_at
    return None


def _wall_moment(day: date, at: time, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """Return the moment of a wall-clock time (PEP 495: ``fold`` says which of two)."""
    return datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC)


def bucket_of(seconds: float) -> int:
    """Return the upper bound, in seconds, of the lateness bucket a message falls into."""
    return next(bound for bound in BUCKETS if seconds <= bound)
