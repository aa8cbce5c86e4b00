"""What can be done with her questions for the next visit: ask, answer, put right, take back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.errors import NotAllowed
from service.journey.models import Question
from service.records import Change, amend, bury, effective_moment, find, store


def ask_question(session: Session, *, change: Change, question: Mapping[str, Any]) -> bool:
    """Enter a question; tell whether it is new.

    ``asked_at`` left out is now.

    Raises:
        IdConflict: the id is taken for something else.
        ClockWrong: it was asked more than 24 hours from now, or before the year 2000.
    """
    said = question["asked_at"]
    if said is not None:
        effective_moment(said, now=change.now)
    content = {"text": question["text"], "asked_at": said}
    derived = {"asked_at": said or change.now}
    return store(
        session, Question, change=change, id=question["id"], content=content, derived=derived
    )


def change_question(
    session: Session,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    by_staff: bool,
    if_version: int | None,
) -> Question:
    """Answer a question or put its words right, and return it.

    An answer without a moment was given now; an answer taken out opens the question again.

    Raises:
        NotFound: no such question of hers.
        NotAllowed: staff would change words that are not theirs.
        Outdated: it has a newer version than the caller has seen.
        ClockWrong: it was answered more than 24 hours from now, or before the year 2000.
    """
    question = find(session, Question, change.patient_id, id)
    if by_staff and "text" in changes and question.entered_by != change.by:
        raise NotAllowed
    values = dict(changes)
    if values.get("answered_at") is not None:
        effective_moment(values["answered_at"], now=change.now)
    elif "answer" in values and "answered_at" not in values:
        answered_at = question.answered_at or change.now
        values["answered_at"] = None if values["answer"] is None else answered_at
    amend(question, values, change=change, if_version=if_version)
    return question


def take_back_question(
    session: Session, *, change: Change, id: UUID, by_staff: bool, if_version: int | None
) -> None:
    """Leave a tombstone where a question was.

    Raises:
        NotFound: no such question of hers.
        NotAllowed: staff would take back a question that is not theirs.
        Outdated: it has a newer version than the caller has seen.
    """
    question = find(session, Question, change.patient_id, id)
    if by_staff and question.entered_by != change.by:
        raise NotAllowed
    bury(question, change=change, if_version=if_version)
