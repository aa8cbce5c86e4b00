"""Text into data, by the rules of YAML 1.2, and the line of a word.

Only ``true`` and ``false`` are booleans, and ``on``, ``no``, ``21:00`` and ``2026-11-01`` are the
words they look like.  Under the older rules, which PyYAML follows by default, the key ``on`` of a
sign-off would be read as "true".
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from service.clinical.bounds import fault_in

_WORD = "tag:yaml.org,2002:str"
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


class _Loader(yaml.CSafeLoader):
    """A safe YAML loader with YAML 1.2 words, which also refuses a key that stands twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's name and type

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    problem="a list or a mapping cannot be a key", problem_mark=key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} stands twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
            # Keys are words, also those that look like numbers: a table of scores has such.
            key.tag = _WORD
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)\.[0-9]+", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"({_pattern})$"), _first)


def parse_json(name: str, text: str) -> Any:
    """Return what JSON says.

    Raises:
        BadKnowledge: it is none, or a key stands twice.
    """

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
    except RecursionError:
        raise BadKnowledge(name, [], "nested too deep") from None


def parse_yaml(name: str, text: str, first_line: int, *, aliases: bool = True) -> Any:
    """Return what YAML says; ``first_line`` is the line of the file that ``text`` begins on.

    Without ``aliases`` nothing may stand for something else: every word is where it looks to be.

    Raises:
        BadKnowledge: it is none, a key stands twice, or it is too much or never ends.
    """
    fault = fault_in(text, aliases=aliases)
    if fault is not None:
        complaint, on = fault
        raise BadKnowledge(name, [], complaint, on + first_line - 1)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark
        # What is missing at the end is missing on the last line, not on one there is not.
        last = len(text.splitlines()) - 1
        line = min(mark.line, last) + first_line if mark else None
        complaint = bad.problem or "not readable as YAML"
        if "tab character" in complaint or "'\\t'" in complaint:
            complaint = "a tab stands here; indent with spaces"
        raise BadKnowledge(name, [], complaint, line) from None
    except yaml.YAMLError:
        raise BadKnowledge(name, [], "there are characters in it that YAML does not take") from None


def line_of(text: str, place: Place) -> int | None:
    """Find the line of a place, or of what is nearest to it.  JSON is read as YAML here.

    Of what stands under a word, that is the line of the word.
    """
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    line = None if node is None else node.start_mark.line + 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == str(step)]
            if not found and place[0] == step == 0:
                found = [(node, node)]  # a mapping that was taken for the one entry of a list
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = [(one, one) for one in node.value[step : step + 1]]
        else:
            found = []
        if not found:
            break
        word, node = found[0]
        line = word.start_mark.line + 1
    return line
