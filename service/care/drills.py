"""Drills: a made-up case goes the way of a real one, to see whether somebody answers.

Nothing on the way knows that it is one: the report is stored, graded, meets the rules, opens an
alert, the alert climbs the ladder.  Only its patient is nobody (``Patient.is_drill``): she stands
in no list of patients, hears nothing, and is counted apart.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer
from service.accounts.account_queries import lock_clinic
from service.accounts.models import CareStatus, Patient
from service.accounts.patient_ref import PatientRef
from service.alerts.models import Alert, AlertState
from service.alerts.steps import add_step, close_as
from service.care import symptoms, treatments, wellbeing
from service.care.models import Drill
from service.clinical import Scenario, knowledge
from service.errors import Conflict, NotFound, Rejected
from service.ids import new_id
from service.panel import actions as panel
from service.records import Change
from service.support import cascades

# More at once would be noise, and hide who answered what.  Project choice.
RUNNING_AT_MOST = 5
_ENDED = "drill_ended"
# Long enough for the drug to have done what the rules ask about.
_ON_TREATMENT = timedelta(days=21)
_NOTHING_ELSE = {"temperature_c": None, "stools_over_baseline": None, "glucose_mg_dl": None}


class ScenarioUnknown(Rejected):
    """There is no such made-up case."""

    slug = "scenario-unknown"
    title = "There is no such drill."


class DrillsRunning(Conflict):
    """As many drills run as the clinic may have at once."""

    slug = "drills-running"
    title = "End a drill before you start another one."


class DrillEnded(Conflict):
    """The drill is over."""

    slug = "drill-ended"
    title = "This drill has ended already."


def start(session: Session, viewer: Viewer, *, scenario: str, now: datetime) -> Drill:
    """Let a made-up patient of the viewer's clinic report what the case says.

    Raises:
        ScenarioUnknown: there is no such case.
        DrillsRunning: end another one first.
    """
    case = knowledge().drills.get(scenario)
    if case is None:
        raise ScenarioUnknown(errors=[("/scenario", "Choose one of GET /drills/scenarios.")])
    clinic_id = _clinic_of(viewer)
    lock_clinic(session, clinic_id)
    if _running(session, clinic_id) >= RUNNING_AT_MOST:
        raise DrillsRunning
    patient = _nobody(session, clinic_id, case, now)
    _report(session, patient, case, viewer, now)
    drill = Drill(
        clinic_id=clinic_id, scenario=case.id, patient_id=patient.id,
        started_by=viewer.account_id, started_at=now,
    )  # fmt: skip
    session.add(drill)
    session.flush()
    return drill


def end(session: Session, viewer: Viewer, drill_id: UUID, *, now: datetime) -> Drill:
    """End a drill: what is still open of it is closed, and tells nobody any more.

    Raises:
        NotFound: no such drill of the viewer's clinic.
        DrillEnded: it is over.
    """
    drill = session.scalars(
        sa.select(Drill)
        .where(Drill.id == drill_id, Drill.clinic_id == viewer.clinic_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if drill is None:
        raise NotFound
    if drill.ended_at is not None:
        raise DrillEnded
    people.lock_patient(session, drill.patient_id)
    for alert in session.scalars(
        sa.select(Alert)
        .where(Alert.patient_id == drill.patient_id, Alert.state != AlertState.CLOSED)
        .with_for_update()
    ).all():
        close_as(session, alert, _ENDED, now, viewer.account_id)
        add_step(session, alert, "closed", now, viewer, outcome=_ENDED)
    # Also what waits for a follow-up, its alert long closed.
    cascades.end_all(session, drill.patient_id, viewer, ended_as="not_needed", now=now)
    # Nothing is planned, asked or looked after for her any more.
    session.execute(
        sa.update(Patient)
        .where(Patient.id == drill.patient_id)
        .values(care_status=CareStatus.WITHDRAWN)
    )
    panel.note_alerts(session, drill.patient_id, now=now)
    drill.ended_at, drill.ended_by = now, viewer.account_id
    return drill


def _running(session: Session, clinic_id: UUID) -> int:
    running = sa.select(sa.func.count()).where(
        Drill.clinic_id == clinic_id, Drill.ended_at.is_(None)
    )
    return session.scalar(running) or 0


def _nobody(session: Session, clinic_id: UUID, case: Scenario, now: datetime) -> PatientRef:
    clinic = people.clinic(session, clinic_id)
    name = f"Drill: {case.title}"
    patient = Patient(
        clinic_id=clinic_id, display_name=name, time_zone=clinic.time_zone, locale="en",
        joined_at=now - _ON_TREATMENT, is_drill=True,
    )  # fmt: skip
    session.add(patient)
    session.flush()
    panel.open_summary(
        session, patient_id=patient.id, clinic_id=clinic_id, name=name, now=now, is_drill=True
    )
    session.flush()
    return people.lock_patient(session, patient.id)


def _report(
    session: Session, patient: PatientRef, case: Scenario, viewer: Viewer, now: datetime
) -> None:
    change = Change(
        patient_id=patient.id, change_no=patient.change_no, by=viewer.account_id, now=now
    )
    if case.treatment is not None:
        treatments.log(
            session, patient, change=change, treatment=_treatment(patient, case.treatment, now)
        )
    if case.check:
        wellbeing.check_in(session, patient, change=change, check=_check(case.check, now))
    else:
        symptoms.report(
            session, patient, change=change, by=viewer, report=_symptoms(case.report, now)
        )


def _treatment(patient: PatientRef, code: str, now: datetime) -> dict[str, Any]:
    began = patient.local_date(now) - _ON_TREATMENT
    empty = dict.fromkeys(
        ("name", "modality", "body_site", "line", "ended_on", "stop_reason", "dose", "notes")
    )
    return {
        **empty, "id": new_id(), "code": code, "started_on": began, "status": "active",
        # No doses: nobody is to be asked whether nobody has taken them.
        "schedule": {"type": "none"},
    }  # fmt: skip


def _symptoms(said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    answers = [dict(answer) for answer in said.get("answers", ())]
    return {
        **_NOTHING_ELSE, "id": new_id(), "reported_at": now, "answers": answers, "red_flags": [],
        "body_sites": [], "note": None, "reported_by": None, "corrects": None,
    } | {name: value for name, value in said.items() if name != "answers"}  # fmt: skip


def _check(said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(), "checked_at": now, "distress": said.get("distress"), "mood": None,
        "topics": list(said.get("topics", ())), "contact_wanted": [],
        "safe_now": said.get("safe_now"), "note": None, "note_is_private": False,
    }  # fmt: skip


def _clinic_of(viewer: Viewer) -> UUID:
    assert viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    return viewer.clinic_id
