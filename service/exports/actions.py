"""What can be done with exports: ask, take; and what the scheduler does: begin, go on, end, clear.

A worker has a file for as long as its lease (``leases``), which each page it reads renews.  Where
one is killed, the next one begins the file anew, under another key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service import leases
from service.accounts.access import Viewer
from service.accounts.patient_ref import PatientRef
from service.errors import Conflict, NotAllowed, NotFound, TooMany
from service.exports.models import UNDER_WAY, Export, ExportFormat, ExportPiece, ExportStatus
from service.exports.zip_file import Sealed
from service.hot import HotStatement
from service.leases import Held
from service.sealed_files import NotOpened, Opener, new_reader, public_of

KEPT_FOR = timedelta(hours=24)
A_DAY_AT_MOST = 5
BEGUN_AT_MOST = 5
_DAY = timedelta(days=1)
_SLOW_LINE = timedelta(minutes=15)
_EXPORTS = cast(sa.Table, Export.__table__)
_PIECES = cast(sa.Table, ExportPiece.__table__)
_E = _EXPORTS.c


class ExportUnderWay(Conflict):
    """A file is being made for her already."""

    slug = "export-under-way"
    title = "A file is being made already. It can be downloaded when it is done."


class ExportNotReady(Conflict):
    """There is nothing to download: not yet, or not any more."""

    slug = "export-not-ready"
    title = "There is nothing to download here: not yet, or not any more."


class ExportKeyWrong(NotAllowed):
    """The key is not the one this file is sealed for."""

    slug = "export-key-wrong"
    title = "This is not the key of this file."


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Held):
    """A file that is ours to make, as long as its lease lasts."""

    patient_id: UUID
    clinic_id: UUID
    format: ExportFormat
    reader_key: bytes


def ask(
    session: Session, viewer: Viewer, patient: PatientRef, format: ExportFormat, *, now: datetime
) -> tuple[Export, str]:
    """Ask for a file; return it and the key that opens it, which nobody can tell again.

    The caller holds the patient's lock.

    Raises:
        ExportUnderWay: one is being made.
        TooMany: she asked five times within a day.
    """
    lately = session.scalars(
        sa.select(Export)
        .where(Export.patient_id == patient.id, Export.created_at > now - _DAY)
        .order_by(Export.created_at)
    ).all()
    if len(lately) >= A_DAY_AT_MOST:
        again_at = lately[-A_DAY_AT_MOST].created_at + _DAY
        raise TooMany(retry_after=max(1, int((again_at - now).total_seconds())))
    under_way = sa.select(Export.id).where(Export.patient_id == patient.id, UNDER_WAY)
    if session.execute(under_way).first() is not None:
        raise ExportUnderWay
    key, reader_key = new_reader()
    export = Export(
        patient_id=patient.id, clinic_id=patient.clinic_id, asked_by=viewer.account_id,
        format=format, created_at=now, expires_at=now + KEPT_FOR, reader_key=reader_key,
    )  # fmt: skip
    session.add(export)
    session.flush()
    return export, key


def find(session: Session, patient_id: UUID, export_id: UUID) -> Export:
    """Return one of her exports.

    Raises:
        NotFound: there is none of this id.
    """
    found = session.scalars(
        sa.select(Export).where(Export.id == export_id, Export.patient_id == patient_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def take(session: Session, patient_id: UUID, export_id: UUID, key: str, *, now: datetime) -> Opener:
    """Take a file, once; return what opens its pieces.  They stay until the clearing.

    Raises:
        NotFound: there is no such export of hers.
        ExportNotReady: it is not ready, was downloaded, or has expired.
        ExportKeyWrong: the key is that of another file.
    """
    export = find(session, patient_id, export_id)
    if export.status is not ExportStatus.READY or export.expires_at <= now:
        raise ExportNotReady
    try:
        is_right = public_of(key) == export.reader_key
    except NotOpened:
        is_right = False
    if not is_right or export.writer_key is None:
        raise ExportKeyWrong
    export.status, export.downloaded_at = ExportStatus.DOWNLOADED, now
    return Opener(key, export.writer_key)


def pieces_of(session: Session, export_id: UUID) -> int:
    """Return how many pieces of a file lie there."""
    count = sa.select(sa.func.count()).select_from(ExportPiece)
    return session.execute(count.where(ExportPiece.export_id == export_id)).scalar_one()


def piece(session: Session, export_id: UUID, number: int) -> bytes:
    """Return one sealed piece of a file."""
    data: bytes = session.execute(
        sa.select(_PIECES.c.data).where(
            _PIECES.c.export_id == export_id, _PIECES.c.number == number
        )
    ).scalar_one()
    return data


def drop_pieces(session: Session, export_id: UUID) -> None:
    """Erase what lies there of a file."""
    session.execute(sa.delete(_PIECES).where(_PIECES.c.export_id == export_id))


def begin(session: Session, *, owner: UUID, now: datetime, lease: timedelta) -> Work | None:
    """Take the file that has waited longest, or whose worker is gone; ``None`` if none waits.

    What lies there of a file begun before is erased: it is sealed under a key nobody kept.  A file
    that five workers have begun in vain has failed.
    """
    waiting = sa.select(Export).where(UNDER_WAY).order_by(Export.created_at, Export.id)
    export = leases.take(session, waiting, Export, owner=owner, now=now, lease=lease)
    if export is None:
        return None
    drop_pieces(session, export.id)
    if export.attempts > BEGUN_AT_MOST:
        export.status, export.lease_until = ExportStatus.FAILED, None
        return begin(session, owner=owner, now=now, lease=lease)
    export.status, export.progress = ExportStatus.RUNNING, 0
    return Work(
        id=export.id, patient_id=export.patient_id, clinic_id=export.clinic_id,
        format=export.format, reader_key=export.reader_key, owner=owner, attempt=export.attempts,
    )  # fmt: skip


def go_on(session: Session, work: Work, *, progress: int, until: datetime) -> None:
    """Keep a file for longer, and say how far it is, in percent.

    Raises:
        LeaseLost: it is another worker's.
    """
    _write(session, work, {"progress": progress, "lease_until": until})


def add_piece(session: Session, work: Work, number: int, data: bytes) -> None:
    """Put a sealed piece by.

    Raises:
        LeaseLost: the file is another worker's.
    """
    _write(session, work, {"progress": _E.progress})
    session.execute(
        sa.insert(_PIECES),
        [{"export_id": work.id, "number": number, "clinic_id": work.clinic_id, "data": data}],
    )


def end(session: Session, work: Work, made: Sealed, *, now: datetime) -> None:
    """Let her download the file, for a day.

    Raises:
        LeaseLost: it is another worker's.
    """
    _write(
        session, work,
        {"status": ExportStatus.READY, "progress": 100, "ready_at": now, "lease_until": None,
         "expires_at": now + KEPT_FOR, **made._asdict()},
    )  # fmt: skip


def clear(session: Session, *, now: datetime) -> int:
    """Erase files that were downloaded or have expired, and return how many.

    One that is being downloaded has a few minutes, for a slow line.
    """
    over = session.scalars(
        sa.select(Export)
        .where(
            Export.pieces.is_not(None),
            sa.or_(
                sa.and_(Export.status == ExportStatus.READY, Export.expires_at <= now),
                Export.downloaded_at <= now - _SLOW_LINE,
            ),
        )
        .order_by(Export.id)
        .limit(50)
    ).all()
    for export in over:
        drop_pieces(session, export.id)
        export.pieces = export.writer_key = None
        if export.status is ExportStatus.READY:
            export.status = ExportStatus.EXPIRED
    return len(over)


def next_moment(session: Session) -> datetime | None:
    """Return when there is a file to make or to clear away next, ``None`` if never."""
    waiting: datetime | None = _NEXT_TO_MAKE.value(session)
    [(over, downloaded)] = _NEXT_TO_CLEAR.rows(session, {})
    fetched = downloaded and downloaded + _SLOW_LINE
    return min((at for at in (waiting, over, fetched) if at is not None), default=None)


_NEXT_TO_MAKE = HotStatement(
    sa.select(sa.func.min(sa.func.coalesce(_E.lease_until, _E.created_at))).where(UNDER_WAY)
)
_NEXT_TO_CLEAR = HotStatement(
    sa.select(sa.func.min(_E.expires_at), sa.func.min(_E.downloaded_at)).where(
        _E.pieces.is_not(None)
    )
)


def _write(session: Session, work: Work, values: dict[str, Any]) -> None:
    leases.write(session, Export, work, values, still=_E.status == ExportStatus.RUNNING)
