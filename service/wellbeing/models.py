"""Tables: wellbeing checks and questionnaire responses."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.records import PatientRecord


class WellbeingCheck(PatientRecord, Model):
    """How she felt at one moment.  Never edited.

    The note is hers; with ``note_is_private`` nobody else reads it, no rule and no machine does
    in any case.
    """

    __tablename__ = "wellbeing_checks"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "at", "id"),
        sa.CheckConstraint("distress BETWEEN 0 AND 10", name="distress"),
        sa.CheckConstraint("mood BETWEEN 1 AND 5", name="mood"),
    )

    checked_at: Mapped[datetime]
    at: Mapped[datetime]
    distress: Mapped[int | None]
    mood: Mapped[int | None]
    topics: Mapped[list[Any]]
    contact_wanted: Mapped[list[Any]]
    safe_now: Mapped[bool | None]
    note: Mapped[str | None] = mapped_column(sa.Text)
    note_is_private: Mapped[bool] = mapped_column(default=False)


class QuestionnaireResponse(PatientRecord, Model):
    """Answers to one questionnaire, finished or not.

    ``total`` and ``band`` are ``None`` until every item is answered: a skipped item is not 0.
    """

    __tablename__ = "questionnaire_responses"
    __table_args__ = (
        sa.Index(None, "patient_id", "change_no"),
        sa.Index(None, "patient_id", "at", "id"),
        sa.CheckConstraint("status IN ('in-progress', 'completed')", name="status"),
    )

    questionnaire: Mapped[str] = mapped_column(sa.String(40))
    instrument_version: Mapped[str] = mapped_column(sa.String(20))
    answers: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(sa.String(20))
    answered_at: Mapped[datetime]
    at: Mapped[datetime]
    total: Mapped[int | None]
    band: Mapped[str | None] = mapped_column(sa.String(40))
    positive: Mapped[bool | None]
