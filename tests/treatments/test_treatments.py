"""Treatments: what the catalogue fills in and refuses, and how they change."""

from uuid import uuid4

import pytest


@pytest.fixture
def log(call):
    def log(**what):
        body = {"id": str(uuid4()), "started_on": "2026-02-02", "status": "active", **what}
        return call("ana", "POST /patients/me/treatments", body)

    return log


@pytest.fixture
def change(call):
    def change(treatment, headers=None, **what):
        path = f"/patients/me/treatments/{treatment['id']}"
        return call("ana", f"PATCH {path}", what, headers=headers or {})

    return change


def pointers(answer):
    assert answer.status_code == 422, answer.json
    return [error["pointer"] for error in answer.json["errors"]]


@pytest.mark.parametrize(
    ("code", "modality"),
    [("letrozole", "hormonal"), ("trastuzumab", "targeted"), ("t_dxd", "targeted"),
     ("paclitaxel", "chemotherapy"), ("denosumab_120", "bone_modifying"), ("mastectomy", "surgery"),
     ("rt_bone", "radiation"), ("pembrolizumab", "immunotherapy"), ("loperamide", "supportive")],
)  # fmt: skip
def test_the_catalogue_says_the_modality(log, code, modality):
    answer = log(code=code)
    assert (answer.status_code, answer.json["modality"]) == (201, modality)


def test_the_catalogue_says_the_schedule_unless_she_does(log):
    usual = log(code="ribociclib").json["schedule"]
    assert usual == {"type": "on_off", "on_days": 21, "off_days": 7, "times": usual["times"]}
    own = {"type": "daily", "times": ["07:30"]}
    assert log(code="ribociclib", schedule=own).json["schedule"] == own


def test_a_conflicting_modality_is_refused(log):
    assert pointers(log(code="letrozole", modality="chemotherapy")) == ["/modality"]
    assert log(code="letrozole", modality="hormonal").status_code == 201


def test_her_own_words_need_a_modality(log):
    assert pointers(log(name="A trial drug")) == ["/modality"]
    assert log(name="A trial drug", modality="other").json["code"] is None
    assert set(pointers(log())) == {"/name", "/modality"}
    assert "/code" in pointers(log(code="no-such-drug"))


@pytest.mark.parametrize(
    ("searched", "code"),
    [("Herceptin", "trastuzumab"), ("herceptin", "trastuzumab"), ("xgeva", "denosumab_120"),
     ("XGEVA", "denosumab_120"), ("Ibrance", "palbociclib"), ("letroz", "letrozole"),
     ("Zometa", "zoledronic_acid")],
)  # fmt: skip
def test_treatments_are_found_by_brand_and_by_generic_name(call, searched, code):
    found = call("ana", "GET /catalog/treatments", query_string={"q": searched}).json["items"]
    assert found[0]["code"] == code


def test_the_catalogue_is_searched_by_class_and_modality(call):
    hormonal = call("ana", "GET /catalog/treatments?modality=hormonal").json
    assert {one["modality"] for one in hormonal["items"]} == {"hormonal"}
    cdk = call("ana", "GET /catalog/treatments", query_string={"class": "CDK4/6 inhibitor"}).json
    assert {"palbociclib", "ribociclib", "abemaciclib"} <= {one["code"] for one in cdk["items"]}
    assert call("ana", "GET /catalog/treatments?q=zzzz").json["items"] == []
    assert hormonal["version"] is not None


@pytest.mark.parametrize(
    ("schedule", "where"),
    [({}, "/schedule/type"), ({"type": "weekly"}, "/schedule/type"),
     ({"type": ["cycle"]}, "/schedule/type"), ({"type": "cycle", "cycle_days": 21}, "/schedule/dose_days"),
     ({"type": "cycle", "cycle_days": 21, "dose_days": [22]}, "/schedule/dose_days"),
     ({"type": "cycle", "cycle_days": 21, "dose_days": [1, 1]}, "/schedule/dose_days"),
     ({"type": "cycle", "cycle_days": 21, "dose_days": []}, "/schedule/dose_days"),
     ({"type": "cycle", "cycle_days": 0, "dose_days": [1]}, "/schedule/cycle_days"),
     ({"type": "cycle", "cycle_days": True, "dose_days": [1]}, "/schedule/cycle_days"),
     ({"type": "on_off", "on_days": 21, "off_days": 1.5}, "/schedule/off_days"),
     ({"type": "daily", "times": ["8:00"]}, "/schedule/times"),
     ({"type": "daily", "times": ["24:00"]}, "/schedule/times"),
     ({"type": "daily", "times": "08:00"}, "/schedule/times"),
     ({"type": "daily", "times": ["T0800"]}, "/schedule/times"),
     ({"type": "daily", "times": ["08+01"]}, "/schedule/times"),
     ({"type": "daily"}, "/schedule/times"), ({"type": "interval", "days": 400}, "/schedule/days"),
     ({"type": "interval", "days": 28, "loading_days": [0]}, "/schedule/loading_days"),
     ({"type": "once", "days": 3}, "/schedule/days"), ({"type": "none", "x": None}, "/schedule/x")],
)  # fmt: skip
def test_a_schedule_that_cannot_be_is_refused(log, schedule, where):
    assert where in pointers(log(code="ribociclib", schedule=schedule))


