"""Reading a journey: a patient's story as API calls with what must come of them.

    {"title", "clinic": {"name", "time_zone", "hours", "roster": {duty: [name]}},
     "people": {name: role, or role "of another clinic"},
     "steps": [{"at", "as", "call": "METHOD /path", "body", "expect", "save", "note"}
               or {"advance_to", "expect", "note"}
               or {"at", "turn": "provider down", "note"}]}

``save`` keeps fields of the answer; ``${name}`` in a path or body puts them in.  ``${ana}`` is
the id of the patient of that name.  What ``expect`` may hold stands in ``expectations``.  ``turn``
lets something outside go wrong, or right again: ``provider down`` and ``provider up`` (nothing
takes a push), ``scheduler down`` and ``scheduler up`` (no round runs).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from service.accounts.models import Role
from service.accounts.rules import BadHours, parse_hours
from service.cli.replay.expectations import EXPECTATIONS
from service.cli.replay.faults import BadJourney

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S+)")
_ELSEWHERE = " of another clinic"
_STORY = frozenset({"title", "clinic", "people", "steps"})
_CLINIC = frozenset({"name", "time_zone", "hours", "roster"})
_CALL_KEYS = frozenset({"at", "as", "call", "body", "expect", "save", "note"})
_TIME_KEYS = frozenset({"advance_to", "expect", "note"})
_TURN_KEYS = frozenset({"at", "turn", "note"})
TURNS = frozenset({"provider down", "provider up", "scheduler down", "scheduler up"})


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody in the story before it begins: her role, and whether at the other clinic."""

    role: Role
    elsewhere: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: a call made at a moment by somebody, time that passes until then, or a turn.

    ``caller`` is ``None`` where nobody calls; ``method``, ``path`` and ``body`` then mean nothing.
    ``turn`` is one of ``TURNS``, ``None`` in all other steps.
    """

    number: int
    at: datetime
    written_at: str
    caller: str | None
    method: str
    path: str
    body: Any
    expect: Mapping[str, Any]
    save: Mapping[str, str]
    note: str
    turn: str | None = None

    @property
    def label(self) -> str:
        """Say what happens, in a few words."""
        if self.turn:
            return self.turn
        return f"{self.caller} {self.method} {self.path}" if self.caller else "time passes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A story, checked: who is in it and what happens, in the order of time.

    ``hours`` are the clinic's opening hours as ``accounts.models.Clinic`` keeps them.
    """

    title: str
    clinic: str
    time_zone: str
    hours: Mapping[str, Any]
    roster: Mapping[str, Sequence[str]]
    people: Mapping[str, Part]
    steps: Sequence[Step]


def read(path: Path) -> Journey:
    """Read a journey.

    Raises:
        BadJourney: it is no JSON, lacks something, holds a word nobody knows, or goes back in
            time.
    """
    try:
        data = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as bad:
        raise BadJourney(f"{path.name} is not readable as JSON: {bad}") from None
    _check_keys("the journey", data, needed=_STORY, known=_STORY)
    _check_keys("clinic", data["clinic"], needed=_CLINIC, known=_CLINIC)
    people = {name: _part(name, words) for name, words in data["people"].items()}
    for duty, names in data["clinic"]["roster"].items():
        for name in names:
            if name not in people:
                raise BadJourney(f"clinic: {name!r} on the roster of {duty} is nobody in people")
    try:
        hours = parse_hours(data["clinic"]["hours"])
    except BadHours as bad:
        raise BadJourney(f"clinic: hours: {bad}") from None
    return Journey(
        title=data["title"],
        clinic=data["clinic"]["name"],
        time_zone=data["clinic"]["time_zone"],
        hours=hours,
        roster=data["clinic"]["roster"],
        people=people,
        steps=_steps(data["steps"]),
    )


