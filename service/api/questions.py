"""Routes: what she wants to ask at the next visit."""

from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, newest_first, page
from service.api.problems import ApiBlueprint
from service.api.versions import if_version
from service.journey import queries, question_actions
from service.journey.models import Question
from service.journey.visit_schemas import (
    QuestionFilter,
    QuestionIn,
    QuestionOut,
    QuestionPage,
    QuestionPatch,
)
from service.records import find

blp = ApiBlueprint("questions", __name__, description="What she wants to ask at the next visit")

_QUESTION = "/patients/<pid:pid>/questions/<uuid:question_id>"


@blp.route("/patients/<pid:pid>/questions", methods=["POST"])
@allow(Topic.QUESTIONS, Do.WRITE)
@blp.arguments(QuestionIn)
@blp.response(201, QuestionOut)
@blp.alt_response(200, schema=QuestionOut, description="On file already")
def ask_question(question: dict[str, Any], *, call: Call) -> Any:
    """Note a question for the next visit."""
    is_new = question_actions.ask_question(call.session, change=call.change, question=question)
    found = find(call.session, Question, call.patient.id, question["id"])
    return found, 201 if is_new else 200


@blp.route("/patients/<pid:pid>/questions")
@allow(Topic.QUESTIONS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.arguments(QuestionFilter, location="query")
@blp.response(200, QuestionPage)
def list_questions(args: dict[str, Any], which: dict[str, Any], *, call: Call) -> Any:
    """List her questions, the latest asked first; with ``open=true`` those not answered yet."""
    rows = call.session.scalars(
        newest_first(
            queries.questions_of(call.patient.id, is_open=which["is_open"]),
            at=Question.asked_at, id=Question.id, limit=args["limit"], last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.asked_at, row.id))
    return {"items": items, "next_cursor": cursor}


@blp.route(_QUESTION)
@allow(Topic.QUESTIONS, Do.READ)
@blp.response(200, QuestionOut)
def read_question(question_id: UUID, *, call: Call) -> Any:
    """Read one question and, if there is one, its answer."""
    return find(call.session, Question, call.patient.id, question_id)


@blp.route(_QUESTION, methods=["PATCH"])
@allow(Topic.QUESTIONS, Do.WRITE)
@blp.arguments(QuestionPatch)
@blp.versioned
@blp.response(200, QuestionOut)
def change_question(changes: dict[str, Any], question_id: UUID, *, call: Call) -> Any:
    """Note the answer to a question, or put its words right."""
    return question_actions.change_question(
        call.session, change=call.change, id=question_id, changes=changes,
        by_staff=call.viewer.is_staff, if_version=if_version(),
    )  # fmt: skip


@blp.route(_QUESTION, methods=["DELETE"])
@allow(Topic.QUESTIONS, Do.WRITE)
@blp.versioned
@blp.response(204)
def take_back_question(question_id: UUID, *, call: Call) -> None:
    """Take a question back; staff only one they entered themselves."""
    question_actions.take_back_question(
        call.session, change=call.change, id=question_id, by_staff=call.viewer.is_staff,
        if_version=if_version(),
    )  # fmt: skip
