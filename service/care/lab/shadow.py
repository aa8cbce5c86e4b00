"""Rules in shadow: asked at every record that comes, and only noted.

In the transaction of the report, because what is noted must be what was true of her then; and
behind a fence, because a report must never fail for a rule that only looks on.
"""

import logging
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care.lab.pairing import Pair, alert_of, are_alike, paired, severity_of
from service.care.picture import Picture
from service.care.reading import SPEAKING, kinds_for, may_speak
from service.care.records import Record
from service.care.rules import Finding, RuleSet
from service.care.rules_in_force import InForce, Shadow
from service.ids import new_id
from service.logs import Code
from service.rulebook.models import ShadowFinding

logger = logging.getLogger(__name__)

_FINDINGS: sa.Table = ShadowFinding.__table__  # type: ignore[assignment]


def kinds(record_type: str, shadows: Sequence[Shadow]) -> frozenset[str]:
    """Return the kinds of records that rules in shadow read beside what is read anyway."""
    return frozenset().union(
        *(
            kinds_for(record_type, shadow.rules)
            for shadow in shadows
            if may_speak(record_type, shadow.rules)
        )
    )


def note(
    session: Session, patient: PatientRef, held: InForce, picture: Picture,
    *, record: Record, new: Collection[UUID | str], spoken: Sequence[Finding],
) -> None:  # fmt: skip
    """Note what rules in shadow would have raised, beside what the versions in force did.

    No statement where nothing is in shadow, or nothing spoke.

    Args:
        session: in the transaction of the report.
        patient: whose.
        held: what holds in her clinic.
        picture: as the rules in force have seen it.
        record: what came.
        new: ids of the records that are new.
        spoken: what the rules in force said.
    """
    if not held.shadows or patient.care_status.has_ended or not patient.is_shared:
        return
    rows: list[dict[str, Any]] = []
    for shadow in held.shadows:
        try:
            rows += _rows(patient, held, shadow, picture, record, new, spoken)
        except Exception as error:  # noqa: BLE001 - a rule that only looks on fails no report
            logger.error("%s in shadow failed: %s", Code(shadow.rule), Code(type(error).__name__))
    if rows:
        # What is wrong with the report itself must show here, and not behind the fence.
        session.flush()
        try:
            with session.begin_nested():
                session.execute(sa.insert(_FINDINGS), rows)
        except sa.exc.SQLAlchemyError as error:
            logger.error("what is in shadow could not be noted: %s", Code(type(error).__name__))


def _rows(
    patient: PatientRef, held: InForce, shadow: Shadow, picture: Picture, record: Record,
    new: Collection[UUID | str], spoken: Sequence[Finding],
) -> list[dict[str, Any]]:  # fmt: skip
    found = shadow.rules.evaluate(picture, purposes=SPEAKING, reading=picture.facts_of(new))
    rule = held.rules.by_id.get(shadow.rule)
    pairs = paired(
        [one for one in found if one.rests_on(new)],
        [one for one in spoken if one.rule == shadow.rule],
        alike=are_alike(shadow.rules, RuleSet([rule] if rule else [])),
    )
    return [_row(patient, shadow, record, pair) for pair in pairs]


def _row(patient: PatientRef, shadow: Shadow, record: Record, pair: Pair) -> dict[str, Any]:
    return {
        "id": new_id(), "draft_id": shadow.draft_id, "patient_id": patient.id,
        "record_type": record.type, "record_id": record.id, "at": record.at,
        "subject": pair.subject, "severity": severity_of(pair.finding),
        "queue": alert_of(pair.finding).queue,
        "spoke": pair.draft is not None, "in_force_too": pair.in_force is not None,
        "text": pair.text,
    }  # fmt: skip
