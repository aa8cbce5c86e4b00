"""Bringing the definition of a questionnaire into a site's own folder."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from service.care.rules import rule_set_of
from service.clinical import Instrument, load
from service.clinical.reading import BadKnowledge, Document, read

# A definition is text a person has written; what is longer is something else.
_MOST_BYTES = 1_000_000
_FOLDER = "instruments"


def import_instrument(file: Path, site: Path) -> Iterator[str]:
    """Put a definition into a site's folder, once everything in it has been tried together.

    Returns:
        Lines that say what was done.

    Raises:
        BadKnowledge: the file is too large, cannot be read, or cannot be used; or the folder
            holds another text of the same version already.  The folder is as it was.
    """
    if file.stat().st_size > _MOST_BYTES:
        raise BadKnowledge(str(file), [], f"this file has more than {_MOST_BYTES} bytes")
    document = read(file.parent, file.name, folder=str(file.parent))
    code = document.data.get("code") if isinstance(document.data, dict) else None
    if not isinstance(code, str) or not code.replace("-", "").isalnum():
        raise document.refuse(["code"], "'code' is missing, or no short name such as 'own-scale'")
    place = site / _FOLDER / f"{code}.yaml"
    text = file.read_text("utf-8")
    if place.is_file():
        there = read(site, f"{_FOLDER}/{code}.yaml", folder=str(site))
        if place.read_text("utf-8") == text:
            yield f"{code} is in {place} already, word for word."
            return
        if not _is_newer(document.data.get("version"), there.data.get("version")):
            complaint = f"version {there.data['version']} is there already: this must be higher"
            raise document.refuse(["version"], complaint)
    form = _tried_out(site, code, document)
    _write(place, text)
    yield f"{code}, version {form.stamp.version}: {form.title}"
    for scale in form.scales:
        yield f"  {scale.name}: items {', '.join(map(str, scale.items))}, {scale.score}"
    yield f"It is in {place}. Workers and scheduler read it at their next start."


def _is_newer(version: object, than: object) -> bool:
    return isinstance(version, int) and isinstance(than, int) and version > than


def _tried_out(site: Path, code: str, document: Document) -> Instrument:
    """Load the folder as it will be, so that a fault leaves it as it is."""
    there = replace(document, name=f"{_FOLDER}/{code}.yaml", folder=str(site))
    try:
        known = load(files("service.clinical"), site, there)
        rule_set_of(known)
    except BadKnowledge as bad:
        if bad.file != there.shown:
            raise
        # It is not there yet: what is wrong has to be put right in the file that was handed in.
        steps = bad.place.split("/") if bad.place else []
        raise BadKnowledge(document.shown, steps, bad.complaint, bad.line) from None
    return known.instruments[code]


def _write(place: Path, text: str) -> None:
    """Write all or nothing: a worker that starts just now must not read half a file."""
    place.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=place.parent, prefix=".", delete=False
    ) as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    os.chmod(new.name, 0o644)
    os.replace(new.name, place)
