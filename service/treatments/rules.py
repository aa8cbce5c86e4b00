"""What is true of treatments.  Pure functions."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from service.clinical import Knowledge

# What a rule reads of a treatment: a change of one of these is news, a change of a note is not.
FACTS = frozenset({"code", "name", "modality", "status", "started_on", "ended_on", "body_site"})

_KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    # type → (needed, also allowed)
    "cycle": (frozenset({"cycle_days", "dose_days"}), frozenset({"times"})),
    "on_off": (frozenset({"on_days", "off_days"}), frozenset({"times"})),
    "interval": (frozenset({"days"}), frozenset({"loading_days"})),
    "daily": (frozenset({"times"}), frozenset()),
    "once": (frozenset(), frozenset()),
    "none": (frozenset(), frozenset()),
}
_LONGEST_DAYS = 366
_MOST_TIMES = 12


def filled_in(treatment: Mapping[str, Any], knowledge: Knowledge) -> dict[str, Any]:
    """Return a treatment with what the catalogue knows of it: modality and default schedule."""
    values = dict(treatment)
    known = knowledge.treatments.get(values["code"]) if values["code"] else None
    if known is not None:
        values["modality"] = known.modality
        if values["schedule"] is None and known.schedule is not None:
            values["schedule"] = _plain(known.schedule)
    return values


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
    ended = treatment["ended_on"]
    if ended is not None and ended < treatment["started_on"]:
        found.append(("/ended_on", "Lies before its start."))
    if treatment["schedule"] is not None:
        found += schedule_problems(treatment["schedule"])
    return found


def schedule_problems(schedule: Mapping[str, Any]) -> list[tuple[str, str]]:
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
        message = _value_problem(name, schedule[name], schedule)
        if message:
            found.append((f"/schedule/{name}", message))
    return found


def _value_problem(name: str, value: Any, schedule: Mapping[str, Any]) -> str | None:
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
    return None if _is_days(value, _LONGEST_DAYS) else f"Must be 1 to {_LONGEST_DAYS} days."


def _is_list(value: Any, *, most: int = _MOST_TIMES) -> bool:
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        return False
    return all(isinstance(one, str | int) for one in value) and len(set(value)) == len(value)


def _is_days(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 5 and bool(time.fromisoformat(value) or 1)
    except ValueError:
        return False


def _plain(value: Any) -> Any:
    """Return frozen knowledge as plain JSON values."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
