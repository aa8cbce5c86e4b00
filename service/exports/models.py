"""Tables: what was asked for, and the sealed pieces of the file."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import one_of
from service.db import Model
from service.ids import new_id
from service.leases import Leased


class ExportStatus(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    DOWNLOADED = "downloaded"
    EXPIRED = "expired"
    FAILED = "failed"


class ExportFormat(StrEnum):
    """What is in the file."""

    FHIR = "fhir"
    CSV = "csv"
    HTML = "html"
    ALL = "all"


# In the words of the partial index, so that the database finds it.
UNDER_WAY = sa.text("status IN ('waiting', 'running')")
_LIES_THERE = sa.text("pieces IS NOT NULL")


class Export(Leased):
    """One file that was asked for.

    ``reader_key`` is the public half of the key she was given once: only she can open the file,
    and whoever has her key proves it by opening.  ``writer_key`` is the writer's half for the
    pieces that lie there now; ``pieces`` counts them once the file is whole.  ``progress`` is a
    whole percentage.
    """

    __tablename__ = "exports"
    __table_args__ = (
        # One at a time, whoever asks twice at once.
        sa.Index(
            "uq_exports_under_way", "patient_id", unique=True,
            postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY,
        ),
        sa.Index(None, "patient_id", "created_at"),
        sa.Index(
            "ix_exports_lie_there", "expires_at",
            postgresql_where=_LIES_THERE, sqlite_where=_LIES_THERE,
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    asked_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    format: Mapped[ExportFormat] = mapped_column(one_of(ExportFormat))
    status: Mapped[ExportStatus] = mapped_column(one_of(ExportStatus), default=ExportStatus.WAITING)
    progress: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    downloaded_at: Mapped[datetime | None]
    reader_key: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    writer_key: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    pieces: Mapped[int | None]


class ExportPiece(Model):
    """A part of a file, sealed.  Gone once it was downloaded, or has expired."""

    __tablename__ = "export_pieces"

    export_id: Mapped[UUID] = mapped_column(sa.ForeignKey("exports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    data: Mapped[bytes] = mapped_column(sa.LargeBinary)
