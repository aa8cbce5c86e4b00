"""A site's own rules, as written: new ones, ours written anew, ours with a word changed, ours off.

    - {id: OWN-FALL, version: 1, about: …, when: …, then: …, source: …, status: …, review: …}
    - id: DIS-7
      version: 101                  above ours
      based_on: 1                   ours, as it stood when somebody looked
      change:
        - {at: when/any/0/distress/at_least, from: 7, to: 8}
      source: …
      status: …
      review: …
    - {id: SYM-MISS, version: 101, off: true, why: …, review: …}

A change says what it found: when ours no longer reads so, the start stops, and somebody looks.
``from: null`` adds a word, ``to: null`` takes one away.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from service.clinical.reading import WAYMARK, BadKnowledge, Document, Place, check
from service.clinical.schema_faults import meant

# What leads to an alert that must never be missed stays on.
NEVER_OFF = ("EM-", "SI-")
# Rows keep the id of the rule that made them in columns of this length.
_LONGEST_ID = 40
_KEPT_APART = ("id", "version", "source", "status", "review")


@dataclass(frozen=True, slots=True)
class Off:
    """A rule of ours that a site has switched off, since when by its own count, and why."""

    rule: str
    version: int
    why: str


@dataclass(frozen=True, slots=True)
class WrittenRules:
    """The rules of ours and of a site, as written.

    Attributes:
        ours: the files that are shipped.
        site: the site's, every entry a whole rule now; they stand in place of ours.
        off: what the site has switched off, by id.
        changed: ids of ours that the site has changed a word of.
    """

    ours: tuple[Document, ...]
    site: tuple[Document, ...] = ()
    off: Mapping[str, Off] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Derived(Document):
    """A site's file with its entries made whole rules.

    Attributes:
        places: for each rule, the place of its entry in the file.
        changed: for each rule, the places in it that the entry's changes name.
    """

    places: tuple[int, ...] = field(kw_only=True)
    changed: tuple[tuple[tuple[str | int, ...], ...], ...] = field(kw_only=True)

    def refuse(self, place: Place, complaint: str) -> BadKnowledge:
        """Return the error to raise, at the change that led to the fault, or at its entry."""
        if not place or not isinstance(place[0], int) or place[0] >= len(self.places):
            return Document.refuse(self, place, complaint)
        entry, inside = self.places[place[0]], tuple(place[1:])
        for number, at in enumerate(self.changed[place[0]]):
            if inside[: len(at)] == at:
                return Document.refuse(self, [entry, "change", number, "to"], complaint)
        return Document.refuse(self, [entry, *inside], complaint)


def written_rules(ours: Sequence[Document], site: Sequence[Document]) -> WrittenRules:
    """Make whole rules of what a site has written.

    Raises:
        BadKnowledge: an entry stands twice, is not newer than ours, names something that is not
            there, finds ours other than it says, or switches off what must stay on.
    """
    known = {row["id"]: row for one in ours if isinstance(one.data, list) for row in one.data
             if isinstance(row, dict) and "id" in row}  # fmt: skip
    off: dict[str, Off] = {}
    changed: set[str] = set()
    seen: dict[str, str] = {}
    made = []
    for document in site:
        if not isinstance(document.data, list):
            raise document.refuse([], "a file of rules is a list of rules")
        rules, places, at = [], [], []
        for number, row in enumerate(document.data):
            name = _name(document, number, row, known)
            if name in seen:
                raise document.refuse([number, "id"], f"{name!r} stands in {seen[name]} too")
            seen[name] = document.shown
            if "off" in row:
                off[name] = _off(document, number, known)
                continue
            steps: tuple[tuple[str | int, ...], ...] = ()
            if "change" in row:
                changed.add(name)
                rule, steps = _changed(document, number, known)
            else:
                rule = {word: value for word, value in row.items() if word != "based_on"}
            rules.append(rule)
            places.append(number)
            at.append(steps)
        made.append(
            Derived(
                document.name, document.text, rules, folder=document.folder,
                places=tuple(places), changed=tuple(at),
            )
        )  # fmt: skip
    return WrittenRules(tuple(ours), tuple(made), off, frozenset(changed))


def _name(document: Document, number: int, row: Any, known: Mapping[str, Any]) -> str:
    """Return an entry's id, once its version is above ours and it builds on what we have."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise document.refuse([number], "'id' is missing")
    name: str = row["id"]
    if len(name) > _LONGEST_ID:
        raise document.refuse([number, "id"], f"{name!r} has more than {_LONGEST_ID} characters")
    version = row.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise document.refuse([number, "version"], f"{name}: 'version' is no whole number from 1")
    if name not in known:
        if row.keys() & {"off", "change", "based_on"}:
            raise document.refuse(
                [number, "id"], f"{WAYMARK} has no rule {name!r}{meant(name, [*known])}"
            )
        return name
    ours = known[name]["version"]
    if version <= ours:
        complaint = f"{name} is version {ours} of ours: yours must be higher, not {version}"
        raise document.refuse([number, "version"], complaint)
    if "based_on" in row and row["based_on"] != ours:
        complaint = (
            f"{name} is version {ours} of ours now, not {row['based_on']!r}: look at what has "
            "changed, then say so here"
        )
        raise document.refuse([number, "based_on"], complaint)
    return name


