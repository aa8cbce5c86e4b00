"""What she sees of the sample studies, and what she may do with them."""

import pytest
from sqlalchemy import select

from service.db import transaction
from service.journey.models import Question
from tests.studies.conftest import diagnose, study, tell_of, with_criteria

SERD, HER2, EARLY, BONE, YOGA, TNBC = (f"NCT9900000{number}" for number in (2, 3, 4, 5, 6, 7))


def verdicts(item):
    return {one["text"]: one["verdict"] for one in item["criteria"]}


def test_the_sample_studies_stand_to_her_as_a_nurse_would_say(ana_wants_studies, imported, listed):
    imported()

    items = listed()

    # Closed, for men, and from 65 years: left out. Phase 1 stands by itself.
    assert list(items) == [YOGA, SERD, EARLY, HER2]
    assert {n: one["fit"] for n, one in items.items()} == {
        YOGA: "may_fit", SERD: "ask", EARLY: "probably_not", HER2: "probably_not",
    }  # fmt: skip
    assert verdicts(items[SERD]) == {
        "Age: from 18 years": "met", "Sex: female": "met",
        "ER-positive, HER2-negative metastatic breast cancer": "met",
        # Nothing on file is not the same as never had.
        "Prior CDK4/6 inhibitor": "ask_your_doctor",
        "No more than 1 prior line of chemotherapy for metastatic disease": "ask_your_doctor",
        "Visceral crisis": "ask_your_doctor",
    }  # fmt: skip
    assert verdicts(items[EARLY])["Stage I-III breast cancer"] == "not_met"
    assert verdicts(items[EARLY])["Stage IV disease"] == "not_met"


def test_a_criterion_says_which_record_of_hers_it_is_about(
    ana_wants_studies, imported, listed, call
):
    imported()

    [line] = [one for one in listed()[SERD]["criteria"] if one["text"].startswith("ER-positive")]

    assert line["because"]["text"] == (
        "On file: ER positive. On file: HER2 negative. On file: metastatic."
    )
    [record] = line["because"]["records"]
    assert record["type"] == "diagnosis"


def test_phase_1_is_a_list_of_its_own(ana_wants_studies, imported, listed):
    imported(
        *(
            study(f"NCT9900020{number}", designModule={"studyType": "INTERVENTIONAL", "phases": phases})
            for number, phases in enumerate(
                (["EARLY_PHASE1"], ["PHASE1"], ["PHASE1", "PHASE2"], ["PHASE2"], ["NA"], [])
            )
        )
    )  # fmt: skip

    first = {f"NCT9900020{number}" for number in (0, 1, 2)}
    assert set(listed("?phase=1")) == first
    assert set(listed()) == {f"NCT9900020{number}" for number in (3, 4, 5)}


def test_the_samples_of_phase_1(ana_wants_studies, imported, listed):
    imported()

    assert set(listed("?phase=1")) == {"NCT99000001", BONE}


def test_tabs_sort_what_is_no_treatment(ana_wants_studies, imported, listed):
    tell_of_year = study("NCT99000300", designModule={"studyType": "OBSERVATIONAL"})
    imported()
    imported(tell_of_year)

    assert list(listed("?tab=supportive")) == [YOGA]
    assert list(listed("?tab=observational")) == ["NCT99000300"]
    assert set(listed("?tab=treatment")) == {SERD, EARLY, HER2}


def test_the_nearest_site_is_one_that_takes_people_itself(ana_wants_studies, imported, listed):
    imported()

    near = listed("?phase=1")[BONE]["nearest_site"]

    # The one in Seattle is completed, so it is Boston.
    assert near["lat"] == 42.3371
    assert 3_900 < near["km"] < 4_100
    assert listed()[SERD]["nearest_site"]["km"] < 5


def test_a_site_that_nobody_can_place_is_kept(ana_wants_studies, imported, listed, call):
    places = [
        {"facility": "Somewhere", "status": "RECRUITING"},
        {"facility": "Bad", "status": "RECRUITING", "geoPoint": {"lat": 900, "lon": "x"}},
    ]
    imported(study(contactsLocationsModule={"locations": places}))
    [item] = listed().values()
    assert item["nearest_site"]["facility"] == "Somewhere"
    assert item["nearest_site"]["km"] is None

    tell_of(call, home=None)
    imported()
    assert listed()[SERD]["nearest_site"]["km"] is None


def test_every_item_names_its_source_and_its_day(ana_wants_studies, imported, listed, call):
    imported()
    item = listed()[SERD]

    assert item["registry_url"] == f"https://clinicaltrials.gov/study/{SERD}"
    assert item["source"] == "ClinicalTrials.gov"
    assert item["imported_at"] == "2026-03-02T17:00:00Z"
    assert item["registry_updated_on"] == "2026-05-20"
    assert item["status_words"] == "Open for new people"


def test_who_does_not_want_studies_sees_none_and_is_told_why(imported, call):
    imported()
    for wish in ({}, {"trials": False}, {"trials": None}):
        call("ana", "PATCH /patients/me", {"information_preferences": wish})

        answer = call("ana", "GET /patients/me/studies")

        assert answer.json["items"] == []
        assert answer.json["hidden_because"] == "trials_not_wanted"


