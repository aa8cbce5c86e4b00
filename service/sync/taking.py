"""Taking one pushed record: the very functions the single routes call, table by table."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from marshmallow import Schema
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.patient_ref import PatientRef
from service.care import symptoms as care_symptoms
from service.care import treatments as care_treatments
from service.care import wellbeing as care_wellbeing
from service.care.guidance import NOTHING, Guidance
from service.errors import NotAllowed
from service.journey import actions as journey
from service.journey import question_actions
from service.journey.schemas import EventIn, EventPatch
from service.journey.visit_schemas import QuestionIn, QuestionPatch
from service.records import Change
from service.reminders import actions as reminders
from service.reminders.schemas import ReminderChanges, ReminderIn
from service.symptoms.schemas import MeasurementIn, SymptomReportIn
from service.symptoms.units import BY_STAFF_ONLY
from service.treatments.schemas import TreatmentIn, TreatmentPatch
from service.wellbeing.schemas import (
    QuestionnaireResponseIn,
    QuestionnaireResponsePatch,
    WellbeingCheckIn,
)


class Push(NamedTuple):
    """One push on its way: the open transaction, whose it is, which change it makes."""

    session: Session
    patient: PatientRef
    change: Change
    viewer: Viewer


Body = dict[str, Any]


class Taker(NamedTuple):
    """How the records of one table are taken.

    ``create`` is handed what the schema of the route loads; what only ``change`` knows of a new
    record is changed right after, unless it says what ``starts_as`` has anyway.
    """

    schema: Schema
    create: Callable[[Push, Body], Guidance]
    patch: Schema | None = None
    change: Callable[[Push, UUID, Body], Guidance] | None = None
    delete: Callable[[Push, UUID], None] | None = None
    starts_as: Mapping[str, Any] = {}


def _log_treatment(push: Push, body: Body) -> Guidance:
    care_treatments.log(push.session, push.patient, change=push.change, treatment=body)
    return NOTHING


def _change_treatment(push: Push, id: UUID, changes: Body) -> Guidance:
    care_treatments.amend(push.session, push.patient, change=push.change, id=id, changes=changes)
    return NOTHING


def _take_out_treatment(push: Push, id: UUID) -> None:
    care_treatments.take_out(push.session, push.patient, change=push.change, id=id)


def _note_event(push: Push, body: Body) -> Guidance:
    journey.note_event(push.session, change=push.change, event=body)
    return NOTHING


def _change_event(push: Push, id: UUID, changes: Body) -> Guidance:
    journey.change_event(push.session, change=push.change, id=id, changes=changes, if_version=None)
    return NOTHING


def _take_out_event(push: Push, id: UUID) -> None:
    journey.take_out_event(push.session, change=push.change, id=id, if_version=None)


def _ask(push: Push, body: Body) -> Guidance:
    question_actions.ask_question(push.session, change=push.change, question=body)
    return NOTHING


def _change_question(push: Push, id: UUID, changes: Body) -> Guidance:
    question_actions.change_question(
        push.session, change=push.change, id=id, changes=changes, by_staff=False, if_version=None
    )
    return NOTHING


def _take_back_question(push: Push, id: UUID) -> None:
    question_actions.take_back_question(
        push.session, change=push.change, id=id, by_staff=False, if_version=None
    )


def _report(push: Push, body: Body) -> Guidance:
    _, guidance = care_symptoms.report(
        push.session, push.patient, change=push.change, by=push.viewer, report=body
    )
    return guidance


def _take_back_report(push: Push, id: UUID) -> None:
    care_symptoms.take_back(
        push.session, push.patient, change=push.change, by=push.viewer, id=id, if_version=None
    )


def _measure(push: Push, body: Body) -> Guidance:
    if body["code"] in BY_STAFF_ONLY:
        raise NotAllowed
    _, guidance = care_symptoms.measure(
        push.session, push.patient, change=push.change, measurement=body
    )
    return guidance


def _check_in(push: Push, body: Body) -> Guidance:
    response = care_wellbeing.check_in(push.session, push.patient, change=push.change, check=body)
    return response.guidance if response else NOTHING


def _answer(push: Push, body: Body) -> Guidance:
    response = care_wellbeing.answer(
        push.session, push.patient, change=push.change, response=body, by_staff=False
    )
    return response.guidance if response else NOTHING


def _go_on(push: Push, id: UUID, changes: Body) -> Guidance:
    _, guidance = care_wellbeing.go_on(
        push.session, push.patient, change=push.change, id=id, changes=changes, by_staff=False,
        if_version=None,
    )  # fmt: skip
    return guidance


def _make_reminder(push: Push, body: Body) -> Guidance:
    id = body.pop("id")
    reminders.create(push.session, push.patient, change=push.change, id=id, content=body)
    return NOTHING


def _change_reminder(push: Push, id: UUID, changes: Body) -> Guidance:
    reminders.change_reminder(
        push.session, push.patient, change=push.change, reminder_id=id, changes=changes
    )
    return NOTHING


def _delete_reminder(push: Push, id: UUID) -> None:
    reminders.delete(push.session, change=push.change, reminder_id=id)


TAKERS: Mapping[str, Taker] = {
    "treatments": Taker(
        TreatmentIn(), _log_treatment, TreatmentPatch(), _change_treatment, _take_out_treatment
    ),
    "events": Taker(EventIn(), _note_event, EventPatch(), _change_event, _take_out_event),
    "symptom_reports": Taker(SymptomReportIn(), _report, delete=_take_back_report),
    "wellbeing_checks": Taker(WellbeingCheckIn(), _check_in),
    "questionnaire_responses": Taker(
        QuestionnaireResponseIn(), _answer, QuestionnaireResponsePatch(), _go_on
    ),
    "measurements": Taker(MeasurementIn(), _measure),
    "reminders": Taker(
        ReminderIn(), _make_reminder, ReminderChanges(), _change_reminder, _delete_reminder,
        starts_as={"status": "active"},
    ),
    "questions": Taker(
        QuestionIn(), _ask, QuestionPatch(), _change_question, _take_back_question
    ),
}  # fmt: skip