def filled_in(value: Any, variables: Mapping[str, str], step: Step) -> Any:
    """Put what was saved into every ``${name}`` of a path or body.

    Raises:
        BadJourney: nothing of that name was saved, and nobody has it.
    """
    if isinstance(value, dict):
        return {key: filled_in(one, variables, step) for key, one in value.items()}
    if isinstance(value, list):
        return [filled_in(one, variables, step) for one in value]
    if not isinstance(value, str):
        return value

    def found(match: re.Match[str]) -> str:
        if match[1] not in variables:
            raise BadJourney(f"step {step.number}: nothing is known as {match[0]}")
        return variables[match[1]]

    return _VARIABLE.sub(found, value)


def _part(name: str, words: str) -> Part:
    role = words.removesuffix(_ELSEWHERE)
    try:
        return Part(Role(role), elsewhere=words.endswith(_ELSEWHERE))
    except ValueError:
        raise BadJourney(f"people: {name}: there is no role {role!r}") from None


def _steps(rows: Sequence[Mapping[str, Any]]) -> list[Step]:
    steps = [_step(number, row) for number, row in enumerate(rows, 1)]
    for before, after in pairwise(steps):
        if after.at < before.at:
            raise BadJourney(f"step {after.number}: goes back in time, to {after.written_at}")
    return steps


def _step(number: int, row: Mapping[str, Any]) -> Step:
    where = f"step {number}"
    if "turn" in row:
        return _turn(number, row)
    if "advance_to" in row:
        _check_keys(where, row, needed={"advance_to"}, known=_TIME_KEYS)
        caller, method, path, written_at = None, "", "", row["advance_to"]
    else:
        _check_keys(where, row, needed={"at", "as", "call"}, known=_CALL_KEYS)
        found = _CALL.fullmatch(row["call"])
        if found is None:
            raise BadJourney(f"{where}: {row['call']!r} is not written as 'GET /path'")
        caller, method, path, written_at = row["as"], found[1], found[2], row["at"]
    expect = row.get("expect", {})
    _check_expectations(where, expect, has_answer=caller is not None)
    return Step(
        number=number, at=_moment(where, written_at), written_at=written_at, caller=caller,
        method=method, path=path, body=row.get("body"), expect=expect,
        save=row.get("save", {}), note=row.get("note", ""),
    )  # fmt: skip


def _turn(number: int, row: Mapping[str, Any]) -> Step:
    where = f"step {number}"
    _check_keys(where, row, needed={"at", "turn"}, known=_TURN_KEYS)
    if row["turn"] not in TURNS:
        raise BadJourney(f"{where}: turn: {row['turn']!r} is none of {', '.join(sorted(TURNS))}")
    return Step(
        number=number, at=_moment(where, row["at"]), written_at=row["at"], caller=None,
        method="", path="", body=None, expect={}, save={}, note=row.get("note", ""),
        turn=row["turn"],
    )  # fmt: skip


def _check_expectations(where: str, expect: Mapping[str, Any], *, has_answer: bool) -> None:
    for word in expect:
        if word not in EXPECTATIONS:
            known = ", ".join(sorted(EXPECTATIONS))
            raise BadJourney(f"{where}: expect: {word!r} is none of {known}")
        if EXPECTATIONS[word].needs_answer and not has_answer:
            raise BadJourney(f"{where}: expect: {word!r} is about the answer to a call")


def _check_keys(where: str, data: Any, *, needed: set[str] | frozenset[str], known: Any) -> None:
    if not isinstance(data, dict):
        raise BadJourney(f"{where}: {data!r} stands where words with values should")
    for word in sorted(needed - data.keys()):
        raise BadJourney(f"{where}: {word!r} is missing")
    for word in sorted(data.keys() - known):
        raise BadJourney(f"{where}: {word!r} is none of {', '.join(sorted(known))}")


def _moment(where: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadJourney(f"{where}: {text!r} is not a moment") from None
    if moment.tzinfo is None:
        raise BadJourney(f"{where}: {text!r} needs an offset, as 2026-01-05T09:00:00-08:00")
    return moment
