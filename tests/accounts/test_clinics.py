"""The clinic: its hours, holidays and numbers, changed by an administrator."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Role
from service.accounts.rules import hours_text, parse_hours
from service.alerts.models import Alert
from service.db import transaction
from tests.accounts.conftest import slug
from tests.conftest import _add


def clocks(app, patient_id):
    with app.app_context(), transaction() as session:
        [alert] = session.scalars(sa.select(Alert).where(Alert.patient_id == patient_id)).all()
        assert alert.acknowledge_by is not None
        return alert.acknowledge_by, alert.contact_by


@pytest.fixture
def report_nausea(app, call, world, clock):
    """Somebody of Harbor's reports severe nausea: an alert whose clock is the clinic's."""
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "dana", Role.PATIENT, world.clinic_id)

    def report_nausea(name):
        report = {
            "id": str(uuid4()), "reported_at": "2026-03-02T09:00:00-08:00",
            "answers": [{"symptom": "nausea", "frequency": 4, "severity": 4}],
        }  # fmt: skip
        assert call(name, "POST /patients/me/symptom-reports", report).status_code == 201
        return world[name].patient_id

    return report_nausea


@pytest.fixture
def change(call, world):
    def change(body, name="ada"):
        return call(name, f"PATCH /clinics/{world.clinic_id}", body)

    return change


def test_one_sees_ones_own_clinic(call, world):
    [clinic] = call("nora", "GET /clinics").json["items"]

    assert (clinic["id"], clinic["name"]) == (str(world.clinic_id), "Harbor Cancer Care")
    assert clinic["hours"]["mon"] == ["08:00", "17:00"]
    assert clinic["phones"]["crisis_line"] == "988"


def test_what_is_left_out_stays(change):
    answer = change({"phones": {"crisis_line": "999"}, "holidays": ["2026-12-26", "2026-12-25"]})

    assert answer.status_code == 200
    assert answer.json["phones"] == {
        "oncology_line": "206-555-0100", "emergency_number": "911", "crisis_line": "999",
    }  # fmt: skip
    assert answer.json["holidays"] == ["2026-12-25", "2026-12-26"]
    assert answer.json["name"] == "Harbor Cancer Care"


def test_clocks_that_run_are_not_rewritten_and_the_next_goes_by_the_new_hours(
    change, app, report_nausea
):
    first = report_nausea("ana")
    given = clocks(app, first)
    assert change({"hours": {"sat": ["10:00", "11:00"]}}).status_code == 200

    assert clocks(app, first) == given
    assert clocks(app, report_nausea("dana"))[0] > given[0] + timedelta(days=3)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"hours": {"mon": ["17:00", "08:00"]}}, "/hours"),
        ({"hours": {"mon": ["08:00"]}}, "/hours"),
        ({"hours": {"monday": ["08:00", "17:00"]}}, "/hours"),
        ({"hours": {"mon": ["8", "17:00"]}}, "/hours"),
        ({"hours": "Mon-Fri 08:00-17:00"}, "/hours"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"holidays": ["25.12.2026"]}, "/holidays/0"),
        ({"phones": {"crisis_line": " "}}, "/phones/crisis_line"),
        ({"phones": {"oncology_line": "x"}}, "/phones/oncology_line"),
        ({"phones": {"other": "1"}}, "/phones/other"),
        ({"name": ""}, "/name"),
    ],
)
def test_what_is_no_clinic_is_refused(call, change, body, pointer):
    answer = change(body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert call("ada", "GET /clinics").json["items"][0]["hours"]["mon"] == ["08:00", "17:00"]


def test_two_clinics_do_not_share_a_name(change):
    answer = change({"name": "Hilltop Oncology"})

    assert (answer.status_code, slug(answer)) == (409, "clinic-exists")
    assert change({"name": "Harbor Cancer Care"}).status_code == 200


def test_another_clinic_is_none_and_nobody_else_may(call, change, world):
    answer = call("ada", f"PATCH /clinics/{world.other_clinic_id}", {"name": "Mine"})

    assert answer.status_code == 404
    for name in ("nora", "per", "eva"):
        assert change({"name": "Mine"}, name).status_code == 403


@pytest.mark.parametrize(
    "text",
    ["Mon-Fri 08:00-17:00", "Mon 08:00-17:00, Tue-Wed 09:00-12:00, Fri 09:00-12:00, Sun 10:00-11:00",
     "Mon-Sun 00:00-23:59"],
)  # fmt: skip
def test_hours_are_written_as_they_are_read(text):
    assert hours_text(parse_hours(text)) == text


def test_no_hours_are_written_as_nothing():
    assert hours_text({}) == ""
