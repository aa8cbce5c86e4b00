"""Reading clinical studies in from the command line."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from flask.cli import with_appcontext

from service.accounts.account_queries import clinic_named, clinics_by_name
from service.clock import SystemClock
from service.db import transaction
from service.errors import DomainError
from service.studies import actions, queries
from service.studies.actions import Reading
from service.studies.models import StudyImport
from service.studies.pages import Page
from service.studies.reading_in import Source, file_of, keep_page

_CHUNK = 256 * 1024
_TOLD = 20
_CLOCK = SystemClock()


class _File(NamedTuple):
    path: Path
    size: int
    sha256: str


@click.group()
def studies() -> None:
    """Clinical studies: what the registry says, for a clinic's patients."""


@studies.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--clinic", "names", multiple=True, help="Name of a clinic; may be given again.")
@click.option("--all-clinics", is_flag=True, help="For every clinic.")
@click.option(
    "--complete",
    is_flag=True,
    help="The files are all there is: hide a clinic's studies that are not among them.",
)
@with_appcontext
def import_studies(
    paths: tuple[Path, ...], names: tuple[str, ...], all_clinics: bool, complete: bool
) -> None:
    """Read pages of ClinicalTrials.gov (API v2, JSON) in.

    PATHS are files, or folders of which every .json file is read.  A study that cannot be read is
    named and passed over.  What was cut off goes on where it stopped when the same command is
    given again; a file that was read before, byte for byte, is passed over.  With --complete
    nothing is passed over, and studies that have vanished from the registry are hidden.

    Exit codes: 0 every file was read to its end, 1 one was not, or somebody else is reading.
    """
    if bool(names) == all_clinics:
        raise click.UsageError("Say either --clinic NAME or --all-clinics.")
    files = [_file(path) for path in _files(paths)]
    if not files:
        raise click.ClickException("There is no .json file.")
    source = _named(paths)
    is_whole = True
    for id, name in _clinics(names):
        row = _read_in(id, name, files, source, complete)
        is_whole = is_whole and row.state == "done"
    if not is_whole:
        raise click.ClickException("Not every file could be read to its end; what could is kept.")


def _clinics(names: tuple[str, ...]) -> list[tuple[Any, str]]:
    try:
        with transaction() as session:
            found = [clinic_named(session, name) for name in names] or clinics_by_name(session)
            return [(clinic.id, clinic.name) for clinic in found]
    except DomainError as no:
        raise click.ClickException(no.title) from None


def _read_in(
    clinic_id: Any, name: str, files: Sequence[_File], source: str, complete: bool
) -> StudyImport:
    click.echo(f"{name}: {len(files)} files", err=True)
    try:
        with transaction() as session:
            reading = actions.begin(
                session, clinic_id=clinic_id, source=source, by=None, now=_CLOCK.now()
            )
        try:
            pages = [page for file in files if (page := _one_file(reading, file, complete))]
        except BaseException:
            with transaction() as session:
                actions.let_go(session, reading)
            raise
        hides = complete and _is_all(pages, len(files))
        with transaction() as session:
            row = actions.end(session, reading, hides_others=hides, now=_CLOCK.now())
    except DomainError as no:
        raise click.ClickException(f"{name}: {no.title}") from None
    _tell(name, row, hides=hides, complete=complete)
    return row


def _one_file(reading: Reading, file: _File, complete: bool) -> Page | None:
    """Read one file in; return its page, ``None`` if it was read before."""
    label = file.path.name
    known = file_of(label, file.sha256)
    with transaction() as session:
        if not complete and queries.was_read(session, reading.clinic_id, file.sha256, known["way"]):
            actions.skip_file(session, reading, known)
            click.echo(f"  {label}: read before", err=True)
            return None
        row = queries.import_of(session, reading.clinic_id, reading.import_id)
        done = _done(row, file.sha256)
    with file.path.open("rb") as stream:
        source = Source(label, file.sha256, iter(lambda: stream.read(_CHUNK), b""))
        page = keep_page(
            source, reading, done=done, opened=transaction, now=_CLOCK.now,
            progress=lambda count: _show(label, count, stream.tell(), file.size),
        )  # fmt: skip
    click.echo(err=True)
    return page


def _done(row: StudyImport, sha256: str) -> int:
    """Return how many studies of a file this very reading has kept already."""
    found = (file for file in row.files if file["sha256"] == sha256)
    return next((int(file["done"]) for file in found if file["state"] != "cut"), 0)


def _is_all(pages: Sequence[Page], files: int) -> bool:
    """Tell whether the files are a whole answer of the registry, as it says itself.

    All were read to the end, one of them names no next page, and no total says otherwise.
    """
    whole = len(pages) == files and all(page.is_whole for page in pages)
    totals = {page.total for page in pages if page.total is not None}
    count = sum(page.count for page in pages)
    return whole and any(not page.has_next for page in pages) and totals <= {count}


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.glob("*.json") if one.is_file())
        else:
            yield path


def _file(path: Path) -> _File:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return _File(path, path.stat().st_size, digest)
    except OSError as bad:
        raise click.ClickException(f"{path}: {bad.strerror}") from None


def _named(paths: Sequence[Path]) -> str:
    return ", ".join(path.name or str(path) for path in paths)[:200]


def _show(label: str, count: int, at: int, size: int) -> None:
    """Count on one line; where nobody looks on, in a line every thousand studies."""
    text = f"  {label}: {count} studies, {100 * at // max(size, 1)} %"
    if sys.stderr.isatty():
        click.echo(f"\r{text}", nl=False, err=True)
    elif count % 1000 == 0 or at >= size:
        click.echo(text, err=True)


def _tell(name: str, row: StudyImport, *, hides: bool, complete: bool) -> None:
    click.echo(
        f"{name}: {row.seen} studies seen, {row.added} new, {row.changed} changed, "
        f"{row.skipped} could not be read."
    )
    for fault in row.faults[:_TOLD]:
        where = f", study {fault['number']}" if fault["number"] else ""
        which = f" ({fault['nct_id']})" if fault["nct_id"] else ""
        click.echo(f"  {fault['file']}{where}{which}: {fault['reason']}", err=True)
    if len(row.faults) > _TOLD:
        click.echo(f"  and {row.skipped - _TOLD} more: see /studies", err=True)
    if complete and not hides:
        click.echo(
            "  Nothing was hidden: these files are not a whole answer of the registry.", err=True
        )
