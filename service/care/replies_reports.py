"""What became of a report that raised no alert: received, seen by whom, what happens next."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Topic
from service.accounts.models import Role
from service.accounts.patient_ref import PatientRef
from service.audit.queries import first_looks
from service.care.guidance import in_her_language
from service.care.models import GuidanceGiven
from service.care.places import older_than
from service.care.records import Record
from service.care.replies_alerts import RECENT, Raised
from service.care.reply_words import clock, who
from service.clinical import knowledge
from service.symptoms.models import SymptomReport
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck

# Which looks at her record show it.
_SHOWN_BY: Mapping[str, tuple[Topic, ...]] = {
    "symptom_report": (Topic.SYMPTOMS, Topic.VISIT),
    "wellbeing_check": (Topic.WELLBEING, Topic.VISIT),
    "questionnaire_response": (Topic.QUESTIONNAIRES,),
}
_CALLED: Mapping[str, str] = {
    "symptom_report": "Your symptom report",
    "wellbeing_check": "Your wellbeing check",
    "questionnaire_response": "Your questionnaire",
}
_ACT_YOURSELF = frozenset({"call_today", "call_now", "emergency", "crisis"})
_BEFORE_THE_VISIT = "Your team sees it before your next visit."
_NOBODY_NEEDED = "Nothing in it needs a person today."
_LOOKED_AT = "Your team is looking at what you reported before, and sees this with it."


class _Report(NamedTuple):
    kind: str
    id: UUID
    said_at: datetime
    at: datetime
    level: str | None
    slug: str | None


def replies_to_reports(
    session: Session, patient: PatientRef, *, now: datetime, topics: Collection[Topic],
    raised: Raised, limit: int, last: tuple[datetime, UUID] | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return what became of her reports of the last 30 days no alert speaks for; two statements.

    Args:
        session: any.
        patient: whose reports.
        now: the end of those days.
        topics: what the reader may read of her.
        raised: what her alerts rest on.
        limit: how many.
        last: the place in the whole list they begin after.
    """
    kinds = [kind for kind, (topic, *_) in _SHOWN_BY.items() if topic in topics]
    if not kinds:
        return []
    reports = _reports(session, patient.id, kinds, now - RECENT, raised, limit, last)
    if not reports:
        return []
    looks = first_looks(
        session, patient, {kind: _SHOWN_BY[kind] for kind in kinds},
        moments=[(one.kind, one.at) for one in reports],
    )  # fmt: skip
    return [_reply(one, looks.get((one.kind, one.at)), patient, raised) for one in reports]


def _reports(
    session: Session, patient_id: UUID, kinds: Sequence[str], since: datetime, raised: Raised,
    limit: int, last: tuple[datetime, UUID] | None,
) -> list[_Report]:  # fmt: skip
    spoken_for = [UUID(id) for id in raised.records]

    def of_kind(kind: str, table: Any, *more: Any) -> sa.Select[Any]:
        return sa.select(
            sa.literal_column(f"'{kind}'", sa.String()).label("kind"), table.id,
            table.at.label("said_at"), table.received_at.label("at"),
        ).where(
            table.patient_id == patient_id, table.at >= since, table.deleted_at.is_(None),
            table.id.not_in(spoken_for), older_than(last, at=table.received_at, id=table.id),
            *more,
        )  # fmt: skip

    sources = {
        "symptom_report": of_kind(
            "symptom_report", SymptomReport, SymptomReport.corrected_by.is_(None)
        ),
        "wellbeing_check": of_kind("wellbeing_check", WellbeingCheck),
        "questionnaire_response": of_kind(
            "questionnaire_response", QuestionnaireResponse,
            QuestionnaireResponse.status == "completed",
        ),
    }  # fmt: skip
    found = sa.union_all(*(sources[kind] for kind in kinds)).subquery()
    rows = session.execute(
        sa.select(found, GuidanceGiven.level, GuidanceGiven.slug)
        .outerjoin(
            GuidanceGiven,
            sa.and_(GuidanceGiven.record_id == found.c.id, GuidanceGiven.patient_id == patient_id),
        )
        .order_by(found.c.at.desc(), found.c.id.desc())
        .limit(limit)
    )
    return [_Report(*row) for row in rows]


def _reply(
    report: _Report, look: tuple[datetime, Role] | None, patient: PatientRef, raised: Raised
) -> dict[str, Any]:
    zone, called = patient.time_zone, _CALLED[report.kind]
    steps = [_step(report.at, None, f"Received at {clock(report.at, zone)}.")]
    text = f"{called} has been received."
    if look is not None:
        at, role = look
        steps.append(_step(at, role, f"Seen by {who(role)} at {clock(at, zone)}."))
        text = f"{called} was seen by {who(role)} at {clock(at, zone)}."
    return {
        "id": report.id,
        "about": {
            "type": report.kind,
            "records": [Record(report.kind, report.id, report.said_at).as_json()],
        },
        "alert_id": None,
        "can_decline": False,
        "at": report.at,
        "state": "received" if look is None else "seen",
        "steps": steps,
        "text": text,
        "reply": None,
        "next": _next(report, patient.locale, raised),
    }


def _next(report: _Report, locale: str, raised: Raised) -> str:
    said = ""
    if report.slug is not None:
        said = f"You were told: {in_her_language(knowledge().guidance, report.slug, locale).title}."
    if report.level in _ACT_YOURSELF:
        return f"{said} Do not wait for an answer here."
    if raised.was_open(report.at):
        # A reason keeps its first and its latest records: this may be one of those between.
        return f"{said} {_LOOKED_AT}".strip()
    return " ".join(part for part in (_NOBODY_NEEDED, said, _BEFORE_THE_VISIT) if part)


def _step(at: datetime, role: Role | None, text: str) -> dict[str, Any]:
    return {"at": at, "role": role, "text": text, "reply": None}
