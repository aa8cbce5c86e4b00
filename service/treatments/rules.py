"""What is true of treatments.  Pure functions."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Protocol

from service.clinical import Knowledge

# What a rule reads of a treatment: a change of one of these is news, a change of a note is not.
FACTS = frozenset({"code", "name", "modality", "status", "started_on", "ended_on", "body_site"})

# What a line of therapy consists of: drugs against the cancer, one line after the other.  Drugs
# for the bones and against side effects go on through a change of line.
DIRECTED_AT_CANCER = frozenset({"chemotherapy", "hormonal", "targeted", "immunotherapy"})
CHANGE_OF_LINE = "Change of line"
# What decides whether and when a treatment begins a line, and when its doses are expected.
BEGINS_A_LINE = frozenset({"status", "modality", "line", "started_on"})
DOSAGE = frozenset({"status", "started_on", "ended_on", "schedule", "dose"})
# She takes it, or would but for a hold.
ON = frozenset({"active", "held"})

_KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    # type → (needed, also allowed)
    "cycle": (frozenset({"cycle_days", "dose_days"}), frozenset({"times", "day_one"})),
    "on_off": (frozenset({"on_days", "off_days"}), frozenset({"times", "day_one"})),
    "interval": (frozenset({"days"}), frozenset({"loading_days", "day_one"})),
    "daily": (frozenset({"times"}), frozenset({"day_one"})),
    "once": (frozenset(), frozenset()),
    "none": (frozenset(), frozenset()),
}
_LONGEST_DAYS = 366
_ONE_DAY = timedelta(days=1)
_MOST_TIMES = 12
# Nobody living was treated before, and doses are counted by the day from the first on.
_EARLIEST, _LATEST = date(1920, 1, 1), date(2099, 12, 31)
_DAY_ONE_WITHIN_YEARS = 10
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class Course(Protocol):
    """What of a treatment says whether a new line of therapy ends it."""

    status: Any
    modality: Any
    line: Any
    started_on: Any
    ended_on: Any


def filled_in(treatment: Mapping[str, Any], knowledge: Knowledge) -> dict[str, Any]:
    """Return a treatment with what the catalogue knows of it: modality and default schedule."""
    values = dict(treatment)
    known = knowledge.treatments.get(values["code"]) if values["code"] else None
    if known is not None:
        values["modality"] = known.modality
        if values["schedule"] is None and known.schedule is not None:
            values["schedule"] = _plain(known.schedule)
    return values


def begins_a_line(status: str, modality: str, line: int | None) -> bool:
    """Tell whether a treatment is part of a line of therapy that has begun."""
    return status == "active" and modality in DIRECTED_AT_CANCER and line is not None


def ends_with_it(course: Course, begun: Course) -> bool:
    """Tell whether a new line of therapy closes a course that is going on."""
    return (
        course.status in ON
        and course.modality in DIRECTED_AT_CANCER
        and course.line is not None
        and begun.line is not None
        and course.line < begun.line
    )


def ending_of(course: Course, begun_on: date, *, moves: bool, today: date) -> dict[str, Any]:
    """Return what changes in a course when a later line begins: its last day, and why.

    Args:
        course: of an earlier line.
        begun_on: the first day of the new line.
        moves: it has ended with that line already, whose first day is another now.
        today: her own day; without a ``status`` in the answer the course goes on for a while.
    """
    last_day = max(begun_on - _ONE_DAY, course.started_on)
    ending: dict[str, Any] = {"ended_on": last_day}
    if moves or course.ended_on is None or course.ended_on > last_day:
        ending["stop_reason"] = CHANGE_OF_LINE
    else:
        ending["ended_on"] = course.ended_on
    if ending["ended_on"] < today:
        ending["status"] = "stopped"
    return ending


def problems_of(treatment: Mapping[str, Any], knowledge: Knowledge) -> list[tuple[str, str]]:
    """Say what is wrong with a treatment, as (JSON pointer, message) pairs."""
    found = []
    code = treatment["code"]
    known = knowledge.treatments.get(code) if code else None
    if code and known is None:
        found.append(("/code", "The catalogue has no such treatment."))
    if not code and not treatment["name"]:
        found.append(("/name", "Say which treatment: a code of the catalogue or a name."))
    modality = treatment["modality"]
    if known is not None and modality not in (None, known.modality):
        found.append(("/modality", f"The catalogue says {known.modality}."))
    if known is None and modality is None:
        found.append(("/modality", "Is needed for a treatment that is not in the catalogue."))
    found += _day_problems(treatment["started_on"], treatment["ended_on"])
    if treatment["schedule"] is not None:
        found += schedule_problems(treatment["schedule"], treatment["started_on"])
    return found


def _day_problems(started: date, ended: date | None) -> list[tuple[str, str]]:
    found = [
        (pointer, f"Must lie from {_EARLIEST.year} to {_LATEST.year}.")
        for pointer, day in (("/started_on", started), ("/ended_on", ended))
        if day is not None and not _EARLIEST <= day <= _LATEST
    ]
    if ended is not None and ended < started:
        found.append(("/ended_on", "Lies before its start."))
    return found


def schedule_problems(schedule: Mapping[str, Any], started_on: date) -> list[tuple[str, str]]:
    """Say what is wrong with a schedule, as (JSON pointer, message) pairs."""
    kind = schedule.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        return [("/schedule/type", f"Must be one of: {', '.join(_KINDS)}.")]
    needed, allowed = _KINDS[kind]
    given = schedule.keys() - {"type"}
    found = [(f"/schedule/{name}", "Is needed.") for name in sorted(needed - given)]
    found += [
        (f"/schedule/{name}", f"Does not belong to the type {kind}.")
        for name in sorted(given - needed - allowed)
    ]
    for name in sorted(given & (needed | allowed)):
        message = _value_problem(name, schedule[name], schedule, started_on)
        if message:
            found.append((f"/schedule/{name}", message))
    return found


def _value_problem(
    name: str, value: Any, schedule: Mapping[str, Any], started_on: date
) -> str | None:
    if name == "day_one":
        return _day_one_problem(value, started_on)
    if name == "times":
        if _is_list(value) and all(_is_time(one) for one in value):
            return None
        return "Must be 1 to 12 different times of day, as 08:00."
    if name in ("dose_days", "loading_days"):
        longest = schedule.get("cycle_days", _LONGEST_DAYS)
        most = longest if isinstance(longest, int) else _LONGEST_DAYS
        if _is_list(value, most=60) and all(_is_days(one, most) for one in value):
            return None
        return f"Must be different days from 1 to {most}."
    least = 0 if name == "off_days" else 1
    if _is_days(value, _LONGEST_DAYS, least=least):
        return None
    return f"Must be {least} to {_LONGEST_DAYS} days."


def _day_one_problem(value: Any, started_on: date) -> str | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return "Must be a day, as 2026-01-05."
    try:
        years = abs(date.fromisoformat(value).year - started_on.year)
    except ValueError:
        return "There is no such day."
    if years > _DAY_ONE_WITHIN_YEARS:
        return f"Must lie within {_DAY_ONE_WITHIN_YEARS} years of its start."
    return None


def _is_list(value: Any, *, most: int = _MOST_TIMES) -> bool:
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        return False
    return all(isinstance(one, str | int) for one in value) and len(set(value)) == len(value)


def _is_days(value: Any, most: int, *, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_time(value: Any) -> bool:
    # Not ``time.fromisoformat``, which also reads "T0800", and "08+01" as eight in a zone.
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _plain(value: Any) -> Any:
    """Return frozen knowledge as plain JSON values."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
