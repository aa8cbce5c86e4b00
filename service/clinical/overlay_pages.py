"""Laying one file of a site over ours: word by word, lists as a whole, tables row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.clinical.reading import BadKnowledge, Document, Place
from service.clinical.schema_faults import meant

# Tables whose rows have names: the site's row stands in place of ours of the same name.
_ROWS: Mapping[str, Mapping[str, str]] = {
    "red_flags.yaml": {"red_flags": "code"},
    "stepped_care.yaml": {"steps": "number", "rules": "rule", "requests": "kind"},
    "support.yaml": {"entries": "slug", "faiths": "code"},
    "wellbeing_check.yaml": {"topics": "key"},
}
# Rows of ours that a site may leave out: a line to call in another country is no help.
_WITHOUT = {"support.yaml": ("entries", "slug")}
_STAMP = ("version", "source", "review")
_NOTHING: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Laid(Document):
    """Our file with a site's laid over it; a fault is named in the file it comes from.

    Attributes:
        under: ours.
        over: the site's.
        rows: for each row of a table, whose it is and its place there.
    """

    under: Document = field(kw_only=True)
    over: Document = field(kw_only=True)
    rows: Mapping[str, Sequence[tuple[Document, int]]] = field(kw_only=True)

    def refuse(self, place: Place, complaint: str) -> BadKnowledge:
        """Return the error to raise, in the file whose word stands at ``place``."""
        rows = self.rows.get(str(place[0]), ()) if place else ()
        if len(place) > 1 and isinstance(place[1], int) and place[1] < len(rows):
            document, number = rows[place[1]]
            return document.refuse([place[0], number, *place[2:]], complaint)
        written = _reaches(self.over.data, place)
        return (self.over if written else self.under).refuse(place, complaint)


def version_of(theirs: Document, *, above: Document | None = None) -> int:
    """Return the version a site's file has.

    Raises:
        BadKnowledge: it has none, or one that is not above ours.
    """
    version = theirs.data.get("version") if isinstance(theirs.data, dict) else None
    if isinstance(version, bool) or not isinstance(version, int):
        raise theirs.refuse(["version"], "'version' is missing, or not a whole number")
    ours = above.data["version"] if above else 0
    if version <= ours:
        complaint = f"ours is version {ours}: a site's own must be higher, not {version}"
        raise theirs.refuse(["version"], complaint)
    return version


def laid_over(under: Document, over: Document) -> Document:
    """Lay a site's file over ours.

    Raises:
        BadKnowledge: it has no version above ours, no source or sign-off of its own, changes
            numbers and leaves their source as it was, or leaves out what is not there.
    """
    version_of(over, above=under)
    for word in _STAMP:
        if word not in over.data:
            raise over.refuse([], f"{word!r} is missing: a site answers for what it changes")
    _refuse_borrowed_sources(under, over)
    data = {name: value for name, value in over.data.items() if name != "without"}
    left_out = _left_out(under, over)
    merged, rows = _merged(under.data, data), {}
    for table, key in _ROWS.get(under.name, _NOTHING).items():
        rows[table] = _joined(under, over, table, key, left_out)
        merged[table] = [_row(document, table, number) for document, number in rows[table]]
    return Laid(
        under.name, over.text, merged, folder=over.folder, under=under, over=over, rows=rows
    )


def _merged(ours: Any, theirs: Any) -> Any:
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return theirs
    added = {name: value for name, value in theirs.items() if name not in ours}
    kept = {
        name: _merged(value, theirs[name]) if name in theirs else value
        for name, value in ours.items()
    }
    return kept | added


def _joined(
    under: Document, over: Document, table: str, key: str, left_out: frozenset[Any]
) -> list[tuple[Document, int]]:
    theirs = over.data.get(table, [])
    if not isinstance(theirs, list):
        raise over.refuse([table], f"{table!r} needs a list")
    places: dict[Any, tuple[Document, int]] = {}
    for number, row in enumerate(under.data[table]):
        if row[key] not in left_out:
            places[row[key]] = (under, number)
    named: set[Any] = set()
    for number, row in enumerate(theirs):
        name = row.get(key) if isinstance(row, dict) else None
        if not isinstance(name, str | int):
            raise over.refuse([table, number], f"{key!r} is missing")
        if name in named:
            raise over.refuse([table, number, key], f"{name!r} stands twice")
        named.add(name)
        places[name] = (over, number)
    return list(places.values())


def _row(document: Document, table: str, number: int) -> Any:
    return document.data[table][number]


def _left_out(under: Document, over: Document) -> frozenset[Any]:
    if "without" not in over.data or under.name not in _WITHOUT:
        # Elsewhere it is a word like any other that does not belong.
        if "without" in over.data:
            raise over.refuse(["without"], "nothing can be left out here")
        return frozenset()
    table, key = _WITHOUT[under.name]
    known = [row[key] for row in under.data[table]]
    names = over.data["without"]
    if not isinstance(names, list):
        raise over.refuse(["without"], "'without' needs a list")
    for number, name in enumerate(names):
        if name not in known:
            complaint = f"ours has no {name!r}{meant(str(name), known)}"
            raise over.refuse(["without", number], complaint)
    return frozenset(names)


def _refuse_borrowed_sources(under: Document, over: Document) -> None:
    """A block with a number of the site's may not go on naming the source of ours."""
    for name, block in over.data.items():
        ours = under.data.get(name)
        if not isinstance(ours, dict) or not isinstance(block, dict) or name in _STAMP:
            continue
        for word in ("source", "status"):
            if word in ours and word not in block:
                complaint = f"{word!r} is missing: say where these values are from"
                raise over.refuse([name], complaint)


def _reaches(data: Any, place: Place) -> bool:
    for step in place:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            # A word missing from a mapping of the site's is ours; a list is one or the other.
            return not isinstance(data, dict)
    return True
