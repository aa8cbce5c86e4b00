"""Safety plans: what she and somebody of the team agree on for when it gets unbearable."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.clinical import PlanHeading
from service.errors import Outdated, Rejected
from service.wellbeing.models import SafetyPlan


class PlanUnusable(Rejected):
    """A plan has a heading nobody knows, or says nothing at all."""

    slug = "safety-plan-unusable"
    title = "The safety plan says nothing, or under a heading there is not."


def current_plan(session: Session, patient_id: UUID) -> SafetyPlan | None:
    """Return the plan that holds, ``None`` if there is none yet."""
    return session.scalars(
        sa.select(SafetyPlan).where(
            SafetyPlan.patient_id == patient_id, SafetyPlan.superseded_at.is_(None)
        )
    ).one_or_none()


def plans_of(session: Session, patient_id: UUID, *, limit: int = 50) -> Sequence[SafetyPlan]:
    """Return the versions of her plan, the newest first."""
    return session.scalars(
        sa.select(SafetyPlan)
        .where(SafetyPlan.patient_id == patient_id)
        .order_by(SafetyPlan.made_at.desc(), SafetyPlan.id.desc())
        .limit(limit)
    ).all()


def write_plan(
    session: Session,
    viewer: Viewer,
    patient_id: UUID,
    *,
    sections: Mapping[str, Any],
    headings: Sequence[PlanHeading],
    if_number: int | None,
    now: datetime,
) -> SafetyPlan:
    """Write the plan that holds from now on; the one before is kept.  The same again is no news.

    Args:
        session: in a transaction that holds the patient's lock.
        viewer: who writes it down.
        patient_id: whose plan it is.
        sections: text by heading; a heading left out, or blank, has none.
        headings: those there are.
        if_number: number of the plan the caller has seen, 0 for none; ``None`` does not mind.
        now: when this happens.

    Raises:
        PlanUnusable: a heading is unknown, or all of it is blank.
        Outdated: another plan holds than the one the caller has seen.
    """
    unknown = sections.keys() - {heading.key for heading in headings}
    said = {
        heading.key: sections[heading.key].strip()
        for heading in headings
        if (sections.get(heading.key) or "").strip()
    }
    if unknown or not said:
        complaint = "There is no such heading." if unknown else "Write at least one thing."
        raise PlanUnusable(errors=[("/sections", complaint)])
    before = current_plan(session, patient_id)
    number = before.number if before else 0
    if if_number is not None and if_number != number:
        raise Outdated
    if before is not None:
        if before.sections == said:
            return before
        before.superseded_at = now
        # Only one holds at any moment, and the database minds.
        session.flush()
    plan = SafetyPlan(
        patient_id=patient_id, number=number + 1, sections=said, made_at=now,
        by=viewer.account_id, by_role=viewer.role,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    return plan
