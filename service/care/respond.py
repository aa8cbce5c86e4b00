"""What follows from a change to her record, in the same transaction.

    the picture is taken → rules run → alerts are raised · she is told what to do now ·
    reminders are suggested · the summary row says so

A rule speaks only if something new made it true: at least one of the records it rests on is part
of this change.  What was true before has been said before.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts import raising
from service.alerts.models import Severity
from service.alerts.raising import Raised
from service.alerts.rules import Reason
from service.care import cascading, loading
from service.care.guidance import NOT_SHARED, NOTHING, Guidance, strongest, worded
from service.care.guidance_kept import keep, kept, kept_of
from service.care.lab import shadow
from service.care.models import GuidanceGiven
from service.care.picture import Picture
from service.care.reading import SPEAKING, kinds_for
from service.care.records import Record
from service.care.rules import Finding, vocabulary
from service.care.rules_in_force import InForce, in_force
from service.care.suggesting import suggest
from service.care.taking_picture import taken
from service.clinical import knowledge
from service.clinical.spans import span_of
from service.panel import actions as panel
from service.records import Change

_STATUS_RULE = "CARE-STATUS"
# What she, or somebody in her name, tells of herself; not what staff put in order.
_REPORTS = frozenset(
    {"symptom_report", "measurement", "wellbeing_check", "questionnaire_response", "dose"}
)


@dataclass(frozen=True, slots=True)
class Response:
    """What followed: what she is told, what to offer her next, and what was raised."""

    guidance: Guidance
    next: str | None
    reasons_added: int


NO_RESPONSE = Response(NOTHING, None, 0)


def respond(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    record: Record,
    at: datetime,
    new: Collection[UUID | str] | None = None,
) -> Response:
    """Let the rules speak about a change, and do what they say.

    Args:
        session: in the transaction that holds her lock and has made the change.
        patient: whose record changed.
        change: by whom, when.
        record: what she is answered about; guidance is kept under its id.
        at: the moment rules and clocks run on: the earlier of what was said and now.
        new: ids of the records that are new in this change; only ``record`` by default.

    Returns:
        What followed.
    """
    new_ids: frozenset[UUID | str] = frozenset[UUID | str](new or (record.id,))
    held = in_force(session, patient.clinic_id, patient.rules_release)
    kinds = kinds_for(record.type, held.rules) | shadow.kinds(record.type, held.shadows)
    records = loading.load(session, patient, as_of=at, kinds=kinds)
    picture = taken(session, patient, records, at, new_ids)
    return follow(
        session, patient, change=change, held=held, picture=picture, record=record, new_ids=new_ids
    )


def follow(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    held: InForce,
    picture: Picture,
    record: Record,
    new_ids: frozenset[UUID | str],
) -> Response:
    """Let the rules in force speak about a picture, and do what they say; see ``respond``."""
    at = picture.as_of
    findings = held.rules.evaluate(picture, purposes=SPEAKING, reading=picture.facts_of(new_ids))
    spoken = [finding for finding in findings if finding.rests_on(new_ids)]
    raised = act_on(session, patient, change=change, findings=spoken, record=record, at=at)
    shadow.note(session, patient, held, picture, record=record, new=new_ids, spoken=spoken)
    return Response(
        guidance=_guide(session, patient, change, record, spoken, raised),
        next=next((f.outcome.next for f in spoken if f.outcome.next), None),
        reasons_added=raised.reasons_added if raised else 0,
    )


def act_on(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    findings: Sequence[Finding],
    record: Record,
    at: datetime,
) -> Raised | None:
    """Raise the alerts and suggest the reminders that findings call for.

    Returns:
        What was raised, ``None`` if nothing called for a person.
    """
    suggest(session, patient, change, findings)
    reasons = reasons_of(patient, findings, record)
    if not reasons:
        return None
    raised = raising.raise_reasons(
        session, patient, reasons, policy=knowledge().policy, started_at=at, now=change.now
    )
    if any(reason.queue in cascading.QUEUES for reason in reasons):
        shown = change.by == patient.account_id
        cascading.open_for_alerts(
            session, patient, raised=raised, now=change.now,
            offered=cascading.offers_in(findings, shown_to_her=shown),
        )  # fmt: skip
    panel.note_alerts(session, patient.id, now=change.now)
    return raised


def picture_of(session: Session, patient: PatientRef, *, now: datetime) -> Picture:
    """Return the picture of a patient as it is now."""
    records = loading.load(session, patient, as_of=now)
    return Picture.of(records, as_of=now, knowledge=vocabulary())


def guidance_given(session: Session, patient: PatientRef, record_id: UUID) -> Guidance:
    """Return what she was told about a record when it came: a repeat is told the same."""
    given = kept(session, patient.id, record_id)
    return NOTHING if given is None else _in_words(session, patient, given)


def guidance_given_of(
    session: Session, patient: PatientRef, record_ids: Collection[UUID]
) -> dict[UUID, Guidance]:
    """Return what she was told about each of some records, where she was told anything."""
    if not record_ids:
        return {}
    given = kept_of(session, patient.id, record_ids)
    return {one.record_id: _in_words(session, patient, one) for one in given}


def _in_words(session: Session, patient: PatientRef, given: GuidanceGiven) -> Guidance:
    rules = tuple(one["rule"] for one in given.rules)
    clinic = people.clinic(session, patient.clinic_id)
    return worded(
        given.level, given.slug, rules, knowledge=knowledge(), locale=patient.locale,
        phones=clinic.phones, nobody_on_duty=given.nobody_on_duty, not_shared=given.not_shared,
    )  # fmt: skip


def reasons_of(patient: PatientRef, spoken: Sequence[Finding], record: Record) -> list[Reason]:
    """Return why a person has to look, after a record has come and rules have spoken."""
    if not patient.is_shared:
        return []  # nobody is told, and she is told that nobody is
    if patient.care_status.has_ended:
        # Whoever reports is alive, or somebody else uses the account: a person finds out.
        return [_status_may_be_wrong(record)] if record.type in _REPORTS else []
    return [_reason(finding) for finding in spoken if finding.outcome.alert is not None]


def _reason(finding: Finding) -> Reason:
    alert = finding.outcome.alert
    assert alert is not None  # noqa: S101 - the caller has looked
    return Reason(
        rule=finding.rule,
        rule_version=finding.version,
        subject=finding.subject or "",
        queue=Queue(alert.queue),
        severity=Severity(alert.severity),
        priority="high" if alert.high else None,
        text=finding.reason[:500],
        records=[one.as_json() for one in finding.records],
        given=finding.values,
        acknowledge_within=alert.acknowledge_within,
        contact_within=alert.contact_within,
        notifies_always=finding.rule.startswith(("EM-", "SI-")),
        needs_named_contact=alert.named_contact_required,
        also_tell=alert.also_tell,
        patient_can_decline=alert.patient_can_snooze,
    )


def _status_may_be_wrong(record: Record) -> Reason:
    return Reason(
        rule=_STATUS_RULE, rule_version=1, subject="", queue=Queue.COORDINATION,
        severity=Severity.URGENT, priority=None,
        text="A report came from an account whose care has ended: the status may be wrong.",
        records=[record.as_json()], given={}, acknowledge_within=None,
        contact_within=span_of("24 h"), notifies_always=True, needs_named_contact=False,
    )  # fmt: skip


def _guide(
    session: Session,
    patient: PatientRef,
    change: Change,
    record: Record,
    spoken: Sequence[Finding],
    raised: Raised | None,
) -> Guidance:
    nobody_on_duty = raised is not None and raised.nobody_on_duty
    told = told_by(patient, spoken, now=change.now, nobody_on_duty=nobody_on_duty)
    if told is None:
        return NOTHING
    keep(session, patient.id, record, told)
    clinic = people.clinic(session, patient.clinic_id)
    return worded(
        told["level"], told["slug"], tuple(one["rule"] for one in told["rules"]),
        knowledge=knowledge(), locale=patient.locale, phones=clinic.phones,
        nobody_on_duty=nobody_on_duty, not_shared=told["not_shared"],
    )  # fmt: skip


def told_by(
    patient: PatientRef, spoken: Sequence[Finding], *, now: datetime, nobody_on_duty: bool
) -> dict[str, Any] | None:
    """Return what she is told after rules have spoken, as it is kept; ``None`` for nothing."""
    said = [
        (finding.rule, finding.outcome.guidance.level, finding.outcome.guidance.text)
        for finding in spoken
        if finding.outcome.guidance is not None
    ]
    if patient.care_status.has_ended:
        said.append((_STATUS_RULE, "call_today", "account-closed-status"))
    # Somebody would have been told of this: she has to know that it is left to her.
    unheard = [] if patient.is_shared else [one for one in spoken if calls_for_person(one)]
    if unheard and not said:
        said.append((unheard[0].rule, "call_today", NOT_SHARED))
    chosen = strongest(said)
    if chosen is None:
        return None
    level, slug, rules = chosen
    versions = {finding.rule: finding.version for finding in spoken}
    return {
        "level": level, "slug": slug, "at": now, "nobody_on_duty": nobody_on_duty,
        "not_shared": bool(unheard) and slug != NOT_SHARED,
        "rules": [{"rule": rule, "version": versions.get(rule, 1)} for rule in rules],
    }  # fmt: skip


def calls_for_person(finding: Finding) -> bool:
    """Tell whether a person would be told of a finding, and not only see it noted."""
    alert = finding.outcome.alert
    return alert is not None and alert.severity != Severity.INFO.value
