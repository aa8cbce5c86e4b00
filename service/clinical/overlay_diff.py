"""What a site's knowledge says other than ours, line by line, for people who answer for it."""

import json
from collections.abc import Iterator
from typing import Any

from service.clinical.overlay import FOLDERS, PAGES, Overlay
from service.clinical.overlay_rules import WrittenRules
from service.clinical.reading import Document

_LONGEST_VALUE = 80
# Said in the line above, or of no use to a reader.
_NOT_TOLD = ("version", "id", "without")


def differences(source: Overlay, written: WrittenRules) -> Iterator[str]:
    """Say file by file and rule by rule what differs from ours; nothing without a site's folder.

    Args:
        source: the folders.
        written: the rules in them.

    Returns:
        Lines; those that tell of a file or rule begin at the margin, what is in it is indented.
    """
    if source.site is None:
        return
    ours = Overlay(source.ours)
    for name in PAGES:
        if (source.site / name).is_file():
            before, after = ours.page(name), source.page(name)
            yield _headed(name, after.data, before.data)
            yield from _told(before.data, after.data)
    yield from _of_rules(written)
    for folder in FOLDERS:
        if folder != "rules":
            yield from _of_files(ours, source, folder)


def _of_rules(written: WrittenRules) -> Iterator[str]:
    ours = {row["id"]: row for one in written.ours for row in one.data}
    for document in written.site:
        for row in document.data:
            before = ours.get(row["id"])
            how = "changed" if row["id"] in written.changed else "written anew"
            yield _headed(f"rule {row['id']}", row, before, how if before else "")
            if before is not None:
                yield from _told(before, row)
    for off in written.off.values():
        yield f"rule {off.rule}, off by version {off.version} (ours {ours[off.rule]['version']})"
        yield f"  {off.why}"


def _of_files(ours: Overlay, source: Overlay, folder: str) -> Iterator[str]:
    known = {one.name: one for one in ours.folder(folder)}
    for one in source.of_site(folder):
        before: Document | None = known.get(one.name)
        yield _headed(one.name, one.data, before.data if before else None)
        if before is not None:
            yield from _told(before.data, one.data)
            if before.body != one.body:
                yield "  its text is another"


def _headed(name: str, data: Any, before: Any, how: str = "") -> str:
    """Name a thing, its version beside that of ours, and how far it is signed."""
    instead = f"ours {before['version']}" if before else "new"
    versions = ", ".join(part for part in (instead, how) if part)
    signed = data["review"]["status"]
    by = f" by {data['review']['by']}" if data["review"]["by"] else ""
    return f"{name}, version {data['version']} ({versions}), {signed}{by}"


def _told(before: Any, after: Any, place: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for word in [*before, *(word for word in after if word not in before)]:
            if place or word not in _NOT_TOLD:
                inside = f"{place}.{word}".lstrip(".")
                yield from _told(before.get(word), after.get(word), inside)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _told(old, new, f"{place}[{number}]")
    elif before != after:
        yield f"  {place}: {_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + " …"
