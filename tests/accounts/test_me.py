"""One's own account, and the phones that ring for it."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Patient
from service.audit.models import AccessLogEntry
from service.db import transaction
from service.notify.models import Device
from service.panel.models import PatientSummary

BROWSER = {
    "platform": "webpush",
    "subscription": {
        "endpoint": "https://updates.push.example.org/wpush/v2/gAAAA",
        "expirationTime": None,
        "keys": {"p256dh": "BNcRd", "auth": "tBHI"},
    },
}


def test_everybody_sees_her_own_account(call, world):
    me = call("ana", "GET /me").json

    assert me == {
        "id": str(world["ana"].account_id),
        "patient_id": str(world["ana"].patient_id),
        "email": "ana@example.org",
        "display_name": "Ana",
        "role": "patient",
        "time_zone": "America/Los_Angeles",
        "locale": "en",
        "clinic": {
            "id": str(world.clinic_id),
            "name": "Harbor Cancer Care",
            "time_zone": "America/Los_Angeles",
            "phones": {
                "oncology_line": "206-555-0100",
                "emergency_number": "911",
                "crisis_line": "988",
            },
        },
        "quiet_hours": None,
        "channels": {
            "push": True,
            "email": True,
            "most_a_day": 12,
            "off": {"push": [], "email": []},
        },
        "second_factor": False,
    }
    assert call("nora", "GET /me").json["patient_id"] is None
    assert call("nora", "GET /me").json["second_factor"] is True


def test_what_is_left_out_stays(call, world):
    quiet = {"start": "22:00", "end": "07:00"}
    assert call("ana", "PATCH /me", {"quiet_hours": quiet}).json["quiet_hours"] == quiet
    first = call("ana", "PATCH /me", {"channels": {"email": False}}).json["channels"]
    assert (first["push"], first["email"]) == (True, False)

    changed = call("ana", "PATCH /me", {"channels": {"push": False}, "locale": "es-MX"}).json

    assert (changed["channels"]["push"], changed["channels"]["email"]) == (False, False)
    assert changed["locale"] == "es-MX"
    assert changed["quiet_hours"] == quiet
    assert call("ana", "PATCH /me", {"quiet_hours": None}).json["quiet_hours"] is None
    assert call("ana", "GET /me").json["channels"] == changed["channels"]


def test_what_she_switches_off_is_merged_way_by_way(call):
    def change(**channels):
        return call("ana", "PATCH /me", {"channels": channels}).json["channels"]

    change(off={"push": ["reply"]}, most_a_day=3)
    changed = change(off={"email": ["reminder", "reply"]})
    assert changed["off"] == {"push": ["reply"], "email": ["reminder", "reply"]}
    assert changed["most_a_day"] == 3
    assert change(off={"push": []})["off"] == {"push": [], "email": ["reminder", "reply"]}
    assert change(most_a_day=None)["most_a_day"] is None


def test_her_record_keeps_in_step_with_her_account(app, call, world):
    pid = world["ana"].patient_id
    call("ana", "PATCH /me", {"display_name": "ÁNA", "time_zone": "Europe/Lisbon"})

    with app.app_context(), transaction() as session:
        patient = session.get_one(Patient, pid)
        assert (patient.display_name, patient.time_zone) == ("ÁNA", "Europe/Lisbon")
        assert (patient.version, patient.change_no) == (2, 1)
        assert session.get_one(PatientSummary, pid).name_key == "ána"
        hers = sa.select(AccessLogEntry).where(AccessLogEntry.patient_id == pid)
        logged = session.scalars(hers).one()
        assert (logged.topic, logged.action) == ("profile", "write")


def test_what_concerns_the_account_alone_changes_no_record(app, call, world):
    call("ana", "PATCH /me", {"channels": {"push": False}})
    call("nora", "PATCH /me", {"display_name": "Nora N."})

    with app.app_context(), transaction() as session:
        assert session.get_one(Patient, world["ana"].patient_id).change_no == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "other@example.org"}, "/email"),
        ({"role": "administrator"}, "/role"),
        ({"clinic": None}, "/clinic"),
        ({"display_name": None}, "/display_name"),
        ({"time_zone": "PST8PDTX"}, "/time_zone"),
        ({"quiet_hours": {"start": "22:00"}}, "/quiet_hours/end"),
        ({"quiet_hours": {"start": "25:00", "end": "07:00"}}, "/quiet_hours/start"),
        ({"quiet_hours": {"start": "07:00", "end": "07:00"}}, "/quiet_hours/end"),
        ({"quiet_hours": {"start": "22:00\n", "end": "07:00"}}, "/quiet_hours/start"),
        ({"channels": {"pigeon": True}}, "/channels/pigeon"),
        ({"channels": {"push": "yes"}}, "/channels/push"),
        ({"channels": {"most_a_day": 0}}, "/channels/most_a_day"),
        ({"channels": {"most_a_day": 51}}, "/channels/most_a_day"),
        ({"channels": {"off": {"push": ["account"]}}}, "/channels/off/push/0"),
        ({"channels": {"off": {"push": ["alert"]}}}, "/channels/off/push/0"),
        ({"channels": {"off": {"push": ["reply", "reply"]}}}, "/channels/off/push"),
        ({"channels": {"off": {"pigeon": ["reply"]}}}, "/channels/off/pigeon"),
        ({"channels": {"off": None}}, "/channels/off"),
        ([], ""),
    ],
)
def test_nothing_else_can_be_changed(call, body, pointer):
    answer = call("ana", "PATCH /me", body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_a_phone_is_put_on_and_taken_off(app, call, world):
    id = uuid4()
    body = {"platform": "fcm", "token": "one"}

    first = call("ana", f"PUT /me/devices/{id}", body)
    again = call("ana", f"PUT /me/devices/{id}", body | {"token": "two"})
    other = call("ana", f"PUT /me/devices/{uuid4()}", BROWSER)

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert set(first.json) == {"id", "platform", "created_at"}  # the token is shown to nobody
    assert call("ana", f"DELETE /me/devices/{id}").status_code == 204
    assert call("ana", f"DELETE /me/devices/{id}").status_code == 204
    with app.app_context(), transaction() as session:
        devices = {device.id: device for device in session.scalars(sa.select(Device))}
        assert devices[id].address == {"token": "two"}
        assert devices[id].retired_at is not None
        assert devices[UUID(other.json["id"])].address["endpoint"].startswith("https://updates")


def test_nobody_takes_over_or_takes_off_anothers_phone(call, world):
    id = uuid4()
    call("ana", f"PUT /me/devices/{id}", {"platform": "fcm", "token": "hers"})

    taken = call("ben", f"PUT /me/devices/{id}", {"platform": "fcm", "token": "his"})

    assert taken.status_code == 409
    assert call("ben", f"DELETE /me/devices/{id}").status_code == 404
    call("ana", f"DELETE /me/devices/{id}")
    # Taken off by its owner, it may ring for the next one.
    handed_on = call("ben", f"PUT /me/devices/{id}", {"platform": "fcm", "token": "his"})
    assert handed_on.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"platform": "pigeon", "token": "x"},
        {"platform": "fcm"},
        {"platform": "fcm", "token": " "},
        {"platform": "fcm", "token": "x", "subscription": BROWSER["subscription"]},
        {"platform": "webpush", "token": "x"},
        {"platform": "webpush", "subscription": {"endpoint": "https://push.example.org/x"}},
    ],
)
def test_a_device_needs_the_address_of_its_platform(call, body):
    assert call("ana", f"PUT /me/devices/{uuid4()}", body).status_code == 422


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.org/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://0x7f.1/x",
        "https://2130706433/x",
        "https://localhost/x",
        "https://database.internal/x",
        "https://169.254.169.254/latest",
        "https://push.example.org:5432/x",
        "https://push.example.org@127.0.0.1/x",
        "https://user:secret@push.example.org/x",
        "https://push.example.org:99999/x",
        "https://[push.example.org/x",
        "https:///x",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_push_leads_into_our_own_network(call, endpoint):
    body = {**BROWSER, "subscription": {**BROWSER["subscription"], "endpoint": endpoint}}

    assert call("ana", f"PUT /me/devices/{uuid4()}", body).status_code == 422
