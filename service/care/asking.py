"""A request for a person, and what follows from it: one way in for every edge."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.care.picture import Picture
from service.care.records import Record, Records, WellbeingFacts
from service.care.respond import act_on
from service.care.rules import rule_set, vocabulary
from service.records import Change
from service.support import actions as support

_SPEAKING = frozenset({"alert"})


def ask(
    session: Session, patient: PatientRef, *, change: Change, request: Mapping[str, Any]
) -> bool:
    """Enter a request she makes and let the rules about such a wish speak; tell whether it is new.

    Raises:
        IdConflict: the id is taken for something else.
    """
    if not support.ask(session, patient, change=change, request=request):
        return False
    # The same wish as in a wellbeing check, expressed outright; nothing else is new.
    wish = WellbeingFacts(id=request["id"], at=change.now, contact_wanted=(request["kind"],))
    records = Records(
        patient_id=patient.id,
        joined_at=patient.joined_at,
        today=patient.local_date(change.now),
        time_zone=patient.time_zone,
        care_status=patient.care_status.value,
        wellbeing_checks=(wish,),
    )
    picture = Picture.of(records, as_of=change.now, knowledge=vocabulary())
    record = Record("support_request", request["id"], change.now)
    findings = [
        replace(finding, records=(record,))
        for finding in rule_set().evaluate(
            picture, purposes=_SPEAKING, reading=picture.facts_of({wish.id})
        )
        if finding.rests_on({wish.id})
    ]
    if findings:
        act_on(session, patient, change=change, findings=findings, record=record, at=change.now)
    return True
