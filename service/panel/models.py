"""Tables: one summary row a patient, kept with what it sums up, and saved views of the panel."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id

# Whom the panel can be narrowed down to.  Query and index say it in the same words: a database
# uses a partial index only where it sees that the one implies the other.
HAS_ALERTS = sa.text("urgent_alerts + soon_alerts + info_alerts > 0")
IS_SILENT = sa.text("silence_score > 0")
IS_SEVERE = sa.text("worst_grade >= 3")
# Source: NCCN, Distress Management: 4 of 10 and more is looked into.
IS_DISTRESSED = sa.text("distress >= 4")
# Source: Pharmacy Quality Alliance, 80 % of days covered.  Of doses, it is a project choice.
IS_LOW_ADHERENCE = sa.text("adherence_percent < 80")


def _narrowed(name: str, where: sa.TextClause, by: str = "risk") -> sa.Index:
    """Index those of a clinic whom a filter shows, in its order; nobody else is in it."""
    return sa.Index(
        f"ix_patient_summaries_{name}", "clinic_id", by, "patient_id",
        postgresql_where=where, sqlite_where=where,
    )  # fmt: skip


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
        _narrowed("silence", IS_SILENT, by="silence_score"),
        _narrowed("alerts", HAS_ALERTS),
        _narrowed("severe", IS_SEVERE),
        _narrowed("distressed", IS_DISTRESSED),
        _narrowed("low_adherence", IS_LOW_ADHERENCE),
        {"postgresql_with": {"fillfactor": 50}},
    )

    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"), primary_key=True)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    # Sorted by code point on every database: a search by how a name begins is a range of it.
    name_key: Mapped[str] = mapped_column(
        sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
    )
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
    # How often she usually reports, in days; ``None`` before she has shown a rhythm of her own.
    rhythm_days: Mapped[float | None]
    # Check-ins missed by that rhythm, and how much that worries: 0 while she is not silent.
    missed_check_ins: Mapped[int] = mapped_column(default=0, server_default="0")
    silence_score: Mapped[int] = mapped_column(default=0, server_default="0")
    # Of the doses due in the last 28 days, how many she took, in percent; ``None`` without any.
    adherence_percent: Mapped[int | None]
    # A made-up case stands in no list of patients.
    is_drill: Mapped[bool] = mapped_column(default=False, server_default="0")
    # Nor does who has not let her care team see her record.
    is_shared: Mapped[bool] = mapped_column(default=True, server_default="1")
    updated_at: Mapped[datetime]


class SavedView(Model):
    """A way of looking at the panel that somebody of the staff has named: order, filter, search."""

    __tablename__ = "saved_views"
    __table_args__ = (sa.UniqueConstraint("account_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(sa.String(60))
    # {"sort", "filter", "q"}, as the panel's own query.
    query: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
