"""The panel: one row a patient of the clinic, sorted, searched and read page by page."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from service.accounts.access import Viewer
from service.accounts.models import Role
from service.accounts.queries import lock_patient
from service.care import symptoms
from service.db import transaction
from service.records import Change
from service.wire import moment_text
from tests.conftest import MONDAY_MORNING, _add


@pytest.fixture
def ward(app, world, clock):
    """Six more patients of Ana's clinic."""
    names = ["bea", "cleo", "dana", "edda", "fay", "gia"]
    with app.app_context(), transaction() as session:
        for name in names:
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
    return names


@pytest.fixture
def panel(call):
    def panel(who="nora", **query):
        return [
            row["display_name"] for row in call(who, "GET /panel", query_string=query).json["items"]
        ]

    return panel


def reports(call, who, severity=1, at=MONDAY_MORNING, **more):
    answers = [{"symptom": "nausea", "frequency": severity, "severity": severity}]
    body = {"id": str(uuid4()), "reported_at": at.isoformat(), "answers": answers, **more}
    answer = call(who, "POST /patients/me/symptom-reports", body)
    assert answer.status_code == 201
    return answer.json


def take_back(app, world, clock, id, who="ana"):
    with app.app_context(), transaction() as session:
        patient = lock_patient(session, world[who].patient_id)
        by = Viewer(
            account_id=world[who].account_id, session_id=uuid4(), role=Role.PATIENT,
            clinic_id=world.clinic_id, display_name=who, email="", time_zone="UTC", locale="en",
            has_second_factor=False,
        )  # fmt: skip
        change = Change(
            patient_id=patient.id, change_no=patient.change_no, by=by.account_id, now=clock.now()
        )
        symptoms.take_back(session, patient, change=change, by=by, id=UUID(id), if_version=None)


@pytest.mark.parametrize("sort", ["risk", "last_report", "name"])
def test_pages_put_together_are_the_whole(call, ward, panel, sort):
    for number, name in enumerate(ward[:4]):
        reports(call, name, number + 1, MONDAY_MORNING - timedelta(days=number % 3))
    found, cursor = [], ""
    while cursor is not None:
        page = call("nora", f"GET /panel?limit=2&sort={sort}{cursor and '&cursor=' + cursor}").json
        found += [row["display_name"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert found == panel(sort=sort)
    assert len(found) == len(set(found)) == 7


def test_who_needs_somebody_is_first(call, ward, panel):
    reports(call, "gia", 4)
    reports(call, "bea", 2)
    assert panel()[:2] == ["Gia", "Bea"]


def test_who_has_never_reported_is_last_by_report(call, ward, panel):
    reports(call, "gia", 1, MONDAY_MORNING - timedelta(days=2))
    reports(call, "bea", 1)
    assert panel(sort="last_report")[:2] == ["Bea", "Gia"]
    assert panel(sort="name") == ["Ana", "Bea", "Cleo", "Dana", "Edda", "Fay", "Gia"]


def test_names_are_found_by_how_they_begin(ward, panel):
    assert panel(q="ED") == ["Edda"]
    assert panel(q="%") == []
    assert panel(q="_da") == []


def test_an_older_report_that_comes_late_changes_nothing(call, panel):
    reports(call, "ana", 1)
    reports(call, "ana", 4, MONDAY_MORNING - timedelta(days=3))
    [row] = call("nora", "GET /panel").json["items"]
    assert row["last_report_at"] == "2026-03-02T17:00:00Z"
    assert [one["grade"] for one in row["worst_symptoms"]] == [1]


def test_a_cursor_of_another_order_is_refused(call, ward):
    cursor = call("nora", "GET /panel?limit=2&sort=name").json["next_cursor"]
    assert call("nora", f"GET /panel?sort=risk&cursor={cursor}").status_code == 422


def test_another_clinic_sees_its_own(panel, ward):
    assert panel("olga") == ["Ben"]


@pytest.mark.parametrize("who", ["ana", "hugo", "eva", "ada", "per"])
def test_the_panel_is_for_the_care_team(call, who):
    assert call(who, "GET /panel").status_code == 403


def test_a_report_taken_back_leaves_the_one_before_it(app, world, clock, call, panel):
    before = MONDAY_MORNING - timedelta(days=2)
    reports(call, "ana", 2, before)
    latest = reports(call, "ana", 4)
    take_back(app, world, clock, latest["id"])
    [row] = call("nora", "GET /panel").json["items"]
    assert row["last_report_at"] == moment_text(before)
    assert [one["grade"] for one in row["worst_symptoms"]] == [2]


def test_the_only_report_taken_back_leaves_nothing(app, world, clock, call, ward, panel):
    only = reports(call, "gia", 4)
    assert panel(sort="last_report")[0] == "Gia"
    take_back(app, world, clock, only["id"], who="gia")
    assert "Gia" in panel(filter="never_reported")
    gia = call("nora", "GET /panel?q=gia").json["items"][0]
    assert (gia["last_report_at"], gia["worst_symptoms"]) == (None, [])


def test_a_correction_dated_earlier_takes_the_place_of_what_it_corrects(call, panel):
    wrong = reports(call, "ana", 4)
    reports(call, "ana", 1, MONDAY_MORNING - timedelta(hours=3), corrects=wrong["id"])
    [row] = call("nora", "GET /panel").json["items"]
    assert row["last_report_at"] == "2026-03-02T14:00:00Z"
    assert [one["grade"] for one in row["worst_symptoms"]] == [1]
