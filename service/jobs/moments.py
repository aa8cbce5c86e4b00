"""When there is anything to do, of each kind: what a round of the scheduler asks first."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from service.alerts.escalation import next_step_at
from service.care import silence
from service.content.publishing import next_publishing
from service.emergencies import actions as emergencies
from service.erasures import actions as erasures
from service.exports import actions as exports
from service.notify.queries import next_try_at
from service.reminders.queries import are_to_be_planned_anew, next_moments
from service.support import waiting
from service.treatments.queries import next_planning

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
# The kinds of ``moments``.
EVERYTHING = frozenset({
    "messages", "alerts", "requests", "emergencies", "silence", "reminders", "content", "hers",
})  # fmt: skip


def moments(session: Session) -> dict[str, datetime | None]:
    """Return when there is anything to do of each kind, ``None`` where never.

    A step of a round that comes before the moment of its kind changes nothing: each is read from
    the very column by which the step finds what is due.
    """
    return {
        "messages": next_try_at(session),
        "alerts": next_step_at(session),
        "requests": waiting.next_reminder_at(session),
        "emergencies": emergencies.next_moment(session),
        "silence": silence.next_check_at(session),
        "reminders": _next_of_reminders(session),
        "content": next_publishing(session),
        "hers": next_of_hers(session),
    }


def _next_of_reminders(session: Session) -> datetime | None:
    if are_to_be_planned_anew(session):
        return _EVER
    return _earliest([next_planning(session), *next_moments(session)])


def next_of_hers(session: Session) -> datetime | None:
    """Return when a file is to be made, or somebody to be erased, next, ``None`` if never."""
    return _earliest([exports.next_moment(session), erasures.next_moment(session)])


def next_moment(session: Session) -> datetime | None:
    """Return the earliest moment at which a round has anything to do, ``None`` if never.

    A round before it changes nothing but the heartbeat, what is counted for measures and what is
    sealed, so a replay may step over the time between.
    """
    return _earliest(moments(session).values())


def kinds_due(session: Session, now: datetime) -> frozenset[str]:
    """Return of which kinds there is anything to do now; a round may leave out the others."""
    found = moments(session).items()
    return frozenset(kind for kind, at in found if at is not None and at <= now)


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
