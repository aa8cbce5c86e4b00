"""Her safety plan: written with her, kept version by version, seen by few."""

import pytest

from service.clinical import knowledge

PLAN = {"signs": "I stop answering the phone.", "people": "Hugo, 206-555-0110"}


@pytest.fixture
def write(call, world):
    def write(sections, who="ana", seen=None):
        pid = "me" if who == "ana" else world["ana"].patient_id
        headers = {} if seen is None else {"If-Match": f'"{seen}"'}
        return call(
            who, f"PUT /patients/{pid}/safety-plan", {"sections": sections}, headers=headers
        )

    return write


def test_before_there_is_one_it_is_empty_and_says_whom_to_call(call):
    plan = call("ana", "GET /patients/me/safety-plan").json
    assert (plan["number"], plan["sections"], plan["made_at"]) == (0, {}, None)
    assert [one["key"] for one in plan["headings"]] == [
        one.key for one in knowledge().plan_headings
    ]
    assert (plan["crisis_line"], plan["emergency_number"]) == ("988", "911")


def test_she_and_her_team_write_it_and_what_was_before_is_kept(call, write, clock):
    assert write(PLAN).json["number"] == 1
    clock.pass_time(days=1)
    second = write({**PLAN, "alone": "Walk to the water."}, who="sol").json
    assert (second["number"], second["by_role"]) == (2, "social_worker")
    assert (
        call("ana", "GET /patients/me/safety-plan").json["sections"]["alone"]
        == "Walk to the water."
    )

    history = call("ana", "GET /patients/me/safety-plan/history").json["items"]
    assert [(one["number"], one["superseded_at"] is None) for one in history] == [
        (2, True), (1, False),
    ]  # fmt: skip
    assert history[1]["sections"] == PLAN


def test_the_same_again_is_no_new_version(write):
    write(PLAN)
    assert write({**PLAN, "alone": "  "}).json["number"] == 1


def test_who_has_not_seen_the_newest_is_told(write):
    assert write(PLAN, seen=0).status_code == 200
    assert write({"signs": "x"}, who="sol", seen=0).status_code == 412
    assert write({"signs": "x"}, who="sol", seen=1).json["number"] == 2


@pytest.mark.parametrize(
    "sections", [{}, {"signs": ""}, {"signs": None}, {"no such": "x"}, {**PLAN, "else": "x"}]
)
def test_a_plan_says_something_under_the_headings_there_are(write, call, sections):
    answer = write(sections)
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        422, "safety-plan-unusable",
    )  # fmt: skip
    assert call("ana", "GET /patients/me/safety-plan").json["number"] == 0


@pytest.mark.parametrize(
    ("who", "status"),
    [("nora", 200), ("omar", 200), ("sol", 200), ("chaya", 403), ("cora", 403), ("eva", 403),
     ("ada", 403), ("olga", 404), ("hugo", 403)],
)  # fmt: skip
def test_only_those_who_act_on_it_see_it(call, write, world, who, status):
    write(PLAN)
    answer = call(who, f"GET /patients/{world['ana'].patient_id}/safety-plan")
    assert answer.status_code == status


def test_every_look_and_change_is_in_her_log(call, write, world):
    write(PLAN)
    call("sol", f"GET /patients/{world['ana'].patient_id}/safety-plan")
    write({"signs": "Other"}, who="sol")
    log = {
        (row["name"], row["topic"], row["action"])
        for row in call("ana", "GET /patients/me/access-log").json["items"]
    }
    assert {("Sol", "safety_plan", "read"), ("Sol", "safety_plan", "write")} <= log
