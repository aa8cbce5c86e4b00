"""Table: one summary row a patient, kept in the transaction that changes what it sums up."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model


class PatientSummary(Model):
    """One row of the panel.  The list of a clinic is one index scan, however many patients.

    ``risk`` sorts the panel, highest first.  The database works it out of the columns beside it, so
    that no code can forget to: urgent alerts outweigh everything, then those due soon; what she
    last reported decides among patients with the same alerts.  The number means nothing by itself
    and is never shown.  The weights are a project choice.
    """

    __tablename__ = "patient_summaries"
    __table_args__ = (
        sa.Index(None, "clinic_id", "risk", "patient_id"),
        sa.Index(None, "clinic_id", "last_report_at", "patient_id"),
        sa.Index(None, "clinic_id", "name_key", "patient_id"),
        sa.Index(None, "silence_check_at"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"), primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    name_key: Mapped[str] = mapped_column(sa.String(200))
    risk: Mapped[int] = mapped_column(
        sa.Computed(
            "urgent_alerts * 100000 + soon_alerts * 1000 + info_alerts * 20"
            " + worst_grade * 10 + COALESCE(distress, 0)",
            persisted=True,
        )
    )
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
