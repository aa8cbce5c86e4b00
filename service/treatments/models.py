"""Tables: treatments."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.records import PatientRecord


class Treatment(PatientRecord, Model):
    """A drug, an operation or a course of radiation, from the catalogue or in her own words.

    ``facts_changed_at`` is when something a rule reads (what it is, its status, its days) last
    changed; a new note does not move it.
    """

    __tablename__ = "treatments"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "started_on", "id"),
        sa.CheckConstraint("code IS NOT NULL OR name IS NOT NULL", name="says_what"),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="ends_after"),
        sa.CheckConstraint(
            "status IN ('planned', 'active', 'held', 'stopped', 'completed')", name="status"
        ),
    )

    code: Mapped[str | None] = mapped_column(sa.String(60))
    name: Mapped[str | None] = mapped_column(sa.String(200))
    modality: Mapped[str] = mapped_column(sa.String(20))
    body_site: Mapped[str | None] = mapped_column(sa.String(200))
    line: Mapped[int | None]
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(sa.String(10))
    stop_reason: Mapped[str | None] = mapped_column(sa.String(200))
    dose: Mapped[str | None] = mapped_column(sa.String(200))
    schedule: Mapped[dict[str, Any] | None]
    notes: Mapped[str | None] = mapped_column(sa.Text)
    facts_changed_at: Mapped[datetime]
