"""Apps built on the released contract go on working; and the comparison finds what would break."""

import copy
import json

import pytest

from tests.contract.breaking import breaks
from tests.contract.conftest import HERE

RELEASED = HERE.parents[1] / "docs" / "openapi.json"
REPORTS = "/api/v1/patients/{pid}/symptom-reports"


def test_nothing_an_app_relies_on_is_broken(document):
    """A break is a new version, or a mistake.  What was added is released by `waymark contract`."""
    assert breaks(json.loads(RELEASED.read_text()), document) == []


def drop_route(after):
    del after["paths"][REPORTS]["get"]


def drop_answered_field(after):
    del after["components"]["schemas"]["SymptomReportOut"]["properties"]["guidance"]


def change_answered_type(after):
    after["components"]["schemas"]["SymptomReportOut"]["properties"]["id"]["type"] = "integer"


def let_an_answer_be_null(after):
    after["components"]["schemas"]["GuidanceOut"]["properties"]["level"]["type"] = [
        "string",
        "null",
    ]


def need_a_field(after):
    after["components"]["schemas"]["SymptomReportIn"]["required"].append("note")


def take_a_field_no_more(after):
    del after["components"]["schemas"]["SymptomReportIn"]["properties"]["note"]


def take_a_word_no_more(after):
    flags = after["components"]["schemas"]["SymptomReportIn"]["properties"]["red_flags"]
    flags["items"]["enum"].remove("chest_pain")


def take_less_text(after):
    after["components"]["schemas"]["SymptomReportIn"]["properties"]["note"]["maxLength"] = 10


def need_a_query(after):
    named = {"in": "query", "name": "why", "required": True, "schema": {"type": "string"}}
    after["paths"][REPORTS]["get"]["parameters"].append(named)


def drop_a_query(after):
    after["paths"][REPORTS]["get"]["parameters"].clear()


def drop_an_answer(after):
    del after["paths"][REPORTS]["post"]["responses"]["200"]


def need_a_token(after):
    del after["paths"]["/api/v1/auth/login"]["post"]["security"]


def rename_an_operation(after):
    after["paths"][REPORTS]["post"]["operationId"] = "say_symptoms"


def want_a_body(after):
    after["paths"]["/api/v1/auth/logout"]["post"]["requestBody"] = {"content": {}}


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (drop_route, "gone"), (drop_answered_field, "guidance: gone"),
        (change_answered_type, "may be integer"), (let_an_answer_be_null, "may be null"),
        (need_a_field, "note: is needed"), (take_a_field_no_more, "note: gone"),
        (take_a_word_no_more, "chest_pain"), (take_less_text, "maxLength is 10"),
        (need_a_query, "query why is needed"), (drop_a_query, "query limit is not taken"),
        (drop_an_answer, "200"), (need_a_token, "token"), (rename_an_operation, "say_symptoms"),
        (want_a_body, "wants a body"),
    ],
)  # fmt: skip
def test_what_breaks_an_app_is_found(document, change, word):
    after = copy.deepcopy(document)
    change(after)
    assert any(word in found for found in breaks(document, after)), breaks(document, after)


def test_what_only_adds_breaks_nothing(document):
    after = copy.deepcopy(document)
    schemas = after["components"]["schemas"]
    schemas["SymptomReportOut"]["properties"]["more"] = {"type": "string"}
    schemas["SymptomReportIn"]["properties"]["more"] = {"type": "string"}
    schemas["SymptomReportIn"]["properties"]["red_flags"]["items"]["enum"].append("hiccups")
    schemas["GuidanceOut"]["properties"]["level"]["enum"].append("call_tomorrow")
    schemas["SymptomReportIn"]["properties"]["note"]["maxLength"] = 20_000
    after["paths"]["/api/v1/hiccups"] = after["paths"][REPORTS]
    after["paths"][REPORTS]["get"]["parameters"].append(
        {"in": "query", "name": "why", "required": False, "schema": {"type": "string"}}
    )
    assert breaks(document, after) == []
    assert breaks(document, document) == []
