"""Reading studies in: pages of the registry become batches, and batches rows.

The caller brings the bytes and a way to open a transaction; nothing here knows of files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from service.clinical import knowledge
from service.studies import actions
from service.studies.actions import Batch, Fault, Reading
from service.studies.pages import Page, Piece
from service.studies.reading import Reader
from service.studies.registry import NCT_ID, StudyFault, described

BATCH = 100
Open = Callable[[], AbstractContextManager[Session]]


class Source(NamedTuple):
    """One page: its name, the SHA-256 of its bytes, and the bytes."""

    name: str
    sha256: str
    chunks: Iterable[bytes]


@cache
def reader() -> Reader:
    """Return the reader of criteria by the words in force."""
    return Reader(knowledge().studies)


def keep_page(
    source: Source,
    reading: Reading,
    *,
    done: int,
    opened: Open,
    now: Callable[[], datetime],
    progress: Callable[[int], None],
) -> Page:
    """Read one page in, batch by batch, and return it with what stands around its studies.

    Args:
        source: the page.
        reading: under way.
        done: so many of its studies were read in before, and are passed over.
        opened: opens a transaction, one for each batch.
        now: tells the time, for each batch.
        progress: is told after each batch how many studies are done.

    Raises:
        ImportTakenOver: another process has gone on with this reading.
    """
    page = Page(source.chunks)
    file = file_of(source.name, source.sha256)
    for batch in _batches(file, page, done):
        with opened() as session:
            actions.keep(session, reading, batch, shown=_shown(), now=now())
        progress(batch.done)
    return page


def keep_studies(
    session: Session, reading: Reading, source: Source, studies: Sequence[Any], *, now: datetime
) -> None:
    """Read in the studies of one page that is in memory already, in the caller's transaction."""
    pieces = (Piece(number, data) for number, data in enumerate(studies, start=1))
    rows, faults = _sorted(source.name, pieces)
    file = file_of(source.name, source.sha256)
    batch = Batch(file, len(studies), rows, faults, "done")
    actions.keep(session, reading, batch, shown=_shown(), now=now)


def file_of(name: str, sha256: str) -> dict[str, Any]:
    """Return how a file is named in a reading: what was read another way is read again."""
    return {"name": name, "sha256": sha256, "way": reader().version}


def _batches(file: Mapping[str, Any], page: Page, done: int) -> Iterator[Batch]:
    pieces: list[Piece] = []
    number = done
    for piece in page:
        if piece.number is not None and piece.number <= done:
            continue
        pieces.append(piece)
        number = piece.number or number
        if len(pieces) == BATCH:
            yield Batch(file, number, *_sorted(file["name"], pieces), "running")
            pieces = []
    rows, faults = _sorted(file["name"], pieces)
    yield Batch(file, number, rows, faults, "done" if page.is_whole else "cut")


def _sorted(name: str, pieces: Iterable[Piece]) -> tuple[list[dict[str, Any]], list[Fault]]:
    rows, faults = [], []
    for piece in pieces:
        if piece.fault is not None:
            faults.append(Fault(name, piece.number, None, piece.fault))
            continue
        try:
            rows.append(described(piece.data, knowledge().studies, reader()))
        except StudyFault as bad:
            known = bad.nct_id if bad.nct_id and NCT_ID.fullmatch(bad.nct_id) else None
            faults.append(Fault(name, piece.number, known, bad.reason))
    return rows, faults


def _shown() -> list[str]:
    return list(knowledge().studies.shown)
