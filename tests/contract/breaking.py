"""What an app that was built on one contract finds broken in the next.

What is sent to us may only be asked less of; what we answer may only say more.  So it breaks an
app when a route, an answer or a field of an answer is gone or changes its type; when a body or a
query is asked for something new, or takes something no more.  New fields of answers, new words in
their lists, new routes and new choices break nothing: apps are told to expect them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
# Bounds of what is sent, and which way they may not move.
TIGHTER = {
    "minLength": 1, "minItems": 1, "minimum": 1, "exclusiveMinimum": 1,
    "maxLength": -1, "maxItems": -1, "maximum": -1, "exclusiveMaximum": -1,
}  # fmt: skip
# Compared as they are: whatever else they become is another rule for what is sent.
FIXED = ("pattern", "format", "uniqueItems")

Part = Mapping[str, Any]


def breaks(before: Part, after: Part) -> list[str]:
    """Return what an app built on ``before`` finds broken in ``after``."""
    found: list[str] = []
    for path, item in before["paths"].items():
        for method in METHODS:
            if method in item:
                name = f"{method.upper()} {path}"
                there = after["paths"].get(path, {}).get(method)
                both = Both(before, after)
                found += both.operation(name, item[method], there) if there else [f"{name}: gone"]
    return sorted(set(found))


class Both:
    """Two documents, and how far into them we are."""

    def __init__(self, before: Part, after: Part) -> None:
        self._before, self._after = before, after
        self._seen: set[tuple[str, str, bool]] = set()

    def operation(self, name: str, old: Part, new: Part) -> Iterator[str]:
        """Compare what is asked for and what is answered."""
        if old.get("security") == [] and new.get("security") != []:
            yield f"{name}: needs a token now"
        if old.get("operationId") != new.get("operationId"):
            yield f"{name}: generated clients call it {new.get('operationId')} now"
        yield from self._parameters(name, old, new)
        was, now = (one.get("requestBody") for one in (old, new))
        if now and not was:
            yield f"{name}: wants a body now"
        if was and now:
            yield from self._content(f"{name} body", was, now, is_sent=True)
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{name}: does not answer {status} any more"
                continue
            there = resolve(self._after, new["responses"][status])
            yield from self._content(
                f"{name} {status}", resolve(self._before, answer), there, is_sent=False
            )

    def _parameters(self, name: str, old: Part, new: Part) -> Iterator[str]:
        was, now = (
            {(one["in"], one["name"]): one for one in side.get("parameters", ())}
            for side in (old, new)
        )
        for key in was.keys() - now.keys():
            yield f"{name}: {' '.join(key)} is not taken any more"
        for key in now.keys() - was.keys():
            if now[key].get("required"):
                yield f"{name}: {' '.join(key)} is needed now"
        for key in was.keys() & now.keys():
            if now[key].get("required") and not was[key].get("required"):
                yield f"{name}: {' '.join(key)} is needed now"
            where = f"{name} {' '.join(key)}"
            yield from self.schema(where, was[key]["schema"], now[key]["schema"], is_sent=True)

    def _content(self, where: str, old: Part, new: Part, *, is_sent: bool) -> Iterator[str]:
        for kind, content in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"{where}: not {kind} any more"
            else:
                there = new["content"][kind]["schema"]
                yield from self.schema(where, content["schema"], there, is_sent=is_sent)

    def schema(self, where: str, old: Part, new: Part, *, is_sent: bool) -> Iterator[str]:
        """Compare two schemas of what is sent to us, or of what we answer."""
        pair = (old.get("$ref", ""), new.get("$ref", ""), is_sent)
        if old.get("$ref") and pair in self._seen:
            return
        self._seen.add(pair)
        old, new = resolve(self._before, old), resolve(self._after, new)
        yield from _types(where, old, new, is_sent=is_sent)
        yield from _words(where, old, new, is_sent=is_sent)
        if is_sent:
            yield from _bounds(where, old, new)
        yield from self._fields(where, old, new, is_sent=is_sent)
        if "items" in old and "items" in new:
            yield from self.schema(f"{where}[]", old["items"], new["items"], is_sent=is_sent)
        for word in ("anyOf", "oneOf", "allOf"):
            for was, now in zip(old.get(word, ()), new.get(word, ()), strict=False):
                yield from self.schema(where, was, now, is_sent=is_sent)
            if len(new.get(word, ())) < len(old.get(word, ())) and is_sent:
                yield f"{where}: takes fewer kinds"

    def _fields(self, where: str, old: Part, new: Part, *, is_sent: bool) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        for name in was.keys() - now.keys():
            yield f"{where}.{name}: gone"
        needed, before = set(new.get("required", ())), set(old.get("required", ()))
        for name in (needed - before) if is_sent else (before - needed):
            yield f"{where}.{name}: {'is needed now' if is_sent else 'may be missing now'}"
        for name in was.keys() & now.keys():
            yield from self.schema(f"{where}.{name}", was[name], now[name], is_sent=is_sent)


def resolve(document: Part, part: Part) -> Part:
    """Follow references to what they name."""
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _types(where: str, old: Part, new: Part, *, is_sent: bool) -> Iterator[str]:
    was, now = _set_of(old.get("type")), _set_of(new.get("type"))
    lost = was - now if is_sent else now - was
    # Whoever takes a number takes a whole one.
    lost -= {"integer"} if is_sent and "number" in now else set()
    if was and now and lost:
        yield f"{where}: {'takes no' if is_sent else 'may be'} {', '.join(sorted(lost))} now"
    elif bool(was) != bool(now) and (now if is_sent else was):
        yield f"{where}: another type"


def _words(where: str, old: Part, new: Part, *, is_sent: bool) -> Iterator[str]:
    if is_sent and "enum" in new:
        gone = {*map(str, old.get("enum", ()))} - {*map(str, new["enum"])}
        if gone or "enum" not in old:
            yield f"{where}: takes no {', '.join(sorted(gone)) or 'other words'} now"


def _bounds(where: str, old: Part, new: Part) -> Iterator[str]:
    for name, sign in TIGHTER.items():
        if name in new and (name not in old or new[name] * sign > old[name] * sign):
            yield f"{where}: {name} is {new[name]} now"
    for name in FIXED:
        if name in new and new[name] != old.get(name):
            yield f"{where}: {name} is {new[name]} now"


def _set_of(types: Any) -> set[str]:
    return {types} if isinstance(types, str) else set(types or ())
