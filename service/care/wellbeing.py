"""A wellbeing check or a questionnaire, and everything that follows: one way in for every edge."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care.guidance import Guidance
from service.care.records import Record
from service.care.reports_told import tell_systems_of_report
from service.care.respond import Response, guidance_given, respond
from service.clinical import knowledge
from service.panel import actions as panel
from service.records import Change
from service.reminders.answering import complete_day
from service.support import asking as support
from service.wellbeing import actions
from service.wellbeing.models import QuestionnaireResponse


def check_in(
    session: Session, patient: PatientRef, *, change: Change, check: Mapping[str, Any]
) -> Response | None:
    """Enter a wellbeing check and let everything follow; ``None`` if it is on file already.

    Wishes for a person become requests, whatever the rules say.  It completes the day's reminder.
    """
    at, is_new = actions.check_in(session, change=change, check=check)
    if not is_new:
        return None
    complete_day(session, patient, change=change, kind="wellbeing", at=at)
    record = Record("wellbeing_check", check["id"], at)
    tell_systems_of_report(session, patient, record, now=change.now)
    if check["contact_wanted"]:
        support.ask_for_wishes(
            session, patient, change=change, kinds=check["contact_wanted"],
            origin=record.as_json(),
        )  # fmt: skip
    panel.note_heard(session, patient, now=change.now)
    if check["distress"] is not None:
        panel.note_distress(session, patient, now=change.now)
    followed = respond(session, patient, change=change, record=record, at=at)
    if check["contact_wanted"]:
        support.tell_of_new(session, patient, now=change.now)
    return followed


def answer(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    response: Mapping[str, Any],
    by_staff: bool,
) -> Response | None:
    """Enter answers to a questionnaire and let everything follow; ``None`` if on file already.

    It completes the day's reminder to say how she feels.
    """
    at, is_new = actions.answer_questionnaire(
        session, change=change, response=response, knowledge=knowledge(), by_staff=by_staff
    )
    if not is_new:
        return None
    complete_day(session, patient, change=change, kind="wellbeing", at=at)
    panel.note_heard(session, patient, now=change.now)
    record = Record("questionnaire_response", response["id"], at)
    tell_systems_of_report(session, patient, record, now=change.now)
    return respond(session, patient, change=change, record=record, at=at)


def go_on(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    by_staff: bool,
    if_version: int | None,
) -> tuple[QuestionnaireResponse, Guidance]:
    """Go on with a questionnaire; what is answered now is acted on now."""
    stored, differs = actions.go_on_answering(
        session, change=change, id=id, changes=changes, knowledge=knowledge(), by_staff=by_staff,
        if_version=if_version,
    )  # fmt: skip
    if not differs:
        return stored, guidance_given(session, patient, id)
    session.flush()
    record = Record("questionnaire_response", id, stored.at)
    followed = respond(session, patient, change=change, record=record, at=stored.at)
    return stored, followed.guidance
