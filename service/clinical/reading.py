"""Reading the files of clinical knowledge, and saying exactly what is wrong with a bad one.

How text becomes data stands in ``parsing``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import jsonschema_rs

from service.clinical.parsing import BadKnowledge as BadKnowledge
from service.clinical.parsing import Place as Place
from service.clinical.parsing import line_of, parse_json, parse_yaml
from service.clinical.schema_faults import fault_of

WAYMARK, SITE = "waymark", "site"
"""Where a file is from: shipped with this software, or a site's own."""

TESTS = "tests"
"""A folder of this name holds tests of what stands beside it."""

_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Review:
    """Who signed a file, and when.

    ``status`` is ``"reviewed"`` when a clinician has signed; then ``by`` and ``on`` are set.
    Any other status says how far the facts have been traced, and nobody has signed.
    """

    status: str
    by: str | None
    on: date | None

    @property
    def is_signed(self) -> bool:
        """Whether a named person has approved this version."""
        return self.status == "reviewed"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every file carries: its version, where its facts are from, and its sign-off."""

    version: int
    source: str
    review: Review


@dataclass(frozen=True, slots=True)
class Document:
    """One file, parsed but not yet believed.

    Attributes:
        name: path below the clinical folder.
        text: the JSON or YAML part as written.
        data: what ``text`` says, in plain lists and dictionaries; days are still text.
        body: what follows the front matter of a Markdown file, else empty.
        first_line: line of the file on which ``text`` begins.
        folder: where a site keeps it; empty for what is shipped.
    """

    name: str
    text: str
    data: Any
    body: str = ""
    first_line: int = 1
    folder: str = ""

    @property
    def origin(self) -> str:
        """Whose it is: ``waymark`` or ``site``."""
        return SITE if self.folder else WAYMARK

    @property
    def shown(self) -> str:
        """What it is called in complaints: a site's file by its whole path."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    def refuse(self, place: Place, complaint: str) -> BadKnowledge:
        """Return the error to raise for a fault at ``place``, with its line if it has one."""
        line = line_of(self.text, place)
        return BadKnowledge(self.shown, place, complaint, line and line + self.first_line - 1)

    @property
    def stamp(self) -> Stamp:
        """Version, source and sign-off.  Only for data that has passed its schema."""
        source = self.data.get("source") or "; ".join(self.data.get("sources", ()))
        return Stamp(self.data["version"], source, review_of(self.data["review"]))


def read(root: Traversable, name: str, *, folder: str = "") -> Document:
    """Read one JSON, YAML or Markdown file below ``root``, which a site keeps in ``folder``.

    Raises:
        BadKnowledge: the file is not there, or cannot be read or parsed.
    """
    shown = f"{folder}/{name}" if folder else name
    try:
        text = root.joinpath(*name.split("/")).read_text("utf-8")
    except FileNotFoundError:
        raise BadKnowledge(shown, [], "this file is missing") from None
    except UnicodeDecodeError:
        raise BadKnowledge(shown, [], "this file is not UTF-8 text") from None
    except OSError as bad:
        raise BadKnowledge(shown, [], f"cannot be read: {bad.strerror}") from None
    if name.endswith(".json"):
        return Document(name, text, parse_json(shown, text), folder=folder)
    if not name.endswith(".md"):
        return Document(name, text, _data_in(shown, text, 1, folder), folder=folder)
    front = _FRONT_MATTER.match(text)
    if front is None:
        raise BadKnowledge(shown, [], "the file must begin with front matter between --- lines", 1)
    data = _data_in(shown, front[1], 2, folder)
    return Document(name, front[1], data, text[front.end() :].strip(), 2, folder)


def _data_in(shown: str, text: str, first_line: int, folder: str) -> Any:
    return parse_yaml(shown, text, first_line, aliases=not folder)


def document_of(name: str, text: str) -> Document:
    """Parse YAML that did not come from a file, such as a rule that an editor wrote.

    A mapping is taken for the one entry of a list.  Unlike a file it may come from anybody, so
    nothing in it may stand for something else.

    Raises:
        BadKnowledge: it is no YAML, a key stands twice, or it uses aliases or nests too deep.
    """
    data = parse_yaml(name, text, first_line=1, aliases=False)
    return Document(name, text, data if isinstance(data, list) else [data])


def read_folder(
    root: Traversable, folder: str, suffix: str, *, kept_in: str = ""
) -> Iterator[Document]:
    """Read every file with ``suffix`` in ``folder`` and below it, in the order of their names.

    A folder that is not there holds nothing; that is not an error.  ``kept_in`` is the folder of
    a site, for complaints.  Tests that stand beside what they try out are read only when their own
    folder is asked for.
    """
    here = root.joinpath(*folder.split("/"))
    if not here.is_dir():
        return
    entries = [entry for entry in here.iterdir() if entry.name != TESTS]
    for entry in sorted(entries, key=lambda entry: entry.name):
        name = f"{folder}/{entry.name}"
        if entry.is_dir():
            yield from read_folder(root, name, suffix, kept_in=kept_in)
        elif name.endswith(suffix) and entry.name != "README.md":
            yield read(root, name, folder=kept_in)


def check(name: str, data: object, file: Document | str) -> None:
    """Check ``data`` against the JSON Schema ``schemas/<name>.schema.json``.

    Args:
        name: name of the schema, e.g. ``"treatments"``.
        data: plain lists and dictionaries, days as text.
        file: the document ``data`` comes from, or only its name; with a name the error cannot
            give a line.

    Raises:
        BadKnowledge: a fault was found; a key that does not belong is named first.
    """
    errors = list(_validator(name).iter_errors(data))
    if not errors:
        return
    place, complaint = fault_of(errors, _schema(name))
    if isinstance(file, str):
        raise BadKnowledge(file, place, complaint)
    raise file.refuse(place, complaint)


def review_of(data: Mapping[str, Any]) -> Review:
    """Build a sign-off from its three words, already checked by a schema."""
    return Review(data["status"], data["by"], day_of(data["on"]))


def day_of(text: str | None) -> date | None:
    """Return the day that ``text`` (``YYYY-MM-DD``) names, or ``None`` for ``None``."""
    return date.fromisoformat(text) if text else None


def frozen(value: Any) -> Any:
    """Return the same data with read-only mappings and tuples all the way down."""
    if isinstance(value, dict):
        return MappingProxyType({key: frozen(inner) for key, inner in value.items()})
    if isinstance(value, list):
        return tuple(frozen(inner) for inner in value)
    return value


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    registry = jsonschema_rs.Registry([("urn:waymark:common", _schema("common"))])
    return jsonschema_rs.Draft202012Validator(
        _schema(name), registry=registry, validate_formats=True, offline=True
    )


@cache
def _schema(name: str) -> dict[str, Any]:
    folder = files("service.clinical").joinpath("schemas")
    schema: dict[str, Any] = json.loads(folder.joinpath(f"{name}.schema.json").read_text("utf-8"))
    return schema
