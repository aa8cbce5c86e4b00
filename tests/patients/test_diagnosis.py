"""The diagnosis: what holds, what held before, and who says so."""

import pytest

BONE = {"recurrence": "distant", "metastatic_sites": ["bone"]}


def put(call, who="ana", patient="me", **what):
    return call(who, f"PUT /patients/{patient}/diagnosis", what)


def test_before_anybody_says_so_nothing_is_known(call):
    nothing = call("ana", "GET /patients/me/diagnosis")
    assert (nothing.status_code, nothing.json["metastatic"], nothing.json["er"]) == (
        200,
        False,
        None,
    )


def test_what_she_says_is_hers_until_staff_confirm_it(call, world):
    told = put(call, **BONE).json
    assert (told["confirmed_by"], told["metastatic"]) == (None, True)
    confirmed = put(call, "omar", world["ana"].patient_id, **BONE).json
    assert (confirmed["confirmed_by"], confirmed["confirmed_at"]) == (
        "Omar",
        "2026-03-02T17:00:00Z",
    )


def test_what_was_known_before_stays_in_the_history(call, clock):
    put(call, recurrence="local")
    clock.pass_time(days=3)
    put(call, **BONE)
    put(call, **BONE)  # says nothing new
    history = call("ana", "GET /patients/me/diagnosis/history").json["items"]
    assert [one["recurrence"] for one in history] == ["distant", "local"]
    assert call("ana", "GET /patients/me/diagnosis").json["recurrence"] == "distant"


@pytest.mark.parametrize(
    ("what", "metastatic"),
    [({"recurrence": "local"}, False), ({"recurrence": "distant"}, True),
     ({"stage_iv_at_diagnosis": True}, True), ({"metastatic_sites": ["lymph_node"]}, True), ({}, False)],
)  # fmt: skip
def test_metastatic_follows_from_sites_recurrence_or_stage(call, what, metastatic):
    assert put(call, **what).json["metastatic"] is metastatic


@pytest.mark.parametrize(
    "bad",
    [{"metastatic_sites": ["heart"]}, {"metastatic_sites": ["bone", "bone"]}, {"her2": "maybe"},
     {"diagnosed_on": "2020"}, {"metastatic": True}, {"confirmed_by": "Omar"}, {"mutations": [1]}],
)  # fmt: skip
def test_what_does_not_fit_is_422(call, bad):
    assert put(call, **bad).status_code == 422


def test_the_chaplain_does_not_read_it_and_another_clinic_finds_nothing(call, world):
    path = f"GET /patients/{world['ana'].patient_id}/diagnosis"
    assert (call("chaya", path).status_code, call("olga", path).status_code) == (403, 404)


def test_the_picture_names_where_each_fact_is_from(call):
    put(call, **BONE)
    facts = call("ana", "GET /patients/me/picture").json["facts"]
    assert facts
    from_diagnosis = [
        one["fact"]
        for one in facts
        if {record["type"] for record in one["records"]} == {"diagnosis"}
    ]
    assert any("site" in name or "diagnosis" in name for name in from_diagnosis)
