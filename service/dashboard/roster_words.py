"""Shifts and weeks in words: "Monday to Friday, 19:00 to 07:00", "nobody from 17:00"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from service.accounts.models import RosterEntry
from service.accounts.roster_lists import Stretch
from service.accounts.rules import DAYS
from service.dashboard.administration import DAY_WORDS
from service.dashboard.formatting import Words, listed

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DutyLine:
    """Some time of a day in words, and who is on duty then, the first to be told first."""

    when: str
    account_ids: tuple[UUID, ...]


def shift_words(entry: RosterEntry, words: Words) -> str:
    """Write when an entry of a roster counts, on the clinic's clock."""
    parts = [_days(entry.days)]
    if entry.from_time is not None and entry.to_time is not None:
        after = " the next day" if entry.to_time <= entry.from_time else ""
        parts.append(f"{entry.from_time} to {entry.to_time}{after}")
    if entry.starts_at is not None:
        parts.append(f"from {_moment(entry.starts_at, words)}")
    if entry.ends_at is not None:
        parts.append(f"until {_moment(entry.ends_at, words, ends=True)}")
    return ", ".join(parts) if parts != ["every day"] else "always"


def week_words(
    week: Sequence[tuple[date, Sequence[Stretch]]], *, now: datetime, words: Words
) -> list[tuple[str, list[DutyLine]]]:
    """Write who is on duty, a line for each stretch of a day."""
    today = words.local(now).date()
    return [
        (_day_name(day, today, words), [_line(one, day, now, words) for one in stretches])
        for day, stretches in week
    ]


def _line(stretch: Stretch, day: date, now: datetime, words: Words) -> DutyLine:
    starts, ends = words.local(stretch.starts_at), words.local(stretch.ends_at)
    is_first = stretch.starts_at == now
    to_midnight = ends.date() > day
    begins = "now" if is_first else f"{starts:%H:%M}"
    if to_midnight:
        all_day = starts.date() == day and f"{starts:%H:%M}" == "00:00" and not is_first
        when = "all day" if all_day else f"from {begins} on"
    else:
        when = f"{begins} to {ends:%H:%M}"
    return DutyLine(when, stretch.account_ids)


def _day_name(day: date, today: date, words: Words) -> str:
    name = f"{DAY_WORDS[DAYS[day.weekday()]]} {words.day(day)}"
    return f"Today, {name}" if day == today else name


def _days(days: Sequence[str] | None) -> str:
    if days is None or len(days) == len(DAYS):
        return "every day"
    places = [DAYS.index(day) for day in days]
    in_a_row = len(places) > 2 and places == list(range(places[0], places[-1] + 1))
    if in_a_row:
        return f"{DAY_WORDS[days[0]]} to {DAY_WORDS[days[-1]]}"
    return listed(DAY_WORDS[day] for day in days)


def _moment(at: datetime, words: Words, *, ends: bool = False) -> str:
    local = words.local(at)
    if f"{local:%H:%M}" != "00:00":
        return f"{words.day(local.date())} {local:%H:%M}"
    # An end at midnight is the end of the day before.
    return words.day(local.date() - _DAY if ends else local.date())
