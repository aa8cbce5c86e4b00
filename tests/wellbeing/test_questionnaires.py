"""Questionnaires: scores, what comes next, and item 9, which waits for nobody to finish."""

from uuid import uuid4

import pytest

NOW = "2026-03-02T09:00:00-08:00"
NINE = {str(n): 0 for n in range(1, 10)}


@pytest.fixture
def answer(call):
    def answer(code, answers, who="ana", patient="me", status="completed", **more):
        body = {"id": str(uuid4()), "questionnaire": code, "answers": answers, "status": status,
                "answered_at": NOW, **more}  # fmt: skip
        return call(who, f"POST /patients/{patient}/questionnaire-responses", body)

    return answer


@pytest.fixture
def go_on(call):
    def go_on(response, headers=None, **changes):
        path = f"/patients/me/questionnaire-responses/{response['id']}"
        return call("ana", f"PATCH {path}", changes, headers=headers or {})

    return go_on


def queue(call):
    return call("sol", "GET /alerts?queue=social_work").json["items"]


@pytest.mark.parametrize(
    ("code", "answers", "total", "positive", "following"),
    [("phq-2", {"1": 1, "2": 1}, 2, False, None), ("phq-2", {"1": 2, "2": 1}, 3, True, "phq-9"),
     ("phq-2", {"1": 2, "2": 0}, 2, False, "phq-9"), ("gad-2", {"1": 2, "2": 0}, 2, False, None),
     ("gad-2", {"1": 2, "2": 1}, 3, True, "gad-7")],
)  # fmt: skip
def test_a_short_screen_says_which_form_comes_next(
    answer, call, code, answers, total, positive, following
):
    told = answer(code, answers).json
    assert (told["total"], told["positive"], told["next"]) == (total, positive, following)
    assert queue(call) == []


def test_an_item_left_out_makes_no_total_and_is_kept_as_unfinished(answer):
    for answers in ({"1": 2}, {"1": 2, "2": None}):
        told = answer("phq-2", answers)
        assert told.status_code == 201
        assert (told.json["status"], told.json["total"], told.json["next"]) == (
            "in-progress", None, "phq-9",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "due"), [(1, "2026-03-03T17:00:00Z"), (2, "2026-03-02T18:00:00Z")]
)
def test_item_9_of_an_unfinished_form_is_a_crisis_at_once(answer, call, value, due):
    told = answer("phq-9", {"9": value}, status="in-progress").json
    assert (told["guidance"]["level"], told["guidance"]["phone"]) == ("crisis", "988")
    assert told["total"] is None
    [alert] = queue(call)
    assert (alert["severity"], alert["rules"], alert["contact_by"]) == ("urgent", ["SI-9"], due)
    assert alert["needs_named_contact"] is True


def test_item_9_acts_on_the_save_that_brings_it(answer, go_on, call, clock):
    begun = answer("phq-9", {"1": 1}, status="in-progress").json
    assert begun["guidance"]["level"] == "none"
    clock.pass_time(days=3)
    told = go_on(begun, answers={"9": 2})
    assert (told.status_code, told.json["guidance"]["level"]) == (200, "crisis")
    assert told.json["answers"] == {"1": 1, "9": 2}
    [alert] = queue(call)
    # She said it now, not when she began the form.
    assert alert["due_at"] == "2026-03-05T17:30:00Z"
    assert told.json["answered_at"] == begun["answered_at"]


def test_taking_item_9_back_lowers_nothing(answer, go_on, call):
    told = answer("phq-9", {"9": 3}, status="in-progress").json
    go_on(told, answers={"9": 0})
    [alert] = queue(call)
    assert (alert["severity"], alert["state"]) == ("urgent", "open")


def test_saving_the_same_again_changes_nothing(answer, go_on):
    told = answer("phq-9", {"9": 1}, status="in-progress").json
    again = go_on(told, answers={"9": 1})
    assert (again.status_code, again.json) == (200, told)


def test_the_form_can_be_finished_later(answer, go_on, call):
    told = answer("phq-9", {**NINE, "1": None}, status="completed").json
    assert told["status"] == "in-progress"
    done = go_on(told, answers={"1": 1}, status="completed").json
    assert (done["status"], done["total"], done["band"] is not None) == ("completed", 1, True)


def test_of_two_phones_the_later_is_told(answer, go_on):
    told = answer("phq-9", {"1": 1}, status="in-progress").json
    assert go_on(told, headers={"If-Match": '"1"'}, answers={"2": 1}).status_code == 200
    late = go_on(told, headers={"If-Match": '"1"'}, answers={"3": 1})
    assert (late.status_code, late.json["type"].rpartition("/")[2]) == (412, "version-outdated")


@pytest.mark.parametrize(
    ("total", "rules", "priority"),
    [(9, set(), None), (10, {"DEP-MOD"}, None), (14, {"DEP-MOD"}, None), (15, {"DEP-SEV"}, "high"),
     (24, {"DEP-SEV"}, "high")],
)  # fmt: skip
def test_a_long_form_reaches_the_social_worker_by_its_total(answer, call, total, rules, priority):
    answers = dict(NINE)
    for item in range(1, 9):
        answers[str(item)] = min(3, total)
        total -= answers[str(item)]
    answer("phq-9", answers)
    assert {rule for alert in queue(call) for rule in alert["rules"]} == rules
    assert [alert["priority"] for alert in queue(call)] == ([priority] if rules else [])


@pytest.mark.parametrize(
    ("code", "answers"),
    [("phq-9", {"9": 4}), ("phq-9", {"9": -1}), ("phq-9", {"10": 0}), ("phq-9", {"9": True}),
     ("phq-9", {"9": "1"}), ("phq-9", {"9": 1.0}), ("phq-9", {"9": [1]}), ("gad-2", {"3": 0}),
     ("eq-5d", {"1": 1})],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_422_and_nothing_is_kept(answer, call, code, answers):
    assert answer(code, answers).status_code == 422
    assert call("ana", "GET /patients/me/questionnaire-responses").json["items"] == []
    assert queue(call) == []


def test_an_answer_that_does_not_fit_is_422_on_a_later_save_too(answer, go_on, call):
    told = answer("phq-9", {"1": 1}, status="in-progress").json
    assert go_on(told, answers={"9": 7}).status_code == 422
    shown = call("ana", f"GET /patients/me/questionnaire-responses/{told['id']}").json
    assert shown["answers"] == {"1": 1}


def test_what_a_clinician_enters_no_patient_does(answer, call, world):
    yes = {str(n): n == 4 for n in range(1, 7)}
    refused = answer("c-ssrs", yes)
    assert (refused.status_code, refused.json["type"].rpartition("/")[2]) == (403, "for-staff-only")
    assert queue(call) == []
    entered = answer("c-ssrs", yes, who="sol", patient=world["ana"].patient_id)
    assert (entered.status_code, entered.json["status"], entered.json["total"]) == (
        201,
        "completed",
        None,
    )
    [alert] = queue(call)
    assert (alert["severity"], alert["rules"]) == ("urgent", ["SI-CSSRS"])
    path = f"/patients/me/questionnaire-responses/{entered.json['id']}"
    assert call("ana", f"PATCH {path}", {"answers": {"4": False}}).status_code == 403


def test_her_family_answers_no_questionnaire_for_her(answer, world):
    assert (
        answer("phq-2", {"1": 0, "2": 0}, who="hugo", patient=world["ana"].patient_id).status_code
        == 403
    )
