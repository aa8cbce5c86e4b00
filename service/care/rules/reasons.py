"""Why a rule fired, in plain words made from its evidence and never written by hand."""

from collections.abc import Sequence
from datetime import datetime
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


def reason_of(phrases: Sequence[Phrase], *, zone: str, as_of: datetime) -> str:
    """Join phrases to one sentence without a full stop, days as they are where she lives.

    For example "Temperature 38.2 °C and chills severity 2 on 26 January, on ribociclib".
    """
    here = ZoneInfo(zone)
    this_year = as_of.astimezone(here).year
    by_day: dict[str, list[str]] = {}
    timeless: list[str] = []
    for text, at in phrases:
        if at is None:
            timeless.append(text)
            continue
        day = at.astimezone(here)
        name = f"{day.day} {_MONTHS[day.month - 1]}"
        if day.year != this_year:
            name += f" {day.year}"
        by_day.setdefault(name, []).append(text)
    dated = [f"{_listed(texts)} on {day}" for day, texts in by_day.items()]
    sentence = ", ".join(part for part in ("; ".join(dated), ", ".join(timeless)) if part)
    return sentence[:1].upper() + sentence[1:]


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
