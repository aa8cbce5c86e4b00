"""A site's own knowledge, laid over what is shipped, file by file.

    policy.yaml  answers.yaml                 the words that change, and nothing else
    red_flags.yaml  stepped_care.yaml  wellbeing_check.yaml      the rows that change, or are new
    support.yaml                              the same; ``without`` leaves rows of ours out
    guidance/<language>/  articles/<language>/  instruments/      whole files
    rules/                                    see ``overlay_rules``

Nothing of ours is touched.  What a site says of something that we have must have a higher
version than ours: when we raise ours, the site has to look again before it starts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from service.clinical.overlay_pages import laid_over, version_of
from service.clinical.reading import BadKnowledge, Document, read, read_folder
from service.clinical.schema_faults import meant

PAGES = (
    "policy.yaml", "answers.yaml", "red_flags.yaml", "stepped_care.yaml", "support.yaml",
    "wellbeing_check.yaml",
)  # fmt: skip
FOLDERS: Mapping[str, tuple[str, ...]] = {
    "rules": (".yaml",), "guidance": (".md",), "articles": (".md",), "instruments": (".yaml",),
}  # fmt: skip
"""What a site's folder may hold: pages laid over ours, and folders with the ends of their names."""

_IGNORED = "README.md"
# Columns that keep the name of a text have room for so much.
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Overlay:
    """Where knowledge is read from: ours, and a site's folder or ``None``.

    The site's file stands in place of ours of the same name, or is laid over it.  ``tried`` is a
    file of the site's that is not in the folder yet.
    """

    ours: Traversable
    site: Path | None = None
    tried: Document | None = None

    def page(self, name: str) -> Document:
        """Read one file, with the site's laid over it.

        Raises:
            BadKnowledge: it cannot be read, or the site's is not newer than ours.
        """
        under = read(self.ours, name)
        if self.site is None or name not in PAGES or not (self.site / name).is_file():
            return under
        return laid_over(under, read(self.site, name, folder=str(self.site)))

    def folder(self, name: str) -> list[Document]:
        """Read the files of a folder, the site's in place of ours, in the order of their names.

        Raises:
            BadKnowledge: one cannot be read, or the site's is not newer than ours.
        """
        [suffix] = FOLDERS[name]
        found = {one.name: one for one in read_folder(self.ours, name, suffix)}
        for one in self.of_site(name):
            if one.name in found:
                _refuse_softer(found[one.name], one)
            if len(Path(one.name).stem) > _LONGEST_NAME:
                raise one.refuse([], f"its name has more than {_LONGEST_NAME} characters")
            found[one.name] = one
        return [found[name] for name in sorted(found)]

    def of_site(self, name: str) -> list[Document]:
        """Read the site's own files of a folder."""
        if self.site is None:
            return []
        [suffix] = FOLDERS[name]
        there = read_folder(self.site, name, suffix, kept_in=str(self.site))
        tried = self.tried
        if tried is None or not tried.name.startswith(f"{name}/"):
            return list(there)
        return [*(one for one in there if one.name != tried.name), tried]

    def look_round(self) -> None:
        """Refuse whatever in the site's folder nothing would read: a slip must not go unseen.

        Raises:
            BadKnowledge: there is such a file or folder; the message says what was meant.
        """
        if self.site is None:
            return
        known = (*PAGES, *FOLDERS)
        for entry in _entries(self.site):
            if entry.name not in known:
                raise _stray(entry, f"nothing of this name is read{meant(entry.name, known)}")
            if entry.is_dir() != (entry.name in FOLDERS):
                what = "file" if entry.is_dir() else "folder"
                raise _stray(entry, f"this must be a {what}")
            if entry.is_dir():
                _refuse_other_files(entry, FOLDERS[entry.name])


def _entries(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as bad:
        raise _stray(folder, f"cannot be read: {bad.strerror}") from None
    for entry in entries:
        if not entry.name.startswith(".") and entry.name != _IGNORED:
            yield entry


def _refuse_other_files(folder: Path, ends: tuple[str, ...]) -> None:
    for entry in _entries(folder):
        if entry.is_dir():
            _refuse_other_files(entry, ends)
        elif not entry.name.endswith(ends):
            raise _stray(entry, f"only files that end in {' or '.join(ends)} are read here")


def _stray(entry: Path, complaint: str) -> BadKnowledge:
    return BadKnowledge(str(entry), [], complaint)


def _refuse_softer(ours: Document, theirs: Document) -> None:
    """Let a site's file past that is newer than ours, and no less urgent."""
    version_of(theirs, above=ours)
    data: Any = theirs.data
    for word in ("level", "priority"):
        kept = ours.data.get(word)
        must_keep = word == "level" or kept == "safety"
        if kept is not None and must_keep and data.get(word) != kept:
            complaint = f"{data.get(word)!r}: a text of this name has {word} {kept!r}, as ours has"
            raise theirs.refuse([word], complaint)
