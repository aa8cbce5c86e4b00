"""The order of a queue: most urgent first, then by time left, page after page."""

from uuid import uuid4

import pytest

from service.accounts.models import Role
from service.db import transaction
from tests.conftest import _add

NOW = "2026-03-02T09:00:00-08:00"


@pytest.fixture
def ward(app, world, clock):
    """More patients of Ana's clinic."""
    names = ["bea", "cleo", "dana", "edda"]
    with app.app_context(), transaction() as session:
        for name in names:
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
    return names


def patients(call, query=""):
    items = call("nora", f"GET /alerts{query}").json["items"]
    return [one["patient"]["display_name"] for one in items]


def test_urgent_before_high_before_soon_before_information(call, ward, report, severe, clock):
    report(who="bea", answers=[{"symptom": "fatigue", "severity": 2, "interference": 2}])
    severe("nausea", who="cleo")
    check = {"id": str(uuid4()), "checked_at": NOW, "distress": 8}
    assert call("dana", "POST /patients/me/wellbeing-checks", check).status_code == 201
    clock.pass_time(minutes=1)
    report(who="edda", red_flags=["chest_pain"])

    items = call("nora", "GET /alerts").json["items"]
    shown = [(one["patient"]["display_name"], one["severity"], one["priority"]) for one in items]
    assert shown == [
        ("Edda", "urgent", None), ("Dana", "soon", "high"), ("Cleo", "soon", None),
        ("Bea", "info", None),
    ]  # fmt: skip


def test_of_the_same_severity_the_one_with_the_least_time_left_is_first(call, ward, severe, clock):
    for name in ("cleo", "bea", "dana"):
        severe("nausea", who=name)
        clock.pass_time(minutes=10)
    assert patients(call) == ["Cleo", "Bea", "Dana"]


def test_it_is_read_page_by_page_in_the_same_order(call, ward, report, severe, clock):
    report(who="bea", answers=[{"symptom": "fatigue", "severity": 2, "interference": 2}])
    report(who="ana", answers=[{"symptom": "fatigue", "severity": 2, "interference": 2}])
    for name in ("cleo", "dana", "edda"):
        severe("nausea", who=name)
    whole = patients(call)
    found, cursor = [], ""
    while cursor is not None:
        page = call("nora", f"GET /alerts?limit=1{cursor and '&cursor=' + cursor}").json
        found += [one["patient"]["display_name"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert found == whole
    assert len(found) == 5


def test_it_is_asked_by_state_patient_and_assignee(call, ward, severe, world, alert, do):
    severe("nausea", who="bea")
    severe("nausea", who="ana")
    ana = str(world["ana"].patient_id)
    mine = alert(patient=ana)
    do("nora", mine, "acknowledge")

    assert patients(call, f"?patient={ana}") == ["Ana"]
    assert patients(call, "?state=open") == ["Bea"]
    assert patients(call, "?state=acknowledged") == ["Ana"]
    assert patients(call, f"?assignee={world['nora'].account_id}") == ["Ana"]
    assert patients(call, "?state=closed") == []
    assert call("nora", "GET /alerts?state=asleep").status_code == 422


def test_the_panel_counts_them_and_sorts_by_them(call, ward, report, severe, alert, do):
    severe("nausea", who="bea")
    report(who="cleo", red_flags=["chest_pain"])
    rows = call("nora", "GET /panel").json["items"]
    assert [row["display_name"] for row in rows][:2] == ["Cleo", "Bea"]
    assert [(row["urgent_alerts"], row["soon_alerts"]) for row in rows][:2] == [(1, 0), (0, 1)]

    closing = {"outcome": "seen", "action": "seen", "contact_made": True}
    found = alert(patient=rows[0]["patient_id"])
    assert do("nora", found, "close", **closing).status_code == 200
    rows = call("nora", "GET /panel").json["items"]
    assert (rows[0]["display_name"], rows[0]["urgent_alerts"]) == ("Bea", 0)


def test_once_taken_the_clock_that_runs_is_the_contacts_and_then_none(
    call, ward, report, severe, clock
):
    def due(name):
        items = call("nora", "GET /alerts").json["items"]
        return next(one["due_at"] for one in items if one["patient"]["display_name"] == name)

    report(who="edda", red_flags=["chest_pain"])
    [edda] = call("nora", "GET /alerts").json["items"]
    severe("nausea", who="cleo")
    assert (due("Edda"), due("Cleo")) == ("2026-03-02T17:30:00Z", "2026-03-03T17:00:00Z")
    clock.pass_time(minutes=1)
    call("nora", f"POST /alerts/{edda['id']}/acknowledge", {})
    assert due("Edda") == edda["contact_by"]
    call("nora", f"POST /alerts/{edda['id']}/contact-attempts", {"how": "phone", "reached": False})
    assert due("Edda") == edda["contact_by"]
    call("nora", f"POST /alerts/{edda['id']}/contact-attempts", {"how": "phone", "reached": True})
    assert due("Edda") is None


def test_of_one_severity_those_without_a_clock_come_last(call, ward, report, clock):
    for name in ("edda", "bea", "dana"):
        report(who=name, red_flags=["chest_pain"])
        clock.pass_time(minutes=1)
    [first, *_] = call("nora", "GET /alerts").json["items"]
    reached = {"how": "phone", "reached": True}
    call("nora", f"POST /alerts/{first['id']}/contact-attempts", reached)
    assert patients(call) == ["Bea", "Dana", "Edda"]
    clock.pass_time(minutes=1)
    report(who="edda", red_flags=["seizure"])
    assert patients(call) == ["Bea", "Dana", "Edda"]
    assert call("nora", "GET /alerts").json["items"][2]["due_at"] == "2026-03-02T17:34:00Z"
    found, cursor = [], ""
    while cursor is not None:
        page = call("nora", f"GET /alerts?limit=1{cursor and '&cursor=' + cursor}").json
        found += [one["patient"]["display_name"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert found == patients(call)