def _off(document: Document, number: int, known: Mapping[str, Any]) -> Off:
    row = document.data[number]
    name = row["id"]
    _refuse_others(document, [number], ("id", "version", "based_on", "off", "why", "review"))
    if name.startswith(NEVER_OFF):
        raise document.refuse([number, "off"], f"{name} may not be switched off")
    if row["off"] is not True:
        raise document.refuse([number, "off"], f"{row['off']!r}: only 'true' can stand here")
    if not isinstance(row.get("why"), str) or not row["why"].strip():
        raise document.refuse([number], f"{name}: 'why' is missing")
    _signed(document, number)
    return Off(name, row["version"], row["why"].strip())


def _changed(
    document: Document, number: int, known: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[tuple[str | int, ...], ...]]:
    row = document.data[number]
    allowed = (*_KEPT_APART, "based_on", "change", "about", "note")
    _refuse_others(document, [number], allowed)
    for word in ("based_on", "source", "status", "review"):
        if word not in row:
            raise document.refuse([number], f"{row['id']}: {word!r} is missing")
    if not isinstance(row["change"], list) or not row["change"]:
        raise document.refuse([number, "change"], "'change' needs a list")
    rule = deepcopy(known[row["id"]])
    steps = []
    for place in range(len(row["change"])):
        steps.append(_apply(document, [number, "change", place], rule))
    rule |= {word: row[word] for word in (*_KEPT_APART, "about", "note") if word in row}
    return rule, tuple(steps)


def _apply(document: Document, place: list[Any], rule: dict[str, Any]) -> tuple[str | int, ...]:
    change = document.data[place[0]]["change"][place[2]]
    if not isinstance(change, dict) or change.keys() != {"at", "from", "to"}:
        raise document.refuse(place, "a change says 'at', 'from' and 'to', and nothing else")
    written = change["at"]
    steps = [int(step) if step.isdecimal() else step for step in str(written).split("/")]
    if steps[0] in _KEPT_APART:
        raise document.refuse([*place, "at"], f"{steps[0]!r} is said beside 'change', not in it")
    inside: Any = rule
    for step in steps[:-1]:
        inside = _into(document, place, inside, step, written)
    last = steps[-1]
    adds = change["from"] is None and isinstance(inside, dict) and last not in inside
    found = None if adds else _into(document, place, inside, last, written)
    if found != change["from"] or isinstance(found, bool) is not isinstance(change["from"], bool):
        complaint = f"{found!r} stands at {written}, not {change['from']!r}"
        raise document.refuse([*place, "from"], complaint)
    if change["to"] is None and isinstance(inside, dict):
        inside.pop(last, None)
    else:
        inside[last] = change["to"]
    return tuple(steps)


def _into(document: Document, place: list[Any], inside: Any, step: str | int, written: str) -> Any:
    if isinstance(inside, dict) and step in inside:
        return inside[step]
    if isinstance(inside, list) and isinstance(step, int) and step < len(inside):
        return inside[step]
    known = [str(word) for word in inside] if isinstance(inside, dict) else []
    complaint = f"there is no {step!r} at {written}{meant(str(step), known)}"
    raise document.refuse([*place, "at"], complaint)


def _refuse_others(document: Document, place: list[Any], allowed: tuple[str, ...]) -> None:
    row = document.data[place[0]]
    for word in row:
        if word not in allowed:
            complaint = f"unknown word {word!r} here{meant(str(word), allowed)}"
            raise document.refuse([*place, word], complaint)


def _signed(document: Document, number: int) -> None:
    try:
        check("review", document.data[number].get("review"), document.name)
    except BadKnowledge as bad:
        raise document.refuse([number, "review"], f"'review': {bad.complaint}") from None
