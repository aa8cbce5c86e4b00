"""Tables: the diagnosis and its history."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.records import PatientRecord


class Diagnosis(PatientRecord, Model):
    """What was known of the disease from one moment on.  The latest row holds; none is changed.

    Self-reported until a member of staff confirms it (``confirmed_by``).
    """

    __tablename__ = "diagnoses"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.CheckConstraint("recurrence IN ('local', 'distant', 'none')", name="recurrence"),
    )

    recurrence: Mapped[str | None] = mapped_column(sa.String(10))
    stage_iv_at_diagnosis: Mapped[bool | None]
    diagnosed_on: Mapped[date | None]
    recurred_on: Mapped[date | None]
    initial_surgery: Mapped[str | None] = mapped_column(sa.String(20))
    metastatic_sites: Mapped[list[Any]]
    er: Mapped[str | None] = mapped_column(sa.String(10))
    pr: Mapped[str | None] = mapped_column(sa.String(10))
    her2: Mapped[str | None] = mapped_column(sa.String(10))
    mutations: Mapped[list[Any]]
    menopausal_status: Mapped[str | None] = mapped_column(sa.String(10))
    confirmed_by: Mapped[str | None] = mapped_column(sa.String(200))
    confirmed_at: Mapped[datetime | None]
