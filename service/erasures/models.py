"""Tables: who asked to be erased and what became of it, what is kept sealed, and who is gone.

No foreign key to her: these rows outlive her record.  They hold ids and counts, no word of hers.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Role, one_of
from service.db import Model
from service.ids import new_id
from service.leases import Leased


class ErasureState(StrEnum):
    """How far a request is."""

    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    RUNNING = "running"
    DONE = "done"


# In the words of the partial index, so that the database finds it.
UNDER_WAY = sa.text("state IN ('waiting', 'running')")
_SEALED = sa.text("pieces IS NOT NULL")


class ErasureRequest(Leased):
    """One request to be erased, and its receipt once that is done.

    ``before`` and ``after`` are how many rows each table held of her, counted in the transaction
    that erased them.  ``kept`` is what is kept: ``[{"what", "rows", "why", "until"}]``, ``until``
    ``None`` for as long as the log itself.  ``mode`` is what was done: ``consumer`` or ``hipaa``.
    Of a record kept by law ``pieces``, ``writer_key`` and ``keep_until`` say where it lies sealed
    (``archive_pieces``); at ``kept_erased_at`` that was erased too.
    """

    __tablename__ = "erasure_requests"
    __table_args__ = (
        sa.Index(
            "uq_erasure_requests_under_way", "patient_id", unique=True,
            postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY,
        ),
        sa.Index(
            "ix_erasure_requests_due", "carry_out_at",
            postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY,
        ),
        sa.Index(
            "ix_erasure_requests_sealed", "keep_until",
            postgresql_where=_SEALED, sqlite_where=_SEALED,
        ),
        sa.Index(None, "clinic_id", "asked_at", "id"),
        sa.Index(None, "patient_id", "asked_at", "id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID]
    by_role: Mapped[Role] = mapped_column(one_of(Role))
    messages_stop: Mapped[bool]
    carry_out_at: Mapped[datetime]
    state: Mapped[ErasureState] = mapped_column(one_of(ErasureState), default=ErasureState.WAITING)
    withdrawn_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    mode: Mapped[str | None] = mapped_column(sa.String(10))
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    kept: Mapped[list[Any]] = mapped_column(default=list)
    keep_until: Mapped[datetime | None]
    kept_erased_at: Mapped[datetime | None]
    writer_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    pieces: Mapped[int | None]


class ArchivePiece(Model):
    """A part of a record the law has us keep, sealed for the key the site keeps elsewhere."""

    __tablename__ = "archive_pieces"

    request_id: Mapped[UUID] = mapped_column(sa.ForeignKey("erasure_requests.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    data: Mapped[bytes] = mapped_column(sa.LargeBinary)


class ErasedPatient(Model):
    """Somebody who was erased: what a restored backup is gone through with."""

    __tablename__ = "erased_patients"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None]
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    erased_at: Mapped[datetime]
    mode: Mapped[str] = mapped_column(sa.String(10))
    keep_until: Mapped[datetime | None]
