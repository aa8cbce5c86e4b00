"""Tables: symptom reports and measurements."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.records import PatientRecord
from service.words import Words


class SymptomReport(PatientRecord, Model):
    """What a patient said about her symptoms at one moment.  Never edited.

    A correction is a new report that names the old one (``corrects``); the old one then carries
    ``corrected_by`` and no rule reads it any more.  Answers are kept as they were given, each
    with its grade, in one column: a report is always read whole, and one row is one write.
    ``at`` is the moment rules run on: the earlier of ``reported_at`` and ``received_at``.
    """

    __tablename__ = "symptom_reports"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "at", "id"),
        sa.CheckConstraint("temperature_c BETWEEN 30 AND 45", name="temperature_c"),
    )

    reported_at: Mapped[datetime]
    at: Mapped[datetime]
    answers: Mapped[list[Any]]
    grading_version: Mapped[str] = mapped_column(sa.String(20))
    temperature_c: Mapped[float | None]
    stools_over_baseline: Mapped[int | None]
    glucose_mg_dl: Mapped[float | None]
    red_flags: Mapped[list[Any]]
    body_sites: Mapped[list[Any]]
    note: Mapped[str | None] = mapped_column(Words("symptom_reports.note"))
    reported_by: Mapped[str | None] = mapped_column(sa.String(20))
    corrects: Mapped[UUID | None]
    corrected_by: Mapped[UUID | None]


class Measurement(PatientRecord, Model):
    """One measured value: by her (temperature, weight, glucose) or by the laboratory.

    ``value`` and ``unit`` are as entered; ``standard_value`` is in the unit rules read: °C, kg,
    mg/dL (glucose, calcium), cells per mm³ (anc).
    """

    __tablename__ = "measurements"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "at", "id"),
    )

    code: Mapped[str] = mapped_column(sa.String(20))
    value: Mapped[float]
    unit: Mapped[str] = mapped_column(sa.String(20))
    standard_value: Mapped[float]
    measured_at: Mapped[datetime]
    at: Mapped[datetime]
