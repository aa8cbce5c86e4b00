"""What can be done with a clinic's studies: read them in, batch by batch.

A reading is begun, kept batch by batch, each in a transaction of its own, and ended.  Whoever
reads holds a lease on it: a second reading of the same clinic is refused while the first moves,
and goes on with it once the first has let go or has not moved for ``LEASE``.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.account_queries import lock_clinic
from service.errors import Conflict
from service.ids import new_id
from service.studies import queries
from service.studies.models import Study, StudyImport

# A batch takes well under a second: who has not moved for so long is gone.  Project choice.
LEASE = timedelta(minutes=2)
# Faults that are kept with their reasons; all of them are counted.
MOST_FAULTS = 500


class ImportRunning(Conflict):
    """Somebody is reading studies in for this clinic just now."""

    slug = "study-import-running"
    title = "Studies are being read in for this clinic just now. Please try again in a while."


class ImportTakenOver(Conflict):
    """Another process has gone on with this reading."""

    slug = "study-import-taken-over"
    title = "Another process has gone on with this reading of studies."


class Fault(NamedTuple):
    """What could not be read: ``number`` counts the studies of a file from 1."""

    file: str
    number: int | None
    nct_id: str | None
    reason: str


class Reading(NamedTuple):
    """A reading that is under way, and the one process that may go on with it."""

    import_id: UUID
    clinic_id: UUID
    run_id: UUID


class Batch(NamedTuple):
    """Studies of one file: as columns, what could not be read, and how far that is.

    ``state`` of the file afterwards: running, done, or cut.
    """

    file: Mapping[str, Any]
    done: int
    studies: Sequence[Mapping[str, Any]]
    faults: Sequence[Fault]
    state: str


def begin(
    session: Session, *, clinic_id: UUID, source: str, by: UUID | None, now: datetime
) -> Reading:
    """Begin to read studies in, or go on with a reading of the same source that was cut off.

    Raises:
        ImportRunning: somebody else is reading for this clinic.
    """
    lock_clinic(session, clinic_id)
    run_id = new_id()
    running = queries.running(session, clinic_id)
    if running is not None:
        if running.moved_at is not None and now - running.moved_at < LEASE:
            raise ImportRunning
        if running.source == source:
            running.run_id, running.moved_at = run_id, now
            return Reading(running.id, clinic_id, run_id)
        running.state, running.ended_at = "failed", now
    row = StudyImport(
        id=new_id(), clinic_id=clinic_id, started_by=by, started_at=now, state="running",
        source=source, run_id=run_id, moved_at=now, files=[], faults=[],
    )  # fmt: skip
    session.add(row)
    session.flush()
    return Reading(row.id, clinic_id, run_id)


def keep(
    session: Session, reading: Reading, batch: Batch, *, shown: Sequence[str], now: datetime
) -> None:
    """Store one batch: what is new, what has changed, and that the rest is still so.

    Args:
        session: in a transaction of the batch's own.
        reading: under way.
        batch: of at most some hundred studies.
        shown: the statuses of studies that are shown.
        now: when it is read.

    Raises:
        ImportTakenOver: another process has gone on with this reading.
    """
    row = _held(session, reading)
    # The same study twice in a batch: the later one holds.
    found = {one["nct_id"]: one for one in batch.studies}
    there = queries.digests(session, reading.clinic_id, list(found))
    stamp = {"clinic_id": reading.clinic_id, "import_id": reading.import_id, "imported_at": now}
    added = [_columns(one, stamp) for nct_id, one in found.items() if nct_id not in there]
    changed = [
        _columns(one, stamp)
        for nct_id, one in found.items()
        if nct_id in there and there[nct_id] != one["digest"]
    ]
    if added:
        session.execute(sa.insert(Study), added)
    if changed:
        session.execute(sa.update(Study), changed)
    same = [nct_id for nct_id, digest in there.items() if digest == found[nct_id]["digest"]]
    if same:
        session.execute(
            sa.update(Study)
            .where(Study.clinic_id == reading.clinic_id, Study.nct_id.in_(same))
            .values(**stamp, is_shown=Study.status.in_(shown))
            .execution_options(synchronize_session=False)
        )
    row.seen += len(batch.studies) + len(batch.faults)
    row.added += len(added)
    row.changed += len(changed)
    row.skipped += len(batch.faults)
    row.faults = [*row.faults, *(one._asdict() for one in batch.faults)][:MOST_FAULTS]
    row.files = _files_with(row.files, {**batch.file, "done": batch.done, "state": batch.state})
    row.moved_at = now


def end(session: Session, reading: Reading, *, hides_others: bool, now: datetime) -> StudyImport:
    """End a reading and return it.

    Args:
        session: in a transaction.
        reading: under way.
        hides_others: whether the files were all there is, so that what is not among them has
            vanished from the registry and is hidden.
        now: when.

    Raises:
        ImportTakenOver: another process has gone on with this reading.
    """
    row = _held(session, reading)
    if hides_others:
        session.execute(
            sa.update(Study)
            .where(
                Study.clinic_id == reading.clinic_id, Study.is_shown,
                Study.import_id != reading.import_id,
            )
            .values(is_shown=False)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    is_whole = all(file["state"] in ("done", "skipped") for file in row.files)
    row.state = "done" if is_whole else "failed"
    row.ended_at, row.moved_at = now, None
    return row


def skip_file(session: Session, reading: Reading, file: Mapping[str, Any]) -> None:
    """Note that a file was read before, byte for byte, and is passed over."""
    row = _held(session, reading)
    row.files = _files_with(row.files, {**file, "done": 0, "state": "skipped"})


def let_go(session: Session, reading: Reading) -> None:
    """Let somebody else go on with a reading at once."""
    row = queries.import_of(session, reading.clinic_id, reading.import_id)
    if row.run_id == reading.run_id:
        row.moved_at = None


def _held(session: Session, reading: Reading) -> StudyImport:
    lock_clinic(session, reading.clinic_id)
    row = queries.import_of(session, reading.clinic_id, reading.import_id)
    if row.run_id != reading.run_id or row.state != "running":
        raise ImportTakenOver
    return row


def _columns(study: Mapping[str, Any], stamp: Mapping[str, Any]) -> dict[str, Any]:
    day = study["registry_updated_on"]
    return {**study, **stamp, "registry_updated_on": date.fromisoformat(day) if day else None}


def _files_with(files: Sequence[Mapping[str, Any]], file: Mapping[str, Any]) -> list[Any]:
    """Return the files with one of them, known by its content, as it stands now."""
    others = [dict(one) for one in files]
    for place, one in enumerate(others):
        if one["sha256"] == file["sha256"] and one["name"] == file["name"]:
            others[place] = dict(file)
            return others
    return [*others, dict(file)]
