"""Table: records opened by staff of another clinic, in an emergency."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Role, one_of
from service.db import Model
from service.ids import new_id
from service.words import Words

_WAITS = sa.text("review_by IS NOT NULL")


class Finding(StrEnum):
    """What a privacy officer made of it."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"


class BreakGlass(Model):
    """One record opened, by one person, for an hour.  Rows are only ever added and reviewed.

    ``clinic_id`` is the patient's clinic, whose privacy officer reviews it.  ``name`` and
    ``from_clinic`` say who opened it and where that person works, as it was: her clinic may not
    look the account up.  ``review_by`` is when somebody has to have looked at it, ``None`` once
    somebody has or everybody was told that nobody did.
    """

    __tablename__ = "break_glass"
    __table_args__ = (
        sa.Index("ix_break_glass_clinic_id_opened_at_id", "clinic_id", "opened_at", "id"),
        sa.Index("ix_break_glass_patient_id_account_id", "patient_id", "account_id"),
        sa.Index("ix_break_glass_account_id_ends_at", "account_id", "ends_at"),
        sa.Index(
            "ix_break_glass_to_review", "review_by", postgresql_where=_WAITS, sqlite_where=_WAITS
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    role: Mapped[Role] = mapped_column(one_of(Role))
    from_clinic: Mapped[str] = mapped_column(sa.String(200))
    reason: Mapped[str] = mapped_column(Words("break_glass.reason"))
    opened_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    review_by: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    finding: Mapped[Finding | None] = mapped_column(one_of(Finding))
    finding_note: Mapped[str | None] = mapped_column(Words("break_glass.finding_note"))
