"""Cards of studies that may fit: few, only where wanted, never in an emergency, gone once dismissed."""

from uuid import uuid4

import pytest

from tests.studies.conftest import diagnose, study, tell_of

SEATTLE = {
    "facility": "Harbor", "city": "Seattle", "status": "RECRUITING",
    "geoPoint": {"lat": 47.6, "lon": -122.3},
}  # fmt: skip


def fits(nct_id, title="For ER-positive metastatic disease", phases=("PHASE2",), site=SEATTLE):
    return study(
        nct_id,
        identificationModule={"nctId": nct_id, "briefTitle": title},
        eligibilityModule={
            "eligibilityCriteria": "Inclusion Criteria:\n* ER-positive breast cancer"
        },
        designModule={"studyType": "INTERVENTIONAL", "phases": list(phases)},
        contactsLocationsModule={"locations": [site]},
    )


def number(n):
    return f"NCT9900080{n}"


@pytest.fixture
def cards(call):
    """The cards of studies in a feed."""

    def cards(who="ana", patient="me"):
        answer = call(who, f"GET /patients/{patient}/feed")
        assert answer.status_code == 200, answer.json
        return {one["slug"]: one for one in answer.json["items"] if one["kind"] == "study"}

    return cards


def report(call, clock, **what):
    body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(), "answers": [], **what}
    assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201


@pytest.mark.usefixtures("ana_wants_studies")
def test_a_study_that_may_fit_is_shown_with_why_and_how_far(imported, cards):
    imported(fits(number(1)), fits(number(2), phases=["PHASE1"]))

    found = cards()

    assert list(found) == [number(1), number(2)]
    card = found[number(1)]
    assert card["title"] == "For ER-positive metastatic disease"
    assert card["summary"] == (
        "A study that may fit, phase 2. Nearest site that takes people: Seattle, 0 km. "
        "From ClinicalTrials.gov, read on 2026-03-02. Ask your team."
    )
    assert [one["text"] for one in card["reasons"]] == [
        "On file: ER positive.", "On file: ER positive. On file: metastatic.",
    ]  # fmt: skip
    assert card["reasons"][0]["records"][0]["type"] == "diagnosis"
    assert card["study"]["nearest_site"] == {"city": "Seattle", "km": 0.0}
    assert card["study"]["path"] == "/patients/me/studies"
    assert found[number(2)]["study"]["path"] == "/patients/me/studies?phase=1"
    assert "eligible" not in str(found).lower()


def test_nobody_is_shown_studies_who_has_not_asked_for_them(
    ana_wants_studies,
    imported,
    cards,
    call,
):
    imported(fits(number(1)))
    assert cards()
    tell_of(call, information_preferences={"trials": False})
    assert cards() == {}


@pytest.mark.usefixtures("ana_wants_studies")
def test_there_are_three_at_most_and_a_dismissed_one_stays_away(
    imported,
    cards,
    call,
    clock,
):
    imported(*(fits(number(n)) for n in range(1, 6)))
    assert list(cards()) == [number(1), number(2), number(3)]

    answer = call("ana", f"POST /patients/me/feed/{number(1)}/dismiss")
    assert answer.status_code == 204
    assert list(cards()) == [number(2), number(3), number(4)]
    # They are among the few a day that are marked new, though they rest on her diagnosis.
    assert sum(one["is_new"] for one in cards().values()) < 3
    listed = call("ana", "GET /patients/me/studies").json["items"]
    assert number(1) not in {one["nct_id"] for one in listed}

    clock.pass_time(days=100)
    assert number(1) not in cards()


@pytest.mark.usefixtures("ana_wants_studies")
def test_a_study_is_up_for_a_week_in_thirty_days_unless_another_is_new(
    imported,
    cards,
    clock,
):
    imported(fits(number(5)))
    assert list(cards()) == [number(5)]
    clock.pass_time(days=8)
    assert cards() == {}
    imported(fits(number(6)))
    assert list(cards()) == [number(6)]
    clock.pass_time(days=23)
    assert list(cards()) == [number(5)]


@pytest.mark.usefixtures("ana_wants_studies")
@pytest.mark.parametrize("sign", [{"red_flags": ["chest_pain"]}, {"temperature_c": 39.0}])
def test_no_study_stands_beside_an_emergency(imported, cards, call, clock, sign):
    imported(fits(number(1)))
    body = {
        "id": str(uuid4()),
        "code": "capecitabine",
        "started_on": "2026-02-20",
        "status": "active",
    }
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    assert cards()
    report(call, clock, **sign)
    assert cards() == {}
    clock.pass_time(days=31)
    assert cards()


@pytest.mark.usefixtures("ana_wants_studies")
def test_the_feed_offers_what_the_list_says_may_fit_in_the_same_order(
    imported, cards, listed, call
):
    imported()
    for known in ({}, {"er": "negative", "pr": "negative", "her2": "positive"}, {"her2": "low"}):
        diagnose(call, **known)
        both = [*listed().values(), *listed("?phase=1").values()]
        assert list(cards()) == [one["nct_id"] for one in both if one["fit"] == "may_fit"][:3]


@pytest.mark.usefixtures("ana_wants_studies")
def test_what_no_longer_fits_is_gone_at_once(imported, cards, call):
    imported(fits(number(1)))
    assert cards()
    diagnose(call, er="negative", pr="negative")
    assert cards() == {}


@pytest.mark.usefixtures("ana_wants_studies")
def test_a_saved_study_leaves_the_feed_and_brings_how_to_get_ready(
    imported,
    cards,
    call,
):
    imported(fits(number(1)))
    assert call("ana", f"POST /patients/me/feed/{number(1)}/save").status_code == 204
    assert cards() == {}
    feed = {one["slug"]: one for one in call("ana", "GET /patients/me/feed").json["items"]}
    [record] = feed["trial-prep"]["reasons"][0]["records"]
    assert record["type"] == "study"
    facts = {one["fact"]: one for one in call("ana", "GET /patients/me/picture").json["facts"]}
    assert facts["studies_saved"]["value"] == 1
    assert call("ana", f"POST /patients/me/feed/{number(1)}/unsave").status_code == 204
    assert list(cards()) == [number(1)]
    feed = [one["slug"] for one in call("ana", "GET /patients/me/feed").json["items"]]
    assert "trial-prep" not in feed


@pytest.mark.usefixtures("ana_wants_studies")
def test_a_card_of_a_study_can_be_read_and_judged(imported, cards, call):
    imported(fits(number(1)))
    for act in ("read", "not-helpful"):
        assert call("ana", f"POST /patients/me/feed/{number(1)}/{act}").status_code == 204
    card = cards()[number(1)]
    assert (card["read_at"] is not None, card["helpful"]) == (True, False)
    for act in ("read", "dismiss", "nonsense"):
        assert call("ana", f"POST /patients/me/feed/NCT00000000/{act}").status_code == 404


@pytest.mark.usefixtures("ana_wants_studies")
def test_staff_see_her_cards_if_studies_are_for_them(imported, cards, call, world):
    imported(fits(number(1)))
    ana = world["ana"].patient_id
    assert list(cards("nora", ana)) == [number(1)]
    assert cards("chaya", ana) == {}
