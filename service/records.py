"""What every row a patient owns has in common.  Decided once; see docs/decisions/0002.

* ``id`` is chosen by the phone, so a report sent twice over a bad line is one report.
* ``patient_id`` comes first in every index but the primary key: all questions are about one
  patient, and her rows lie together.
* ``change_no`` is the number, from one counter a patient, of the change that last touched the
  row; ``created_change_no`` of the one that made it.  Writers of one patient queue on her
  row, so a number that commits later is never the smaller one, and sync never skips a row.
* ``version`` counts the row's own changes, for ``If-Match``.
* Rows are never deleted: ``deleted_at`` is the tombstone that sync hands on.
* ``entered_by`` says who entered it, ``received_at`` when it reached us.
* ``content_hash`` is that of the request that made the row: the same request again is
  answered with the stored record, another one under the same id is refused.  In a table of
  private words it is keyed with the patient's key, or a short note could be guessed by it.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.db import Model, insert_if_new
from service.errors import ClockWrong, IdConflict, NotFound, Outdated
from service.words import sealed

_EARLIEST_YEAR = 2000
_AHEAD_AT_MOST = timedelta(hours=24)


class Keeps(Protocol):
    """What new rows are handed to: a session, or whoever gathers them to be written in bulk."""

    def add(self, instance: object) -> None:
        """Take a new row in."""
        ...

    def flush(self) -> None:
        """Let what was taken in have its defaults."""
        ...


class PatientRecord:
    """Columns of every row that belongs to one patient."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    version: Mapped[int] = mapped_column(default=1)
    created_change_no: Mapped[int] = mapped_column(sa.BigInteger)
    change_no: Mapped[int] = mapped_column(sa.BigInteger)
    deleted_at: Mapped[datetime | None]
    entered_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    received_at: Mapped[datetime]
    content_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


class Change(NamedTuple):
    """One change to one patient's record: made by whom, when, and which number it has.

    Holding one means holding her row's lock until the transaction ends.
    """

    patient_id: UUID
    change_no: int
    by: UUID
    now: datetime


R = TypeVar("R", bound=PatientRecord)


def store(
    session: Session,
    model: type[PatientRecord],
    *,
    change: Change,
    id: UUID,
    content: Mapping[str, Any],
    derived: Mapping[str, Any] | None = None,
) -> bool:
    """Enter a new record; tell whether it is new.

    Args:
        session: inside a transaction that holds the patient's row.
        model: table to store into.
        change: who, when, and the change's number.
        id: chosen by the caller.
        content: columns that came in the request; ``None`` for those left out.
        derived: columns we worked out ourselves; no part of what makes a repeat a repeat.

    Returns:
        ``False`` when this very content is on file under this id already.

    Raises:
        IdConflict: the id is used for something else, or by somebody else.
    """
    table = _table(model)
    values = values_of(change=change, id=id, content=content, derived=derived)
    values = sealed(session, table, values)
    if insert_if_new(session, table, values):
        return True
    digest = values["content_hash"]
    there = session.execute(
        sa.select(table.c.content_hash, table.c.deleted_at).where(
            table.c.id == id, table.c.patient_id == change.patient_id
        )
    ).one_or_none()
    if there is None or there.deleted_at is not None or there.content_hash != digest:
        raise IdConflict
    return False


def values_of(
    *, change: Change, id: UUID, content: Mapping[str, Any], derived: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the row a new record becomes, as ``store`` writes it."""
    return {
        "id": id,
        "patient_id": change.patient_id,
        "version": 1,
        "created_change_no": change.change_no,
        "change_no": change.change_no,
        "deleted_at": None,
        "entered_by": change.by,
        "received_at": change.now,
        "content_hash": hash_of(content),
        **content,
        **(derived or {}),
    }


def find(session: Session, model: type[R], patient_id: UUID, id: UUID) -> R:
    """Return one of the patient's live records.

    Raises:
        NotFound: no such record, deleted, or another patient's.
    """
    found = session.scalars(
        sa.select(model).where(
            model.id == id, model.patient_id == patient_id, model.deleted_at.is_(None)
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def amend(
    record: PatientRecord,
    changes: Mapping[str, Any],
    *,
    change: Change,
    if_version: int | None = None,
) -> bool:
    """Change the named columns of a record; tell whether anything differs now.

    Raises:
        Outdated: the record is no longer at the version the caller has seen.
    """
    if if_version is not None and record.version != if_version:
        raise Outdated
    differing = {name: new for name, new in changes.items() if getattr(record, name) != new}
    if not differing:
        return False
    for name, new in differing.items():
        setattr(record, name, new)
    record.version += 1
    record.change_no = change.change_no
    return True


def bury(record: PatientRecord, *, change: Change, if_version: int | None = None) -> None:
    """Leave a tombstone where the record was.

    Raises:
        Outdated: the record is no longer at the version the caller has seen.
    """
    amend(record, {"deleted_at": change.now}, change=change, if_version=if_version)


def hash_of(content: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of a request's content, the same for any order of its keys."""
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).digest()


def effective_moment(said: datetime, *, now: datetime) -> datetime:
    """Return the moment rules and clocks run on: the earlier of what was said and now.

    Raises:
        ClockWrong: ``said`` is more than 24 hours ahead of us, or before the year 2000.
    """
    if said > now + _AHEAD_AT_MOST or said.year < _EARLIEST_YEAR:
        raise ClockWrong(extra={"server_time": now.strftime("%Y-%m-%dT%H:%M:%SZ")})
    return min(said, now)


def _table(model: type[PatientRecord]) -> sa.Table:
    table = model.__table__  # type: ignore[attr-defined]
    assert isinstance(table, sa.Table)  # noqa: S101 - tells mypy, not a check
    return table


__all__ = [
    "Change",
    "Keeps",
    "Model",
    "PatientRecord",
    "amend",
    "bury",
    "effective_moment",
    "find",
    "hash_of",
    "store",
    "values_of",
]
