"""A site's questionnaire over the API: listed, answered, scored, and taken away again."""

import pytest

from service.care.rules import go_by
from tests.conftest import API
from tests.site.conftest import STAMP

NOW = "2026-03-02T09:00:00-08:00"
ID = "01900000-0000-7000-8000-0000000000c1"
AT = "/patients/me/questionnaire-responses"


@pytest.fixture
def answer(call, site, garden):
    """Answer the made-up questionnaire, which the site has in its folder."""
    site.write("instruments/own-garden.yaml", garden)
    site.in_force()

    def answer(answers, status="completed", questionnaire="own-garden", id=ID):
        body = {
            "id": id, "questionnaire": questionnaire, "answers": answers, "status": status,
            "answered_at": NOW,
        }  # fmt: skip
        return call("ana", f"POST {AT}", body)

    return answer


def scores_in(answered):
    return {one["name"]: one["score"] for one in answered.json["scores"]}


def test_scores_stand_in_the_response_and_in_every_later_look(call, answer):
    given = answer({"1": 4, "3": 2, "4": 5, "5": 3})

    assert given.status_code == 201
    assert scores_in(given) == {"outdoors": 83.33, "calm": 44.8}
    assert given.json["total"] is None
    assert given.json["status"] == "completed"
    assert given.json["instrument_version"] == "1"
    assert (
        call("nora", f"GET {AT.replace('me', str(call_id(call)))}").json["items"][0]["scores"]
        == given.json["scores"]
    )
    assert call("ana", f"GET {AT}/{ID}").json["scores"] == given.json["scores"]


def call_id(call):
    return call("ana", "GET /me").json["patient_id"]


def test_what_is_not_answered_is_null_and_no_number(answer):
    given = answer({"5": 2})

    assert [one["score"] for one in given.json["scores"]] == [None, None]
    assert b"NaN" not in given.data


def test_going_on_scores_anew(call, answer):
    answer({"1": 4, "4": 5, "5": 3}, status="in-progress")

    gone_on = call("ana", f"PATCH {AT}/{ID}", {"answers": {"2": 1}, "status": "completed"})

    assert scores_in(gone_on) == {"outdoors": 50.0, "calm": 44.8}


def test_an_answer_outside_an_items_own_choices_is_refused(answer):
    refused = answer({"4": 11, "1": 0})

    assert refused.status_code == 422
    assert {one["pointer"] for one in refused.json["errors"]} == {"/answers/1", "/answers/4"}


def test_the_catalog_describes_it(call, answer):
    found = call("ana", "GET /catalog/questionnaires/own-garden").json

    assert found["origin"] == "site"
    assert found["recall"] == "Think of the last 7 days."
    assert found["items"][0]["answers"] is None
    assert found["items"][3]["answers"][0] == {"value": 0, "label": "Silent", "loinc": None}
    outdoors, calm = found["scales"]
    assert (outdoors["items"], outdoors["score"], outdoors["missing"]) == (
        [1, 2, 3],
        "mean",
        "half",
    )
    assert outdoors["bands"][1] == {"from": 50.0, "name": "some"}
    assert (calm["positive_at"], calm["higher_is"], calm["status"]) == (
        58.3,
        "better",
        "project choice",
    )
    listed = call("ana", "GET /catalog/questionnaires").json["items"]
    assert "own-garden" in {one["code"] for one in listed}


def test_a_questionnaire_that_was_taken_away_is_still_read_and_not_gone_on_with(
    call, world, answer
):
    answer({"1": 4, "4": 5, "5": 3}, status="in-progress")
    go_by(None)

    assert call("ana", f"GET {AT}/{ID}").json["next"] is None
    gone_on = call("ana", f"PATCH {AT}/{ID}", {"answers": {"2": 1}})
    assert gone_on.status_code == 409
    assert gone_on.json["type"].endswith("questionnaire-gone")
    assert answer({"1": 4}, id=ID[:-1] + "2").status_code == 422
    patient = world["ana"].patient_id
    for path in ("timeline", "picture", "visit-summary", "feed"):
        found = call("nora", f"GET /patients/{patient}/{path}")
        assert found.status_code == 200, path


def test_the_halves_of_phq_4_have_scores_of_their_own(answer):
    given = answer({"1": 2, "2": 2, "3": 0, "4": 1}, questionnaire="phq-4")

    assert given.json["total"] == 5
    assert given.json["scores"] == [
        {"name": "depression", "raw": 4.0, "score": 4.0, "band": None, "positive": True},
        {"name": "anxiety", "raw": 1.0, "score": 1.0, "band": None, "positive": False},
    ]


def test_a_half_that_is_answered_counts_though_the_other_is_not(answer):
    given = answer({"1": 2, "2": 2, "3": 0}, questionnaire="phq-4")

    assert (given.json["total"], given.json["status"]) == (None, "in-progress")
    assert [one["score"] for one in given.json["scores"]] == [4.0, None]


def test_questionnaires_with_a_total_alone_have_no_scores(answer):
    assert answer({"1": 1, "2": 1}, questionnaire="phq-2").json["scores"] is None


def test_the_difficulty_question_is_answered_apart(call, answer):
    nine = {str(number): 1 for number in range(1, 10)}

    given = answer({**nine, "9": 0, "difficulty": 3}, questionnaire="phq-9")

    assert given.json["total"] == 8
    assert given.json["answers"]["difficulty"] == 3
    assert answer({"difficulty": 4}, questionnaire="phq-9", id=ID[:-1] + "3").status_code == 422
    asked = call("ana", "GET /catalog/questionnaires/phq-9").json["unscored"]
    assert [(one["key"], one["loinc"]) for one in asked] == [("difficulty", "69722-7")]


def test_her_activity_level_is_her_own_report_and_no_clinicians_rating(call, world, answer):
    patient = world["ana"].patient_id
    given = answer({"1": 3}, questionnaire="activity-level")

    assert (given.status_code, given.json["total"]) == (201, 3)
    profile = call("nora", f"GET /patients/{patient}").json
    assert profile.get("ecog") is None
    form = call("ana", "GET /catalog/questionnaires/activity-level").json
    assert "ECOG" in form["credit"]
    assert "ECOG" not in form["title"] + str(form["items"]) + str(form["answers"])
    assert (form["loinc_panel"], form["loinc_total"]) == (None, None)
    facts = call("nora", f"GET /patients/{patient}/picture").json
    assert "activity-level" in str(facts)


def test_the_contract_names_a_sites_questionnaire(client):
    assert client.get(f"{API}/openapi.json").status_code == 200


def test_the_words_of_the_wellbeing_check_are_in_the_catalog_and_a_sites_to_change(call, site):
    site.write("wellbeing_check.yaml", f"""version: 101
{STAMP}topics:
  - {{key: body, label: The body, status: project choice}}
""")  # fmt: skip
    site.in_force()

    form = call("ana", "GET /catalog/wellbeing-check").json

    assert (form["distress"]["minimum"], form["distress"]["maximum"]) == (0, 10)
    assert form["topics"][0]["label"] == "The body"
    assert len(form["topics"]) == 5
    assert (form["then"], form["version"]) == ("phq-4", 101)


def test_the_page_before_a_visit_says_what_the_scales_came_to(call, world, answer):
    answer({"1": 4, "3": 2, "4": 5, "5": 3})

    page = call("nora", f"GET /patients/{world['ana'].patient_id}/visit-summary").get_data(
        as_text=True
    )

    assert "Garden and company: Outdoors 83.33 (many), Calm 44.8 on" in page
