"""Stepped care: how much help there is, and where each rule and each request enters."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from service.clinical.reading import BadKnowledge, Document, check
from service.clinical.spans import Span, span_of


@dataclass(frozen=True, slots=True)
class CareStep:
    """One step of stepped care, 1 to 4: what it is called, and what it means for her."""

    number: int
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a rule is about, and the step it enters at; ``None`` where the file names none.

    ``speaks_for_wishes``: without a number behind it, it only repeats what she asks for.
    """

    kind: str
    step: int | None
    speaks_for_wishes: bool = False


_OTHER = Entry("another", None)


@dataclass(frozen=True, slots=True)
class SteppedCare:
    """Everything the file says.

    Attributes:
        file: its name, for complaints.
        steps: by number, lowest first.
        rules: by the rule's id, in the order of the file.
        requests: step by the kind of request; a kind left out has none.
        taken_within: by then somebody has taken a request, or the next one is told.
    """

    file: str
    steps: Mapping[int, CareStep]
    rules: Mapping[str, Entry]
    requests: Mapping[str, int]
    taken_within: Span

    def entry_of(self, rule: str) -> Entry:
        """Return where a rule enters; one the file does not name is about something else."""
        return self.rules.get(rule, _OTHER)

    def pressing(self, kind: str, step: int | None) -> tuple[int, int]:
        """Return what sorts a need before others: the highest step, then its place in the file."""
        kinds = [entry.kind for entry in self.rules.values()]
        return -(step or 0), kinds.index(kind) if kind in kinds else len(kinds)

    def name_of(self, step: int | None) -> str | None:
        """Return what a step is called, ``None`` for no step."""
        return None if step is None else self.steps[step].name

    def check_rules(self, known: Collection[str]) -> None:
        """Let only rules past that exist.

        Raises:
            BadKnowledge: a rule named here is not among ``known``.
        """
        for place, rule in enumerate(self.rules):
            if rule not in known:
                complaint = f"there is no rule {rule!r}"
                raise BadKnowledge(self.file, ["rules", place, "rule"], complaint)


def stepped_care_in(document: Document) -> SteppedCare:
    """Build stepped care.

    Raises:
        BadKnowledge: the steps are not 1 to 4 in order, a rule or request stands twice, or a span
            is none.
    """
    check("stepped_care", document.data, document)
    data = document.data
    for place, row in enumerate(data["steps"]):
        if row["number"] != place + 1:
            raise document.refuse(["steps", place, "number"], f"this is step {place + 1}")
    _refuse_twice(document, "rules", "rule")
    _refuse_twice(document, "requests", "kind")
    return SteppedCare(
        file=document.shown,
        steps=MappingProxyType(
            {row["number"]: CareStep(row["number"], row["name"], row["about"])
             for row in data["steps"]}
        ),
        rules=MappingProxyType(
            {
                row["rule"]: Entry(row["kind"], row["step"], "speaks_for_wishes" in row)
                for row in data["rules"]
            }
        ),
        requests=MappingProxyType({row["kind"]: row["step"] for row in data["requests"]}),
        taken_within=_span(document),
    )  # fmt: skip


def _span(document: Document) -> Span:
    try:
        return span_of(document.data["taken_within"]["span"])
    except ValueError as bad:
        raise document.refuse(["taken_within", "span"], str(bad)) from None


def _refuse_twice(document: Document, table: str, key: str) -> None:
    seen: set[Any] = set()
    for place, row in enumerate(document.data[table]):
        if row[key] in seen:
            raise document.refuse([table, place, key], f"{row[key]!r} stands twice")
        seen.add(row[key])