@pytest.mark.parametrize(
    ("change", "text", "before", "after"),
    [
        (lambda call: diagnose(call, her2="positive"),
         "ER-positive, HER2-negative metastatic breast cancer", "met", "not_met"),
        (lambda call: tell_of(call, ecog=2), "ECOG 0-1", "met", "not_met"),
        (lambda call: tell_of(call, ecog=None), "ECOG 0-1", "met", "ask_your_doctor"),
        (lambda call: call("ana", "POST /patients/me/treatments", {
            "id": "00000000-0000-7000-8000-00000000000a", "code": "ribociclib",
            "started_on": "2025-01-05", "status": "active"}),
         "Prior CDK4/6 inhibitor", "ask_your_doctor", "met"),
    ],
)  # fmt: skip
def test_when_her_journey_changes_nothing_stale_remains(
    ana_wants_studies, imported, listed, call, change, text, before, after
):
    lines = (
        "ER-positive, HER2-negative metastatic breast cancer", "ECOG 0-1", "Prior CDK4/6 inhibitor"
    )  # fmt: skip
    imported(with_criteria("Inclusion Criteria:\n" + "\n".join(f"* {line}" for line in lines)))
    assert verdicts(listed()["NCT99000100"])[text] == before

    change(call)

    assert verdicts(listed()["NCT99000100"])[text] == after


def test_a_birth_year_and_a_home_count_at_once(ana_wants_studies, imported, listed, call):
    imported()
    assert "NCT99000008" not in listed()

    tell_of(call, birth_year=1950, home={"lat": 42.3, "lon": -71.1})

    assert listed()["NCT99000008"]["fit"] == "may_fit"
    assert listed()[SERD]["nearest_site"]["km"] < 10


def test_an_unknown_age_or_sex_leaves_nothing_out(ana_wants_studies, imported, listed, call):
    imported()

    tell_of(call, birth_year=None, sex=None)

    assert {"NCT99000008", "NCT99000009"} <= set(listed())
    assert verdicts(listed()["NCT99000009"])["Sex: male"] == "ask_your_doctor"


def test_pages_go_on_where_the_last_one_ended(ana_wants_studies, imported, call):
    imported(*(study(f"NCT990005{number:02}") for number in range(25)))
    seen, query = [], "?limit=10"
    while True:
        answer = call("ana", f"GET /patients/me/studies{query}").json
        seen += [item["nct_id"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        query = f"?limit=10&cursor={answer['next_cursor']}"

    assert seen == [f"NCT990005{number:02}" for number in range(25)]
    assert call("ana", "GET /patients/me/studies?cursor=e30").status_code == 422


def test_a_saved_study_stays_and_a_dismissed_one_goes(ana_wants_studies, imported, listed, call):
    imported()
    for _again in range(2):
        assert call("ana", f"POST /patients/me/studies/{SERD}/save").status_code == 200
        assert call("ana", f"POST /patients/me/studies/{HER2}/dismiss").status_code == 200

    assert list(listed("?saved=true")) == [SERD]
    assert HER2 not in listed()

    call("ana", f"POST /patients/me/studies/{SERD}/unsave")
    call("ana", f"POST /patients/me/studies/{HER2}/save")
    assert list(listed("?saved=true")) == [HER2]


def test_a_saved_study_says_when_it_stands_otherwise_to_her(
    ana_wants_studies, imported, listed, call
):
    imported()
    call("ana", f"POST /patients/me/studies/{SERD}/save")
    assert listed()[SERD]["has_changed"] is False

    diagnose(call, her2="positive")

    assert listed()[SERD]["has_changed"] is True


def test_a_study_becomes_one_question_for_her_visit(ana_wants_studies, imported, call, app, world):
    imported()

    marks = [call("ana", f"POST /patients/me/studies/{SERD}/discuss").json for _ in range(3)]

    assert len({mark["question_id"] for mark in marks}) == 1
    [question] = call("ana", "GET /patients/me/questions").json["items"]
    assert SERD in question["text"]
    assert "Oral SERD after CDK4/6 inhibitor" in question["text"]

    call("ana", f"DELETE /patients/me/questions/{question['id']}")
    again = call("ana", f"POST /patients/me/studies/{SERD}/discuss").json
    assert again["question_id"] != question["id"]
    with app.app_context(), transaction() as session:
        live = select(Question).where(Question.deleted_at.is_(None))
        assert len(session.scalars(live).all()) == 1


def test_what_is_no_study_or_no_act_is_not_found(ana_wants_studies, imported, call):
    imported()
    for path in ("NCT99000099/save", f"{SERD}/enrol", "x/save", "%00/save"):
        assert call("ana", f"POST /patients/me/studies/{path}").status_code == 404


def test_her_nurse_sees_the_same_list_and_another_clinic_nothing(
    ana_wants_studies, imported, listed, call, world
):
    imported()
    pid = str(world["ana"].patient_id)

    assert listed(name="nora", pid=pid) == listed()
    assert call("olga", f"GET /patients/{pid}/studies").status_code == 404
    looks = call("ana", "GET /patients/me/access-log").json["items"]
    assert any(one["topic"] == "studies" for one in looks)


def test_another_clinic_has_its_own_studies(ana_wants_studies, imported, call, world):
    imported()
    call("ben", "PATCH /patients/me", {"information_preferences": {"trials": True}})

    assert call("ben", "GET /patients/me/studies").json["items"] == []
