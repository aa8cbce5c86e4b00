"""Whoever reads in a list why she waits has read of her, and her log says so."""

import pytest

from tests.alerts.conftest import CLOSING


@pytest.fixture
def looks(call):
    """Who read what of somebody's, the first first: ``[("Nora", "alerts")]``."""

    def looks(whose: str = "ana") -> list[tuple[str, str]]:
        items = call(whose, "GET /patients/me/access-log").json["items"]
        return [(one["name"], one["topic"]) for one in items[::-1] if one["action"] == "read"]

    return looks


def test_a_list_of_alerts_is_in_the_log_of_everybody_in_it(call, emergency, severe, looks):
    emergency()
    severe("nausea")
    call("nora", "GET /alerts")
    assert looks() == [("Nora", "alerts")]
    call("nora", "GET /alerts?queue=social_work")
    assert looks() == [("Nora", "alerts")]


def test_a_list_of_requests_is_in_the_log_of_everybody_in_it(call, looks):
    body = {"id": "01890000-0000-7000-8000-000000000001", "kind": "nurse", "contact_by": "phone"}
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    call("nora", "GET /support-requests")
    call("chaya", "GET /support-requests")
    assert looks() == [("Nora", "requests")]


def test_a_page_of_a_list_logs_the_patients_on_it(call, emergency, do, alert, looks):
    emergency()
    do("nora", alert(), "close", **CLOSING)
    before = len(looks())
    call("nora", "GET /alerts")
    assert len(looks()) == before
    call("nora", "GET /alerts?state=closed")
    assert len(looks()) == before + 1


def test_another_clinic_sees_and_logs_nothing(call, emergency, looks):
    emergency()
    assert call("olga", "GET /alerts").json["items"] == []
    assert looks() == looks("ben") == []


def test_the_panel_is_the_clinics_list_and_no_look_at_one_of_them(call, emergency, looks):
    emergency()
    call("nora", "GET /panel")
    assert looks() == []
