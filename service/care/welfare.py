"""Welfare checks: who is silent, what was last known of her, and what was tried to reach her."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Topic, Viewer
from service.alerts.models import Alert
from service.care import answering, silence
from service.care.facts.courses import Course, course_of
from service.care.hearing import silence_rules
from service.care.records import TreatmentFacts
from service.care.rules import vocabulary
from service.care.rules_in_force import held_in
from service.clinical import knowledge
from service.errors import Conflict
from service.panel import welfare
from service.panel.rhythm import every
from service.panel.welfare import Position
from service.treatments.models import Treatment


class NotSilent(Conflict):
    """She has been heard of meanwhile: nobody has to reach her."""

    slug = "not-silent"
    title = "She has been heard of meanwhile, or is known to be away."


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt to reach her: when, how, by whom, and whether it did."""

    at: datetime
    how: str
    reached: bool
    by: UUID | None


@dataclass(frozen=True, slots=True)
class WelfareCheck:
    """One patient who is silent.

    Attributes:
        summary: her row: name, care status, symptoms, distress and alerts as last known.
        usually: her rhythm in words.
        has_own_rhythm: ``False`` while she is expected as often as everybody new.
        last_heard_at: ``None`` if she never reported.
        risks: treatments she is on, or was lately, that lower white blood cells.
        tried: attempts to reach her, the latest first.
    """

    summary: Any
    usually: str
    has_own_rhythm: bool
    last_heard_at: datetime | None
    risks: tuple[str, ...]
    tried: tuple[Tried, ...]


def checks(
    session: Session, clinic_id: UUID, *, today: date, limit: int, last: Position | None = None
) -> tuple[list[WelfareCheck], Position | None]:
    """Return who is silent, the most worrying first, and where the list goes on.

    Four statements.  The place is ``None`` at the end of the list.
    """
    rules = silence_rules(held_in(session, clinic_id).rules)
    found = welfare.welfare_page(session, clinic_id, rules=rules, limit=limit, last=last)
    rows = found[:limit]
    risks = _risks(session, [row.patient_id for row in rows], today)
    tried = welfare.attempts_of(session, [row.alert_id for row in rows if row.alert_id])
    items = [
        WelfareCheck(
            summary=row,
            usually=every(row.rhythm_days or knowledge().policy.silence.usual_days),
            has_own_rhythm=row.rhythm_days is not None,
            last_heard_at=welfare.last_heard(row),
            risks=tuple(risks[row.patient_id]),
            tried=tuple(
                Tried(one.at, one.detail["how"], one.detail["reached"], one.by)
                for one in tried.get(row.alert_id, ())
            ),
        )
        for row in rows
    ]
    place = (rows[-1].silence_score, rows[-1].patient_id) if len(found) > limit else None
    return items, place


def as_json(check: WelfareCheck, topics: Collection[Topic]) -> dict[str, Any]:
    """Return a check as it stands in an answer; ``None`` for what the reader may not see."""
    row = check.summary
    return {
        "patient_id": row.patient_id, "display_name": row.display_name,
        "care_status": row.care_status, "rhythm_days": row.rhythm_days,
        "missed_check_ins": row.missed_check_ins, "last_heard_at": check.last_heard_at,
        "alert_id": row.alert_id, "urgent_alerts": row.urgent_alerts,
        "soon_alerts": row.soon_alerts, "info_alerts": row.info_alerts,
        "worst_symptoms": row.worst_symptoms if Topic.SYMPTOMS in topics else None,
        "distress": row.distress if Topic.WELLBEING in topics else None,
        "risks": list(check.risks) if Topic.TREATMENTS in topics else None,
        "attempts": [{"at": one.at, "how": one.how, "reached": one.reached} for one in check.tried],
    }  # fmt: skip


def record_call(
    session: Session, viewer: Viewer, patient_id: UUID, *, reached: bool, note: str | None,
    now: datetime,
) -> Alert:  # fmt: skip
    """Note a call on the alert about her silence, which is raised if there is none.

    Check-ins are counted anew from a call that reached her.

    Raises:
        NotFound: the viewer does not work on the queue of such alerts.
        NotSilent: there is nothing to call about any more.
    """
    patient = people.lock_patient(session, patient_id)
    alert_id = silence.alert_about(session, patient, now=now)
    if alert_id is None:
        raise NotSilent
    return answering.record_contact(
        session, viewer, alert_id, now=now, how="phone", reached=reached, note=note
    )


def _risks(session: Session, patient_ids: Sequence[UUID], today: date) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    if not patient_ids:
        return found
    for row in session.scalars(
        sa.select(Treatment)
        .where(Treatment.patient_id.in_(patient_ids), Treatment.deleted_at.is_(None))
        .order_by(Treatment.started_on, Treatment.id)
    ):
        course = _course(row, today)
        if silence.lowers_white_cells(course):
            found[row.patient_id].append(course.words)
    return found


def _course(row: Treatment, today: date) -> Course:
    facts = TreatmentFacts(
        id=row.id, at=row.facts_changed_at, code=row.code, name=row.name or row.code or "",
        modality=row.modality, status=row.status, started_on=row.started_on,
        ended_on=row.ended_on,
    )  # fmt: skip
    return course_of(facts, vocabulary(), today, "UTC")
