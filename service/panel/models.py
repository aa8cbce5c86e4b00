"""Table: one summary row a patient, kept in the transaction that changes what it sums up."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model


class PatientSummary(Model):
    """One row of the panel.  The list of a clinic is one index scan, however many patients.

    ``risk`` sorts the panel, highest first; ``panel.rules.risk_of`` says how it is made.
    """

    __tablename__ = "patient_summaries"
    __table_args__ = (
        sa.Index(None, "clinic_id", "risk", "patient_id"),
        sa.Index(None, "clinic_id", "last_report_at", "patient_id"),
        sa.Index(None, "clinic_id", "name_key", "patient_id"),
        sa.Index(None, "silence_check_at"),
    )

    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"), primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    name_key: Mapped[str] = mapped_column(sa.String(200))
    risk: Mapped[int] = mapped_column(default=0)
    urgent_alerts: Mapped[int] = mapped_column(default=0)
    soon_alerts: Mapped[int] = mapped_column(default=0)
    info_alerts: Mapped[int] = mapped_column(default=0)
    # [{"symptom", "grade"}], worst first, of the latest report; at most three.
    worst_symptoms: Mapped[list[Any]] = mapped_column(default=list)
    worst_grade: Mapped[int] = mapped_column(default=0)
    last_report_at: Mapped[datetime | None]
    distress: Mapped[int | None]
    distress_before: Mapped[int | None]
    # When to look next whether she has fallen silent.
    silence_check_at: Mapped[datetime]
    updated_at: Mapped[datetime]
