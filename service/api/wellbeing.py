"""Routes of wellbeing: checks and questionnaires."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, newest_first, page
from service.api.problems import ApiBlueprint
from service.api.versions import if_version
from service.care import wellbeing as care
from service.care.respond import guidance_given
from service.clinical import knowledge
from service.records import find
from service.wellbeing import rules
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck
from service.wellbeing.schemas import (
    QuestionnaireResponseIn,
    QuestionnaireResponseOut,
    QuestionnaireResponsePage,
    QuestionnaireResponsePatch,
    WellbeingCheckIn,
    WellbeingCheckKept,
    WellbeingCheckOut,
    WellbeingCheckPage,
)  # fmt: skip

blp = ApiBlueprint("wellbeing", __name__, description="How she feels, and what follows from it")


@blp.route("/patients/<pid:pid>/wellbeing-checks", methods=["POST"])
@allow(Topic.WELLBEING, Do.WRITE)
@blp.arguments(WellbeingCheckIn)
@blp.response(201, WellbeingCheckOut)
@blp.alt_response(200, schema=WellbeingCheckOut, description="On file already")
def check_in(check: dict[str, Any], *, call: Call) -> Any:
    """Say how she feels."""
    response = care.check_in(call.session, call.patient, change=call.change, check=check)
    stored = find(call.session, WellbeingCheck, call.patient.id, check["id"])
    if response is None:
        guidance, following = guidance_given(call.session, call.patient, check["id"]), None
    else:
        guidance, following = response.guidance, response.next
    body = {**vars(stored), "guidance": guidance.as_json(), "next": following}
    return body, 200 if response is None else 201


@blp.route("/patients/<pid:pid>/wellbeing-checks")
@allow(Topic.WELLBEING, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, WellbeingCheckPage)
def list_checks(args: dict[str, Any], *, call: Call) -> Any:
    """List wellbeing checks, newest first; private notes are hers alone."""
    rows = call.session.scalars(
        newest_first(
            _mine(WellbeingCheck, call), at=WellbeingCheck.at, id=WellbeingCheck.id,
            limit=args["limit"], last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.at, row.id))
    return {"items": [_for_viewer(call, check) for check in items], "next_cursor": cursor}


@blp.route("/patients/<pid:pid>/wellbeing-checks/<uuid:check_id>")
@allow(Topic.WELLBEING, Do.READ)
@blp.response(200, WellbeingCheckKept)
def read_check(check_id: UUID, *, call: Call) -> Any:
    """Read one wellbeing check."""
    return _for_viewer(call, find(call.session, WellbeingCheck, call.patient.id, check_id))


@blp.route("/patients/<pid:pid>/questionnaire-responses", methods=["POST"])
@allow(Topic.QUESTIONNAIRES, Do.WRITE)
@blp.arguments(QuestionnaireResponseIn)
@blp.response(201, QuestionnaireResponseOut)
@blp.alt_response(200, schema=QuestionnaireResponseOut, description="On file already")
def answer_questionnaire(response: dict[str, Any], *, call: Call) -> Any:
    """Answer a questionnaire; item 9 of the PHQ-9 acts at once, also in an unfinished form."""
    followed = care.answer(
        call.session, call.patient, change=call.change, response=response,
        by_staff=call.viewer.is_staff,
    )  # fmt: skip
    stored = find(call.session, QuestionnaireResponse, call.patient.id, response["id"])
    if followed is None:
        guidance = guidance_given(call.session, call.patient, stored.id)
    else:
        guidance = followed.guidance
    return _scored(stored, guidance), 200 if followed is None else 201


@blp.route("/patients/<pid:pid>/questionnaire-responses")
@allow(Topic.QUESTIONNAIRES, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, QuestionnaireResponsePage)
def list_responses(args: dict[str, Any], *, call: Call) -> Any:
    """List responses, newest first."""
    rows = call.session.scalars(
        newest_first(
            _mine(QuestionnaireResponse, call), at=QuestionnaireResponse.at,
            id=QuestionnaireResponse.id, limit=args["limit"], last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.at, row.id))
    return {"items": items, "next_cursor": cursor}


@blp.route("/patients/<pid:pid>/questionnaire-responses/<uuid:response_id>")
@allow(Topic.QUESTIONNAIRES, Do.READ)
@blp.response(200, QuestionnaireResponseOut)
def read_response(response_id: UUID, *, call: Call) -> Any:
    """Read one response."""
    stored = find(call.session, QuestionnaireResponse, call.patient.id, response_id)
    return _scored(stored, guidance_given(call.session, call.patient, response_id))


@blp.route("/patients/<pid:pid>/questionnaire-responses/<uuid:response_id>", methods=["PATCH"])
@allow(Topic.QUESTIONNAIRES, Do.WRITE)
@blp.arguments(QuestionnaireResponsePatch)
@blp.versioned
@blp.response(200, QuestionnaireResponseOut)
def go_on_answering(changes: dict[str, Any], response_id: UUID, *, call: Call) -> Any:
    """Go on with, or finish, a questionnaire."""
    stored, guidance = care.go_on(
        call.session, call.patient, change=call.change, id=response_id, changes=changes,
        by_staff=call.viewer.is_staff, if_version=if_version(),
    )  # fmt: skip
    return _scored(stored, guidance)


def _mine(model: Any, call: Call) -> Any:
    return sa.select(model).where(model.patient_id == call.patient.id, model.deleted_at.is_(None))


def _for_viewer(call: Call, check: WellbeingCheck) -> dict[str, Any]:
    shown = dict(vars(check))
    is_private = check.note_is_private and call.viewer.account_id != check.entered_by
    if is_private or not call.reads_her_words:
        shown["note"] = None
    return shown


def _scored(stored: QuestionnaireResponse, guidance: Any) -> dict[str, Any]:
    instrument = knowledge().instruments.get(stored.questionnaire)
    following = rules.score_of(instrument, stored.answers).next if instrument else None
    return {**vars(stored), "guidance": guidance.as_json(), "next": following}
