"""Tables: wellbeing checks, questionnaire responses and safety plans."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Role, one_of
from service.db import Model
from service.ids import new_id
from service.records import PatientRecord
from service.words import Words


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
    note: Mapped[str | None] = mapped_column(Words("wellbeing_checks.note"))
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
    # [{"name", "raw", "score", "band"}] of instruments that have scales; ``None`` for the others.
    scores: Mapped[list[Any] | None]


class SafetyPlan(Model):
    """What she and somebody of the team have agreed on for when it gets unbearable.

    One row a version, none is changed; the one with ``superseded_at`` ``None`` holds.
    ``sections`` maps the headings of ``clinical/safety_plan.yaml`` to her own words.
    """

    __tablename__ = "safety_plans"
    __table_args__ = (
        sa.Index(
            "uq_safety_plans_in_force", "patient_id", unique=True,
            postgresql_where=sa.text("superseded_at IS NULL"),
            sqlite_where=sa.text("superseded_at IS NULL"),
        ),
        sa.Index(None, "patient_id", "made_at", "id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    number: Mapped[int]
    sections: Mapped[dict[str, Any]] = mapped_column(Words("safety_plans.sections", is_json=True))
    made_at: Mapped[datetime]
    by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    by_role: Mapped[Role] = mapped_column(one_of(Role))
    superseded_at: Mapped[datetime | None]
