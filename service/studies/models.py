"""Tables: studies as the registry describes them, where they recruit, and what she did with one."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id
from service.records import PatientRecord

_SHOWN = sa.text("is_shown")


class StudyImport(Model):
    """One reading of the registry's files by a clinic, from the first study to the last.

    ``files`` says of each file its name, SHA-256 and how many of its studies are done, so that a
    reading that was cut off goes on where it stopped.  ``faults`` names the studies that could not
    be read, by file, number and reason; ``skipped`` counts them all.  ``run_id`` is the one process
    that may go on with it, and ``moved_at`` when it last did; ``None`` once it let go.
    """

    __tablename__ = "study_imports"
    __table_args__ = (
        sa.Index(None, "clinic_id", "started_at"),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    # Who asked; ``None`` for the operator at the command line.
    started_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(sa.String(10))
    source: Mapped[str] = mapped_column(sa.String(200))
    run_id: Mapped[UUID]
    moved_at: Mapped[datetime | None]
    files: Mapped[list[Any]]
    seen: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    faults: Mapped[list[Any]]


class Study(Model):
    """One study of the registry, as a clinic read it last.

    Ages are in days, ``None`` for no limit.  ``criteria`` are the lines of the eligibility text,
    each with what could be made out in it (``studies/reading``), after what title, conditions and
    keywords say; ``sites`` are where it takes place.  ``is_shown``: recruiting, about to, or by
    invitation, and still in the registry.
    """

    __tablename__ = "studies"
    __table_args__ = (
        sa.Index(
            "ix_studies_shown", "clinic_id", "nct_id", postgresql_where=_SHOWN,
            sqlite_where=_SHOWN,
        ),
    )  # fmt: skip

    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"), primary_key=True)
    nct_id: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    title: Mapped[str] = mapped_column(sa.Text)
    summary: Mapped[str | None] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.String(40))
    is_shown: Mapped[bool]
    study_type: Mapped[str] = mapped_column(sa.String(40))
    phases: Mapped[list[Any]]
    # treatment · supportive · observational
    tab: Mapped[str] = mapped_column(sa.String(20))
    is_phase_1: Mapped[bool]
    sex: Mapped[str] = mapped_column(sa.String(10))
    minimum_age_days: Mapped[int | None]
    maximum_age_days: Mapped[int | None]
    conditions: Mapped[list[Any]]
    keywords: Mapped[list[Any]]
    interventions: Mapped[list[Any]]
    criteria: Mapped[list[Any]]
    sites: Mapped[list[Any]]
    contacts: Mapped[list[Any]]
    organization: Mapped[str | None] = mapped_column(sa.String(300))
    registry_updated_on: Mapped[date | None]
    digest: Mapped[str] = mapped_column(sa.String(64))
    import_id: Mapped[UUID] = mapped_column(sa.ForeignKey("study_imports.id"))
    imported_at: Mapped[datetime]


class StudyMark(PatientRecord, Model):
    """What she did with one study: saved it, put it away, asked to talk it over.

    ``id`` is derived from patient and study, so there is one row a study.  ``question_id`` is the
    question for her visit that "discuss with my doctor" made.
    """

    __tablename__ = "study_marks"
    __table_args__ = (sa.Index(None, "patient_id", "change_no"),)

    nct_id: Mapped[str] = mapped_column(sa.String(20))
    saved_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    question_id: Mapped[UUID | None]
    # Which criteria stood how when she last saw it: another verdict is news.
    seen: Mapped[str | None] = mapped_column(sa.String(64))