@pytest.mark.parametrize(
    "schedule",
    [{"type": "cycle", "cycle_days": 28, "dose_days": [1, 8, 15]},
     {"type": "on_off", "on_days": 21, "off_days": 7, "times": ["08:00", "20:00"]},
     {"type": "interval", "days": 28, "loading_days": [1, 15, 29]}, {"type": "once"}, {"type": "none"}],
)  # fmt: skip
def test_a_schedule_that_can_be_is_kept(log, schedule):
    assert log(code="ribociclib", schedule=schedule).json["schedule"] == schedule


def test_it_does_not_end_before_it_starts(log, change):
    assert pointers(log(code="letrozole", ended_on="2026-02-01")) == ["/ended_on"]
    same_day = log(code="letrozole", ended_on="2026-02-02", status="completed")
    assert same_day.status_code == 201
    assert pointers(change(same_day.json, started_on="2026-03-01")) == ["/ended_on"]


def test_a_patch_changes_what_it_names_and_nothing_else(log, change):
    made = log(code="letrozole", dose="2.5 mg", notes="with breakfast").json
    changed = change(made, dose=None, status="held").json
    assert (changed["dose"], changed["status"], changed["version"]) == (None, "held", 2)
    assert (changed["notes"], changed["modality"]) == ("with breakfast", "hormonal")
    assert change(made, status="held").json["version"] == 2


def test_another_drug_brings_its_own_modality(log, change):
    made = log(code="letrozole").json
    assert change(made, code="paclitaxel").json["modality"] == "chemotherapy"
    assert pointers(change(made, modality="hormonal")) == ["/modality"]


def test_of_two_phones_the_later_is_told(log, change, call):
    made = log(code="letrozole").json
    assert change(made, headers={"If-Match": '"1"'}, dose="5 mg").status_code == 200
    assert change(made, headers={"If-Match": '"1"'}, dose="1 mg").status_code == 412
    assert change(made, headers={"If-Match": '"nonsense"'}, dose="1 mg").status_code == 412
    path = f"DELETE /patients/me/treatments/{made['id']}"
    assert call("ana", path, headers={"If-Match": '"1"'}).status_code == 412
    assert call("ana", path, headers={"If-Match": '"2"'}).status_code == 204
    assert call("ana", f"GET /patients/me/treatments/{made['id']}").status_code == 404
    assert call("ana", path).status_code == 404
    assert change(made, dose="x").status_code == 404


def test_the_same_again_is_the_same_also_after_a_change(call, change):
    body = {"id": str(uuid4()), "code": "letrozole", "started_on": "2026-02-02", "status": "active"}
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    change(body, dose="5 mg")
    again = call("ana", "POST /patients/me/treatments", body)
    assert (again.status_code, again.json["dose"]) == (200, "5 mg")


def test_her_nurse_enters_a_treatment_and_her_chaplain_does_not_see_it(call, world):
    path = f"/patients/{world['ana'].patient_id}/treatments"
    body = {"id": str(uuid4()), "code": "letrozole", "started_on": "2026-02-02", "status": "active"}
    assert call("nora", f"POST {path}", body).status_code == 201
    assert call("ana", "GET /patients/me/treatments").json["items"][0]["code"] == "letrozole"
    assert call("chaya", f"GET {path}").status_code == 403


def test_taken_out_it_takes_along_what_was_suggested_for_it(log, call):
    def suggested():
        items = call("ana", "GET /patients/me/reminders").json["items"]
        return {(one["treatment_id"], one["status"]) for one in items}

    mistaken, hers = log(code="denosumab_120").json, log(code="paclitaxel").json
    others = {one for one in suggested() if one[0] != mistaken["id"]}
    assert (mistaken["id"], "suggested") in suggested()
    assert (hers["id"], "suggested") in others

    assert call("ana", f"DELETE /patients/me/treatments/{mistaken['id']}").status_code == 204
    assert suggested() == others

    again = log(code="denosumab_120").json
    assert (again["id"], "suggested") in suggested()


def test_taken_out_it_leaves_the_reminders_she_accepted(log, call):
    mistaken = log(code="denosumab_120").json
    [first, *_] = [
        one
        for one in call("ana", "GET /patients/me/reminders").json["items"]
        if one["treatment_id"] == mistaken["id"]
    ]
    path = f"/patients/me/reminders/{first['id']}"
    accepted = {"status": "active", "local_start": "2026-03-04T09:00"}
    assert call("ana", f"PATCH {path}", accepted).status_code == 200

    call("ana", f"DELETE /patients/me/treatments/{mistaken['id']}")
    assert call("ana", f"GET {path}").json["status"] == "active"
