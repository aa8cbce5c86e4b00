"""A symptom report or a measurement, and everything that follows: one way in for every edge."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Role
from service.accounts.patient_ref import PatientRef
from service.alerts.actions import note_on_alerts_of
from service.care.guidance import Guidance
from service.care.records import Record
from service.care.reports_told import tell_systems_of_report
from service.care.respond import guidance_given, respond
from service.clinical import knowledge
from service.errors import Rejected
from service.panel import actions as panel
from service.records import Change
from service.reminders.answering import complete_day
from service.symptoms import actions
from service.symptoms.rules import CAREGIVER


class NotHers(Rejected):
    """A member of her family says something for her that only she can say."""

    slug = "not-hers"
    title = "Only the patient herself can say this."


def report(
    session: Session, patient: PatientRef, *, change: Change, by: Viewer, report: Mapping[str, Any]
) -> tuple[actions.Reported, Guidance]:
    """Enter a symptom report and let everything follow; the same report again is told the same.

    It completes the reminder to check in of the day it is about; a correction is no check-in.
    What family reports is kept as theirs: rules hear it, her own line and check-in do not.

    Raises:
        NotHers: family says it for her, or wants to correct what she said.
    """
    report = _as_theirs(by, report)
    reported = actions.report_symptoms(session, change=change, report=report, knowledge=knowledge())
    if not reported.is_new:
        return reported, guidance_given(session, patient, report["id"])
    if report["corrects"] is not None:
        note_on_alerts_of(
            session, patient.id, report["corrects"], "record_corrected", by=by, now=change.now
        )
        panel.note_reports_anew(session, patient, now=change.now)
    elif reported.record["reported_by"] == CAREGIVER:
        panel.note_heard(session, patient, now=change.now)
    else:
        panel.note_report(
            session, patient, answers=reported.record["answers"], at=reported.at, now=change.now
        )
        complete_day(session, patient, change=change, kind="check_in", at=reported.at)
    record = Record("symptom_report", report["id"], reported.at)
    tell_systems_of_report(session, patient, record, now=change.now)
    return reported, respond(
        session, patient, change=change, record=record, at=reported.at
    ).guidance


def take_back(
    session: Session, patient: PatientRef, *, change: Change, by: Viewer, id: UUID,
    if_version: int | None,
) -> None:  # fmt: skip
    """Take a report back: alerts it raised stay, with a note; the panel shows the one before.

    Raises:
        NotFound: no such report of hers.
        Outdated: it has a newer version than the caller has seen.
    """
    actions.take_back_report(session, change=change, id=id, if_version=if_version)
    note_on_alerts_of(session, patient.id, id, "record_deleted", by=by, now=change.now)
    panel.note_reports_anew(session, patient, now=change.now)


def measure(
    session: Session, patient: PatientRef, *, change: Change, measurement: Mapping[str, Any]
) -> tuple[bool, Guidance]:
    """Enter a measured value and let everything follow; tell whether it is new."""
    at, is_new = actions.enter_measurement(session, change=change, measurement=measurement)
    if not is_new:
        return False, guidance_given(session, patient, measurement["id"])
    record = Record("measurement", measurement["id"], at)
    tell_systems_of_report(session, patient, record, now=change.now)
    return True, respond(session, patient, change=change, record=record, at=at).guidance


def _as_theirs(by: Viewer, report: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a report as whoever brings it may make it: family in no name but their own."""
    if by.role is not Role.CAREGIVER:
        return report
    if report["reported_by"] not in (None, CAREGIVER):
        raise NotHers(errors=[("/reported_by", "What you report is kept as yours.")])
    if report["corrects"] is not None:
        raise NotHers(errors=[("/corrects", "Only the patient corrects a report.")])
    return {**report, "reported_by": CAREGIVER}
