"""Why a rule fired, in plain words made from its evidence and never written by hand."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from service.care.rules.evidence import Phrase

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class _Day(NamedTuple):
    year: int
    words: str


def reason_of(phrases: Iterable[Phrase], *, zone: str, as_of: datetime) -> str:
    """Join phrases to one sentence without a full stop, days as they are where she lives.

    For example "Temperature 38.2 °C and chills severity 2 on 26 January, on ribociclib".
    """
    this_year = _local_day(as_of, zone).year
    by_day: dict[str, list[str]] = {}
    timeless: list[str] = []
    for text, at in phrases:
        if at is None:
            timeless.append(text)
            continue
        day = _local_day(at, zone)
        name = day.words if day.year == this_year else f"{day.words} {day.year}"
        by_day.setdefault(name, []).append(text)
    dated = [f"{_listed(texts)} on {day}" for day, texts in by_day.items()]
    sentence = ", ".join(part for part in ("; ".join(dated), ", ".join(timeless)) if part)
    return sentence[:1].upper() + sentence[1:]


@lru_cache(maxsize=1024)  # most phrases of a report are of one moment
def _local_day(at: datetime, zone: str) -> _Day:
    day = at.astimezone(ZoneInfo(zone))
    return _Day(day.year, f"{day.day} {_MONTHS[day.month - 1]}")


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
