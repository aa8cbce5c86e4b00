"""Tables: a clinic's own versions of rules, what they did in silence, and tries on history."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id

_ACTIVE = sa.text("status = 'active'")
_SHADOW = sa.text("status = 'shadow'")
_UNFINISHED = sa.text("state IN ('waiting', 'running')")


class RuleText(Model):
    """What one version of a rule says, wherever it came from, kept for as long as rows name it.

    ``clinic_id`` is ``None`` for the rules of the project and of the site; a row that a rule made
    names rule and version, and here stands what that version said.  ``digest`` is the SHA-256 of
    ``data``: the same version with another text is refused.
    """

    __tablename__ = "rule_texts"
    __table_args__ = (
        sa.Index("uq_rule_texts_everywhere", "rule", "version", unique=True,
                 postgresql_where=sa.text("clinic_id IS NULL"),
                 sqlite_where=sa.text("clinic_id IS NULL")),
        sa.UniqueConstraint("clinic_id", "rule", "version"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("clinics.id"))
    rule: Mapped[str] = mapped_column(sa.String(60))
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(sa.String(64))
    data: Mapped[dict[str, Any]]
    # waymark · site · clinic
    origin: Mapped[str] = mapped_column(sa.String(10))
    first_in_force_at: Mapped[datetime]


class RuleDraft(Model):
    """One version of a rule of a clinic's: draft, in shadow, active, retired.

    The active one stands for the project's rule of the same id, for this clinic's patients alone.
    In shadow it is asked at every report and only noted.  ``text`` is YAML as written; ``rule``
    and ``rule_version`` are what it calls itself; ``is_off`` switches the rule off instead.
    """

    __tablename__ = "rule_drafts"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "rule", "rule_version"),
        sa.Index("uq_rule_drafts_active", "clinic_id", "rule", unique=True,
                 postgresql_where=_ACTIVE, sqlite_where=_ACTIVE),
        sa.Index("uq_rule_drafts_shadow", "clinic_id", "rule", unique=True,
                 postgresql_where=_SHADOW, sqlite_where=_SHADOW),
        sa.CheckConstraint("status IN ('draft', 'shadow', 'active', 'retired')", name="status"),
        sa.CheckConstraint("activated_by <> written_by", name="second_person"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    rule: Mapped[str] = mapped_column(sa.String(60))
    rule_version: Mapped[int]
    # The project's or the site's version when this one was begun; ``None`` for a rule that is new.
    based_on: Mapped[int | None]
    status: Mapped[str] = mapped_column(sa.String(10))
    is_off: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(sa.Text)
    why: Mapped[str | None] = mapped_column(sa.Text)
    written_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    written_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    shadow_since: Mapped[datetime | None]
    activated_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    activated_at: Mapped[datetime | None]
    retired_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ShadowFinding(Model):
    """What a rule in shadow would have done about one record, had it been in force.

    Where only the version in force spoke, ``spoke`` is false: what would have been missed.
    """

    __tablename__ = "shadow_findings"
    __table_args__ = (sa.Index(None, "draft_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("rule_drafts.id"))
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    record_type: Mapped[str] = mapped_column(sa.String(40))
    record_id: Mapped[UUID]
    at: Mapped[datetime]
    subject: Mapped[str | None] = mapped_column(sa.String(60))
    # ``None`` where it leads to no alert, only to words or things to read.
    severity: Mapped[str | None] = mapped_column(sa.String(10))
    queue: Mapped[str | None] = mapped_column(sa.String(20))
    spoke: Mapped[bool] = mapped_column(default=True, server_default="1")
    # Whether the version in force spoke about the same record and symptom.
    in_force_too: Mapped[bool]
    text: Mapped[str] = mapped_column(sa.String(500))


class LabRun(Model):
    """A question asked of a clinic's history, patient after patient, by the scheduler.

    ``kind`` is ``replay`` (a rule's draft: ``subject_id``) or ``audience`` (who would see a
    version of an article: ``subject_id``).  ``figures`` holds what has been counted so far,
    ``after`` the last patient done; a run goes on from there after a crash.  ``digest`` is the
    SHA-256 of the finished report: the same question of the same history has the same.
    """

    __tablename__ = "lab_runs"
    __table_args__ = (
        sa.Index(None, "clinic_id", "subject_id", "asked_at"),
        sa.Index("ix_lab_runs_unfinished", "asked_at", postgresql_where=_UNFINISHED,
                 sqlite_where=_UNFINISHED),
        sa.CheckConstraint("kind IN ('replay', 'audience')", name="kind"),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'stopped')", name="state"
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    kind: Mapped[str] = mapped_column(sa.String(10))
    subject_id: Mapped[UUID]
    # The very text that is tried: a draft may be changed while it runs.
    tried: Mapped[str] = mapped_column(sa.Text)
    first: Mapped[date | None]
    last: Mapped[date | None]
    # Nothing that was entered later counts, so that the same question has the same answer.
    as_of: Mapped[datetime]
    state: Mapped[str] = mapped_column(sa.String(10))
    asked_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    patients: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    after: Mapped[UUID | None]
    figures: Mapped[dict[str, Any]]
    error: Mapped[str | None] = mapped_column(sa.String(300))
    digest: Mapped[str | None] = mapped_column(sa.String(64))


class LabFinding(Model):
    """One alert of a replay: of the draft, of the rule in force, or of both.

    ``number`` counts within the run, in the order of patients and moments.
    """

    __tablename__ = "lab_findings"

    run_id: Mapped[UUID] = mapped_column(sa.ForeignKey("lab_runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    at: Mapped[datetime]
    record_type: Mapped[str] = mapped_column(sa.String(40))
    record_id: Mapped[UUID]
    subject: Mapped[str | None] = mapped_column(sa.String(60))
    # What each would have raised: a severity, ``None`` for nothing.
    by_draft: Mapped[str | None] = mapped_column(sa.String(10))
    in_force: Mapped[str | None] = mapped_column(sa.String(10))
    # What staff found when they answered the alert of that day, ``None`` if there was none.
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    text: Mapped[str] = mapped_column(sa.String(500))
