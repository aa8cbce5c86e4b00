"""What can be done with wellbeing: check in, answer a questionnaire, finish it later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.clinical import Instrument, Knowledge
from service.errors import Conflict, NotAllowed, Rejected
from service.records import Change, amend, effective_moment, find, store
from service.wellbeing import rules
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck

# A check that holds none of these says nothing.
SAYS_SOMETHING = ("distress", "mood", "topics", "contact_wanted", "safe_now", "note")


class CheckEmpty(Rejected):
    """The check says nothing."""

    slug = "check-empty"
    title = "Say at least one thing."


class AnswersUnusable(Rejected):
    """An answer does not fit the questionnaire."""

    slug = "answers-unusable"
    title = "The answers do not fit this questionnaire."


class QuestionnaireGone(Conflict):
    """The site has taken the questionnaire out of its folder since she began it."""

    slug = "questionnaire-gone"
    title = "This questionnaire is not offered here any more."


class ForStaffOnly(NotAllowed):
    """Only a clinician who has spoken with her enters this questionnaire."""

    slug = "for-staff-only"
    title = "This questionnaire is entered by a clinician."


def check_in(
    session: Session, *, change: Change, check: Mapping[str, Any]
) -> tuple[datetime, bool]:
    """Enter one wellbeing check.

    Returns:
        The moment rules run on, and whether the check is new.

    Raises:
        CheckEmpty: it holds nothing but a moment.
        ClockWrong: it is dated more than a day ahead, or before 2000.
        IdConflict: the id is taken for something else.
    """
    if all(check[name] in (None, []) for name in SAYS_SOMETHING):
        raise CheckEmpty
    at = effective_moment(check["checked_at"], now=change.now)
    content = {name: value for name, value in check.items() if name != "id"}
    is_new = store(
        session, WellbeingCheck, change=change, id=check["id"], content=content, derived={"at": at}
    )
    return at, is_new


def answer_questionnaire(
    session: Session,
    *,
    change: Change,
    response: Mapping[str, Any],
    knowledge: Knowledge,
    by_staff: bool,
) -> tuple[datetime, bool]:
    """Enter the answers to one questionnaire, finished or not.

    A response sent as completed with an item left out is kept as in progress: nothing she said
    is refused, and no total is made up.

    Returns:
        The moment rules run on, and whether the response is new.

    Raises:
        AnswersUnusable: an answer does not fit.
        ForStaffOnly: a patient answers what only a clinician enters.
        ClockWrong: it is dated more than a day ahead, or before 2000.
        IdConflict: the id is taken for something else.
    """
    instrument = knowledge.instruments[response["questionnaire"]]
    if instrument.staff_only and not by_staff:
        raise ForStaffOnly
    at = effective_moment(response["answered_at"], now=change.now)
    content = {name: value for name, value in response.items() if name != "id"}
    derived = scored(instrument, response["answers"], response["status"])
    is_new = store(
        session, QuestionnaireResponse, change=change, id=response["id"], content=content,
        derived={**derived, "at": at},
    )  # fmt: skip
    return at, is_new


def go_on_answering(
    session: Session,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    knowledge: Knowledge,
    by_staff: bool,
    if_version: int | None,
) -> tuple[QuestionnaireResponse, bool]:
    """Add to, or finish, a response; answers merge item by item.

    Returns:
        The response, and whether anything differs now.

    Raises:
        NotFound: no such response of hers.
        AnswersUnusable: an answer does not fit.
        QuestionnaireGone: it is not offered here any more.
        ForStaffOnly: a patient changes what only a clinician enters.
        ClockWrong: it is dated more than a day ahead, or before 2000.
        Outdated: it has a newer version than the caller has seen.
    """
    response = find(session, QuestionnaireResponse, change.patient_id, id)
    instrument = knowledge.instruments.get(response.questionnaire)
    if instrument is None:
        raise QuestionnaireGone
    if instrument.staff_only and not by_staff:
        raise ForStaffOnly
    answers = {**response.answers, **changes.get("answers", {})}
    after = {
        **scored(instrument, answers, changes.get("status", response.status)),
        "answers": answers,
    }
    if "answered_at" in changes:
        moment = changes["answered_at"]
        after |= {"answered_at": moment, "at": effective_moment(moment, now=change.now)}
    elif any(getattr(response, name) != value for name, value in after.items()):
        # What she adds now is said now, though she began days ago: so clocks start now.
        after["at"] = change.now
    return response, amend(response, after, change=change, if_version=if_version)


def scored(instrument: Instrument, answers: Mapping[str, Any], status: str) -> dict[str, Any]:
    """Return what a response comes to, as it is stored.

    Raises:
        AnswersUnusable: an answer does not fit.
    """
    errors = rules.problems_of(instrument, answers)
    if errors:
        raise AnswersUnusable(errors=errors)
    score = rules.score_of(instrument, answers)
    # Without a total, as with yes and no or with scales, whoever answers says when it is finished.
    finished = status == "completed" and (score.is_complete or instrument.maximum is None)
    scored = {
        "scores": rules.scores_of(instrument, answers, is_finished=finished),
        "instrument_version": str(instrument.stamp.version),
    }
    if not finished:
        return {"status": "in-progress", "total": None, "band": None, "positive": None, **scored}
    return {
        "status": "completed", "total": score.total, "band": score.band,
        "positive": score.positive, **scored,
    }  # fmt: skip
