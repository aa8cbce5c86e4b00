"""Today's short form: what is asked, why, in which order, and that everything has its turn."""

from uuid import uuid4

import pytest

from service.clinical import knowledge

MANY = ("capecitabine", "abemaciclib", "t_dxd", "everolimus", "letrozole")


@pytest.fixture
def form(call):
    """Ana's form of today."""

    def form(who="ana", patient="me"):
        answer = call(who, f"GET /patients/{patient}/check-in")
        assert answer.status_code == 200, answer.json
        return answer.json

    return form


@pytest.fixture
def asked(form):
    """What is asked today, with the kind of reason."""

    def asked():
        return {item["symptom"]: item["because"]["kind"] for item in form()["items"]}

    return asked


@pytest.fixture
def report(call, clock):
    def report(answers, **more):
        body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(), "answers": answers}
        sent = call("ana", "POST /patients/me/symptom-reports", body | more)
        assert sent.status_code == 201, sent.json
        return sent.json

    return report


@pytest.fixture
def feels_low(call, clock):
    body = {
        "id": str(uuid4()), "questionnaire": "phq-2", "answers": {"1": 2, "2": 2},
        "status": "completed", "answered_at": clock.now().isoformat(),
    }  # fmt: skip
    assert call("ana", "POST /patients/me/questionnaire-responses", body).status_code == 201


def takes(call, code, started_on="2026-02-20"):
    body = {"id": str(uuid4()), "code": code, "started_on": started_on, "status": "active"}
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201


def answer(item, level=0):
    return {"symptom": item["symptom"], **{one["attribute"]: level for one in item["attributes"]}}


def test_with_nothing_on_file_a_few_go_round_and_the_signs_of_emergencies_are_there(form, asked):
    today = form()
    assert set(asked().values()) == {"rotation"}
    assert len(today["items"]) == knowledge().check_in.rotation
    flags = {flag["code"] for flag in today["red_flags"]}
    assert {"chest_pain", "seizure"} <= flags
    assert (today["same_as_last"], today["answered_today"]) == (None, False)
    [first, *_] = today["items"]
    assert first["attributes"][0]["options"][0]["value"] == 0
    assert all(item["because"]["text"] for item in today["items"])


def test_a_drug_brings_what_can_come_with_it_and_what_is_worth_measuring(call, form, asked):
    takes(call, "abemaciclib")
    today = form()
    brought = set(knowledge().treatments["abemaciclib"].symptoms)
    kinds = asked()
    assert {key for key, kind in kinds.items() if kind == "treatment"} <= brought
    assert "diarrhea" in kinds
    [diarrhea] = [item for item in today["items"] if item["symptom"] == "diarrhea"]
    assert diarrhea["because"]["text"] == "It can come with abemaciclib."
    assert diarrhea["because"]["records"][0]["type"] == "treatment"
    assert {one["measure"] for one in today["measures"]} == {
        "temperature_c", "stools_over_baseline",
    }  # fmt: skip


def test_what_was_there_last_time_comes_first_the_worst_of_it_in_front(call, report, asked, clock):
    takes(call, "abemaciclib")
    report([
        {"symptom": "insomnia", "severity": 1, "interference": 1},
        {"symptom": "nausea", "frequency": 3, "severity": 3},
        {"symptom": "cough", "severity": 0},
    ])  # fmt: skip
    clock.pass_time(days=3)
    kinds = asked()
    assert list(kinds.items())[:2] == [("nausea", "last_time"), ("insomnia", "last_time")]
    assert kinds.get("cough") != "last_time"
    clock.pass_time(days=30)
    assert "last_time" not in asked().values()


def test_a_rule_that_asks_for_a_questionnaire_is_heard(form, feels_low):
    due = {one["code"]: one["because"]["rule"] for one in form()["questionnaires"]}
    assert due == {"phq-9": "SCR-2"}


def test_no_day_asks_more_than_twelve_and_everything_has_its_turn(call, form, report, clock):
    for code in MANY:
        takes(call, code)
    brought = {key for code in MANY for key in knowledge().treatments[code].symptoms}
    seen = set()
    for _day in range(12):
        items = form()["items"]
        assert len(items) <= 12
        assert len({item["symptom"] for item in items}) == len(items)
        seen |= {item["symptom"] for item in items}
        report([answer(item) for item in items])
        clock.pass_time(days=7)
    assert brought - knowledge().check_in.intimate <= seen
    assert set(knowledge().check_in.rotation_symptoms) <= seen


def test_the_form_is_the_same_all_day_and_on_every_device(form, clock):
    first = form()["items"]
    clock.pass_time(hours=6)
    assert form()["items"] == first


def test_the_same_as_last_time_in_one_tap_gives_the_same_grades(call, form, report, clock):
    takes(call, "abemaciclib")
    first = report(
        [answer(item, 1) for item in form()["items"]], temperature_c=36.9, note="A quiet week."
    )
    clock.pass_time(days=1)

    same = form()["same_as_last"]
    assert same["report_id"] == first["id"]
    assert same["reported_at"] == "2026-03-02T17:00:00Z"
    again = report(same["answers"])

    grades = {one["symptom"]: one["grade"] for one in first["answers"]}
    assert {one["symptom"]: one["grade"] for one in again["answers"]}.items() <= grades.items()
    assert len(again["answers"]) >= 5
    assert (again["temperature_c"], again["note"]) == (None, None)
    assert form()["answered_today"] is True


def test_a_warning_sign_or_an_old_report_is_never_said_again_by_one_tap(form, report, clock):
    report([answer(form()["items"][0])], red_flags=["calf_pain"])
    clock.pass_time(days=1)
    assert form()["same_as_last"] is None
    report([answer(form()["items"][0])])
    clock.pass_time(days=15)
    assert form()["same_as_last"] is None


def test_what_is_intimate_is_asked_of_those_who_want_it_or_spoke_of_it(call, asked, report, clock):
    takes(call, "letrozole")
    assert not knowledge().check_in.intimate & asked().keys()
    report([{"symptom": "decreased_libido", "severity": 2}])
    clock.pass_time(days=1)
    assert asked()["decreased_libido"] == "last_time"


def test_staff_read_the_same_form_and_others_none(call, form, feels_low, world):
    ana = world["ana"].patient_id
    assert form("nora", ana) == form()
    assert call("ben", f"GET /patients/{ana}/check-in").status_code == 404
    assert call("chaya", f"GET /patients/{ana}/check-in").status_code == 403


def test_nothing_is_asked_once_care_has_ended(call, form, world):
    left = {"care_status": "withdrawn"}
    answered = call("nora", f"PATCH /patients/{world['ana'].patient_id}", left)
    assert answered.status_code == 200
    today = form()
    assert (today["items"], today["red_flags"], today["measures"]) == ([], [], [])
