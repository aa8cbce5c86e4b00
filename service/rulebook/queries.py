"""What can be asked of a clinic's own rules."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.consent_texts import CARE_TEAM
from service.accounts.sharing import consented_to
from service.errors import NotFound
from service.rulebook.models import LabFinding, LabRun, RuleDraft, RuleText, ShadowFinding

STATUSES = ("draft", "shadow", "active", "retired")
STATES = ("waiting", "running", "done", "failed", "stopped")
# As the indexes have them, word for word: none fits what is only known later.
UNFINISHED = sa.text("state IN ('waiting', 'running')")
_ACTIVE = sa.text("status = 'active'")
_SHADOW = sa.text("status = 'shadow'")


class Standing(NamedTuple):
    """A rule of a clinic's own that is in force or in shadow; ``is_off`` switches it off."""

    id: UUID
    rule: str
    rule_version: int
    based_on: int | None
    status: str
    text: str
    is_off: bool
    activated_at: datetime | None


def standing(session: Session, clinic_id: UUID) -> list[Standing]:
    """Return what is in force or in shadow in a clinic beside the project's rules, by rule."""
    row = RuleDraft
    rows = session.execute(
        sa.select(
            row.id, row.rule, row.rule_version, row.based_on, row.status, row.text, row.is_off,
            row.activated_at,
        )
        .where(row.clinic_id == clinic_id, sa.or_(_ACTIVE, _SHADOW))
        .order_by(row.rule, row.status)
    )  # fmt: skip
    return [Standing(*found) for found in rows]


def draft(session: Session, clinic_id: UUID | None, id: UUID) -> RuleDraft:
    """Return one version of a rule of a clinic's.

    Raises:
        NotFound: there is none of this id in the clinic.
    """
    found = session.get(RuleDraft, id, populate_existing=True)
    if found is None or found.clinic_id != clinic_id:
        raise NotFound
    return found


def drafts(
    session: Session, clinic_id: UUID | None, *, limit: int,
    last: tuple[datetime, UUID] | None = None, rule: str | None = None, status: str | None = None,
) -> Sequence[RuleDraft]:  # fmt: skip
    """Return versions of a clinic's rules, newest first, and one more than ``limit``."""
    row = RuleDraft
    found = sa.select(row).where(row.clinic_id == clinic_id)
    if rule is not None:
        found = found.where(row.rule == rule)
    if status is not None:
        found = found.where(row.status == status)
    return _newest_first(session, found, row.written_at, row.id, last, limit)


def last_version(session: Session, clinic_id: UUID, rule: str) -> int:
    """Return the highest version anybody has given a rule here, 0 if it is new."""
    texts = sa.select(sa.func.max(RuleText.version)).where(
        RuleText.rule == rule,
        sa.or_(RuleText.clinic_id.is_(None), RuleText.clinic_id == clinic_id),
    )
    own = sa.select(sa.func.max(RuleDraft.rule_version)).where(
        RuleDraft.clinic_id == clinic_id, RuleDraft.rule == rule
    )
    return max(session.scalar(texts) or 0, session.scalar(own) or 0)


def shadow_figures(session: Session, draft_id: UUID) -> Sequence[Any]:
    """Return what was noted of a rule in shadow: a row a way it turned out.

    Each row: ``spoke`` (the rule in shadow did), ``in_force_too``, ``severity``, ``number`` of
    findings and ``patients`` they are about.
    """
    row = ShadowFinding
    return session.execute(
        sa.select(
            row.spoke, row.in_force_too, row.severity, sa.func.count().label("number"),
            sa.func.count(row.patient_id.distinct()).label("patients"),
        )
        .where(row.draft_id == draft_id)
        .group_by(row.spoke, row.in_force_too, row.severity)
        .order_by(row.spoke, row.in_force_too, row.severity)
    ).all()  # fmt: skip


def shadow_findings(
    session: Session, draft_id: UUID, *, limit: int, last: tuple[datetime, UUID] | None = None
) -> Sequence[ShadowFinding]:
    """Return what a rule in shadow has noted, newest first, and one more than ``limit``."""
    row = ShadowFinding
    found = sa.select(row).where(row.draft_id == draft_id, consented_to(CARE_TEAM, row.patient_id))
    return _newest_first(session, found, row.at, row.id, last, limit)


def run(session: Session, clinic_id: UUID | None, id: UUID) -> LabRun:
    """Return one run of a clinic's.

    Raises:
        NotFound: there is none of this id in the clinic.
    """
    found = session.get(LabRun, id)
    if found is None or found.clinic_id != clinic_id:
        raise NotFound
    return found


def runs(
    session: Session, clinic_id: UUID | None, *, limit: int, kind: str | None = None,
    subject_id: UUID | None = None, last: tuple[datetime, UUID] | None = None,
) -> Sequence[LabRun]:  # fmt: skip
    """Return a clinic's runs, newest first, and one more than ``limit``."""
    found = sa.select(LabRun).where(LabRun.clinic_id == clinic_id)
    if kind is not None:
        found = found.where(LabRun.kind == kind)
    if subject_id is not None:
        found = found.where(LabRun.subject_id == subject_id)
    return _newest_first(session, found, LabRun.asked_at, LabRun.id, last, limit)


def unfinished(session: Session, clinic_id: UUID) -> int:
    """Count the runs of a clinic that wait or are under way."""
    counted = sa.select(sa.func.count()).where(LabRun.clinic_id == clinic_id, UNFINISHED)
    return session.scalar(counted) or 0


def findings(
    session: Session, run_id: UUID, *, limit: int, after: int = 0, side: str | None = None
) -> Sequence[LabFinding]:
    """Return what a run found, in its order, and one more than ``limit``.

    Of patients who share their record now: who has withdrawn since is in the figures alone.

    ``side``: ``draft`` or ``in_force`` for what one of the two alone would have raised, ``both``,
    or ``missed`` for what staff answered with a contact and the draft would not have raised.
    """
    row = LabFinding
    found = sa.select(row).where(
        row.run_id == run_id, row.number > after, consented_to(CARE_TEAM, row.patient_id)
    )
    if side is not None:
        found = found.where(*_ONLY[side])
    return session.scalars(found.order_by(row.number).limit(limit + 1)).all()


# What staff found when they answered, as far as it means that she was reached and helped.
CONTACTS = ("advice_given", "spoken_to", "seen", "referred", "admitted")
_BY_DRAFT, _IN_FORCE = LabFinding.by_draft.is_not(None), LabFinding.in_force.is_not(None)
_ONLY = {
    "draft": (_BY_DRAFT, ~_IN_FORCE),
    "in_force": (~_BY_DRAFT, _IN_FORCE),
    "both": (_BY_DRAFT, _IN_FORCE),
    "missed": (~_BY_DRAFT, _IN_FORCE, LabFinding.outcome.in_(CONTACTS)),
}
SIDES = tuple(_ONLY)


def _newest_first(
    session: Session, statement: sa.Select[Any], at: Any, id: Any,
    last: tuple[datetime, UUID] | None, limit: int,
) -> Sequence[Any]:  # fmt: skip
    if last is not None:
        moment = sa.bindparam("last_at", last[0], type_=at.type)
        statement = statement.where(sa.or_(at < moment, sa.and_(at == moment, id < last[1])))
    return session.scalars(statement.order_by(at.desc(), id.desc()).limit(limit + 1)).all()
