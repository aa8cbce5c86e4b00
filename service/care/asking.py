"""A request for a person, and what follows from it: one way in for every edge."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care.picture import Picture
from service.care.records import Record, Records, WellbeingFacts
from service.care.respond import act_on
from service.care.rules import Finding, RuleSet, vocabulary
from service.care.rules_in_force import rules_of
from service.records import Change
from service.support import asking as support

_SPEAKING = frozenset({"alert"})


def ask(
    session: Session, patient: PatientRef, *, change: Change, request: Mapping[str, Any]
) -> bool:
    """Enter a request she makes and let the rules about such a wish speak; tell whether it is new.

    Whoever answers is told, once.

    Raises:
        IdConflict: the id is taken for something else.
    """
    if not support.ask(session, patient, change=change, request=request):
        return False
    record = Record("support_request", request["id"], change.now)
    findings = findings_about(patient, rules_of(session, patient), record, kind=request["kind"])
    if findings:
        act_on(session, patient, change=change, findings=findings, record=record, at=change.now)
    support.tell_of_new(session, patient, now=change.now)
    return True


def findings_about(
    patient: PatientRef, rules: RuleSet, record: Record, *, kind: str
) -> list[Finding]:
    """Return what the rules say of a wish that she expresses outright; ``kind`` is whom for."""
    # The same wish as in a wellbeing check; nothing else is new.
    wish = WellbeingFacts(id=record.id, at=record.at, contact_wanted=(kind,))
    records = Records(
        patient_id=patient.id,
        joined_at=patient.joined_at,
        today=patient.local_date(record.at),
        time_zone=patient.time_zone,
        care_status=patient.care_status.value,
        wellbeing_checks=(wish,),
    )
    picture = Picture.of(records, as_of=record.at, knowledge=vocabulary())
    return [
        finding.resting_on(record)
        for finding in rules.evaluate(
            picture, purposes=_SPEAKING, reading=picture.facts_of({wish.id})
        )
        if finding.rests_on({wish.id})
    ]
