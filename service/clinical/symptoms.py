"""The symptoms she can report, how answers become grades, and the yes/no warning signs."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any

from service.clinical.reading import Document, check

ATTRIBUTES = ("frequency", "severity", "interference", "amount", "presence")
_LETTERS = "ABC"


@dataclass(frozen=True, slots=True)
class Item:
    """One question about a symptom.

    Attributes:
        code: number of the symptom and a letter, e.g. ``"9A"``.
        attribute: what is asked: frequency, severity, interference, amount or presence.
        prompt: our own words, in English.
        labels: the words of the answers, from 0 upwards: five, or two for presence.
        opt_outs: ways not to answer that this question offers, e.g. ``"not_applicable"``.
    """

    code: str
    attribute: str
    prompt: str
    labels: tuple[str, ...]
    opt_outs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Symptom:
    """One symptom and its questions.

    Attributes:
        number: 1 to 80, its place in the list.
        key: its name in reports and rules, e.g. ``"nausea"``.
        term: its name for people.
        group: part of the body or of life it belongs to.
        gate: attribute that is asked first and, answered 0, makes the others 0; ``None`` when
            there is only one question.
        profile: row group of the grading table, e.g. ``"frequency+severity"``; ``None`` for
            presence, which has no grade.
        items: its questions, in the order they are asked.
        sets: names of the shorter lists it is part of.
    """

    number: int
    key: str
    term: str
    group: str
    gate: str | None
    profile: str | None
    items: tuple[Item, ...]
    sets: frozenset[str]

    @property
    def attributes(self) -> tuple[str, ...]:
        """What can be answered about it, in the order it is asked."""
        return tuple(item.attribute for item in self.items)


@dataclass(frozen=True, slots=True)
class GradingTable:
    """Composite grades for every combination of answers.

    Grades are 0 (none) to 3 (severe); there is no grade 4.

    Attributes:
        version: kept beside every grade the table produced.
        key_order: order in which answers are joined to a key.
        profile_of: profile by symptom key; symptoms without a grade are absent.
        grades: by profile, then by the answers joined with ``-``: ``"3-3"``.

    Source:
        Basch et al., Clin Trials 2021;18(1):104-114, doi:10.1177/1740774520975120.
    """

    version: str
    key_order: tuple[str, ...]
    profile_of: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A warning sign she may tick; ``rules`` are the ids of the rules that read it."""

    code: str
    prompt: str
    rules: tuple[str, ...]


def symptoms_in(document: Document) -> Mapping[str, Symptom]:
    """Build the symptoms by key, in the order of their numbers.

    Raises:
        BadKnowledge: a symptom or a question is missing, stands twice or contradicts itself.
    """
    data = document.data
    check("symptoms", data, document)
    keys = [row["key"] for row in data["symptoms"]]
    _refuse_twice(document, "symptoms", keys)
    for name, of in data["sets"].items():
        for place, key in enumerate(of["symptoms"]):
            if key not in keys:
                place_of_key = ["sets", name, "symptoms", place]
                raise document.refuse(place_of_key, f"{key!r} is not a symptom")
    for place, row in enumerate(data["symptoms"]):
        for word, complaint in _contradictions(place, row):
            raise document.refuse(["symptoms", place, word], complaint)
    items = sum(len(row["items"]) for row in data["symptoms"])
    for name, found in (("symptoms", len(keys)), ("items", items)):
        if found != data["counts"][name]:
            expected = data["counts"][name]
            raise document.refuse(["counts", name], f"{expected} {name} expected, {found} found")
    return MappingProxyType({row["key"]: _symptom(row, data) for row in data["symptoms"]})


def grading_in(document: Document, symptoms: Mapping[str, Symptom]) -> GradingTable:
    """Build the grading table for these symptoms.

    Raises:
        BadKnowledge: a combination of answers has no grade, or a symptom has no profile here.
    """
    data = document.data
    check("composite_grades", data, document)
    for profile, rows in data["profiles"].items():
        expected = {"-".join(key) for key in product("01234", repeat=len(profile.split("+")))}
        for key in sorted(expected ^ rows.keys()):
            fault = "is missing" if key in expected else "is no combination of answers"
            raise document.refuse(["profiles", profile], f"{profile} {key!r} {fault}")
        for key in rows:
            if key.startswith("0") and rows[key] != 0:
                place = ["profiles", profile, key]
                raise document.refuse(place, f"{key!r} must be 0: the first answer says never")
    profile_of = {key: symptom.profile for key, symptom in symptoms.items() if symptom.profile}
    for key, profile in profile_of.items():
        if profile not in data["profiles"]:
            raise document.refuse(["profiles"], f"{profile!r}, the profile of {key!r}, is missing")
    return GradingTable(
        version=str(data["version"]),
        key_order=tuple(data["key_order"]),
        profile_of=MappingProxyType(profile_of),
        grades=MappingProxyType(
            {profile: MappingProxyType(rows) for profile, rows in data["profiles"].items()}
        ),
    )


def red_flags_in(document: Document) -> Mapping[str, RedFlag]:
    """Build the warning signs by code, in the order of the file.

    Raises:
        BadKnowledge: a code stands twice.
    """
    check("red_flags", document.data, document)
    rows = document.data["red_flags"]
    _refuse_twice(document, "red_flags", [row["code"] for row in rows])
    return MappingProxyType(
        {row["code"]: RedFlag(row["code"], row["prompt"], tuple(row["rules"])) for row in rows}
    )


def _refuse_twice(document: Document, table: str, keys: list[str]) -> None:
    for key, times in Counter(keys).items():
        if times > 1:
            last = len(keys) - 1 - keys[::-1].index(key)
            raise document.refuse([table, last], f"{key!r} stands twice")


def _contradictions(place: int, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    attributes = [item["attribute"] for item in row["items"]]
    graded = attributes != ["presence"]
    if row["number"] != place + 1:
        yield "number", f"{row['key']!r} has number {row['number']}, not {place + 1}"
    if row["gate"] != (attributes[0] if len(attributes) > 1 else None):
        yield "gate", f"{row['gate']!r} cannot be the gate of {row['key']!r}"
    if row["profile"] != ("+".join(attributes) if graded else None):
        yield "profile", f"{row['profile']!r} does not match the questions of {row['key']!r}"
    for letter, item in zip(_LETTERS, row["items"], strict=False):
        if item["item"] != f"{row['number']}{letter}":
            yield "items", f"{item['item']!r} is not a question of {row['key']!r} in its place"


def _symptom(row: dict[str, Any], data: dict[str, Any]) -> Symptom:
    return Symptom(
        number=row["number"],
        key=row["key"],
        term=row["term"],
        group=row["group"],
        gate=row["gate"],
        profile=row["profile"],
        items=tuple(
            Item(
                code=item["item"],
                attribute=item["attribute"],
                prompt=item["prompt"],
                labels=tuple(data["labels"][item["attribute"]]),
                opt_outs=tuple(item.get("opt_outs", ())),
            )
            for item in row["items"]
        ),
        sets=frozenset(name for name, of in data["sets"].items() if row["key"] in of["symptoms"]),
    )
