"""The panel: one row a patient of the clinic, sorted, searched and read page by page."""

from datetime import timedelta
from uuid import uuid4

import pytest

from service.accounts.models import Role
from service.db import transaction
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


def reports(call, who, severity=1, at=MONDAY_MORNING):
    answers = [{"symptom": "nausea", "frequency": severity, "severity": severity}]
    body = {"id": str(uuid4()), "reported_at": at.isoformat(), "answers": answers}
    answer = call(who, "POST /patients/me/symptom-reports", body)
    assert answer.status_code == 201
    return answer.json


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
