"""Reading the files of clinical knowledge, and saying exactly what is wrong with a bad one.

YAML is read by the rules of YAML 1.2: only ``true`` and ``false`` are booleans, and ``on``,
``no``, ``21:00`` and ``2026-11-01`` are the words they look like.  Under the older rules, which
PyYAML follows by default, the key ``on`` of a sign-off would be read as "true".
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import jsonschema_rs
import yaml

_LONGEST_COMPLAINT = 300
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
Place = Sequence[str | int]


class BadKnowledge(Exception):
    """A file of clinical knowledge cannot be used; the service does not start with it.

    Attributes:
        file: path below the clinical folder, e.g. ``"instruments/phq-9.yaml"``.
        place: keys and positions that lead to the fault, e.g. ``"treatments/3/symptoms/0"``;
            empty when the whole file is meant.
        line: line of the fault, counted from 1, or ``None`` where it could not be found.
        complaint: one sentence that names the word at fault.
    """

    def __init__(self, file: str, place: Place, complaint: str, line: int | None = None) -> None:
        self.file = file
        self.place = "/".join(str(step) for step in place)
        self.line = line
        self.complaint = complaint
        where = [file, f"line {line}" if line else "", self.place]
        super().__init__(f"{', '.join(part for part in where if part)}: {complaint}")


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
    """

    name: str
    text: str
    data: Any
    body: str = ""
    first_line: int = 1

    def refuse(self, place: Place, complaint: str) -> BadKnowledge:
        """Return the error to raise for a fault at ``place``, with its line if it has one."""
        line = _line_of(self.text, place)
        return BadKnowledge(self.name, place, complaint, line and line + self.first_line - 1)

    @property
    def stamp(self) -> Stamp:
        """Version, source and sign-off.  Only for data that has passed its schema."""
        source = self.data.get("source") or "; ".join(self.data.get("sources", ()))
        return Stamp(self.data["version"], source, review_of(self.data["review"]))


class _Loader(yaml.CSafeLoader):
    """A safe YAML loader with YAML 1.2 words, which also refuses a key that stands twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's name and type

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        scalars = (key for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for key in scalars:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} stands twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"({_pattern})$"), _first)


def read(root: Traversable, name: str) -> Document:
    """Read one JSON, YAML or Markdown file below ``root``.

    Raises:
        BadKnowledge: the file is not there, or cannot be parsed.
    """
    try:
        text = root.joinpath(*name.split("/")).read_text("utf-8")
    except FileNotFoundError:
        raise BadKnowledge(name, [], "this file is missing") from None
    except UnicodeDecodeError:
        raise BadKnowledge(name, [], "this file is not UTF-8 text") from None
    if name.endswith(".json"):
        return Document(name, text, _parse_json(name, text))
    if name.endswith(".md"):
        front = _FRONT_MATTER.match(text)
        if front is None:
            raise BadKnowledge(
                name, [], "the file must begin with front matter between --- lines", 1
            )
        data = _parse_yaml(name, front[1], first_line=2)
        return Document(name, front[1], data, text[front.end() :].strip(), first_line=2)
    return Document(name, text, _parse_yaml(name, text, first_line=1))


def read_folder(root: Traversable, folder: str, suffix: str) -> Iterator[Document]:
    """Read every file with ``suffix`` in ``folder`` and below it, in the order of their names.

    A folder that is not there holds nothing; that is not an error.
    """
    here = root.joinpath(*folder.split("/"))
    if not here.is_dir():
        return
    for entry in sorted(here.iterdir(), key=lambda entry: entry.name):
        name = f"{folder}/{entry.name}"
        if entry.is_dir():
            yield from read_folder(root, name, suffix)
        elif name.endswith(suffix) and entry.name != "README.md":
            yield read(root, name)


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
    # A misspelt key is both unexpected and missing; the word to name is the one that is there.
    error = min(errors, key=lambda error: error.kind.name != "additionalProperties")
    complaint = error.message
    if len(complaint) > _LONGEST_COMPLAINT:
        complaint = complaint[:_LONGEST_COMPLAINT] + " …"
    if isinstance(file, str):
        raise BadKnowledge(file, error.instance_path, complaint)
    raise file.refuse(error.instance_path, complaint)


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
    folder = files("service.clinical").joinpath("schemas")
    schema = json.loads(folder.joinpath(f"{name}.schema.json").read_text("utf-8"))
    return jsonschema_rs.Draft202012Validator(
        schema, registry=_common(), validate_formats=True, offline=True
    )


@cache
def _common() -> jsonschema_rs.Registry:
    text = files("service.clinical").joinpath("schemas", "common.schema.json").read_text("utf-8")
    return jsonschema_rs.Registry([("urn:waymark:common", json.loads(text))])


def _parse_json(name: str, text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(pairs)
        if len(data) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise BadKnowledge(name, [twice], f"{twice!r} stands twice")
        return data

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as bad:
        raise BadKnowledge(name, [], bad.msg, bad.lineno) from None


def _parse_yaml(name: str, text: str, first_line: int) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark
        line = mark.line + first_line if mark else None
        raise BadKnowledge(name, [], bad.problem or "not readable as YAML", line) from None


def _line_of(text: str, place: Place) -> int | None:
    """Find the line of a place, or of what is nearest to it.  JSON is read as YAML here."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == str(step)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step : step + 1]
        else:
            found = []
        if not found:
            break
        node = found[0]
    return node.start_mark.line + 1 if node else None
