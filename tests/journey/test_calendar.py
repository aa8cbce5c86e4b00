"""Her calendar behind its private address: what is in it, what never is, and who gets it."""

import logging
import re
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from service.accounts.models import Account, CareStatus, Patient
from service.care.calendar import MOST_EVENTS, MOST_REMINDERS
from service.db import transaction
from service.journey.models import CalendarLink, Event
from service.reminders.models import Reminder, ReminderOccurrence
from tests.conftest import API, MONDAY_MORNING
from tests.journey.rfc5545 import checked
from tests.test_statement_counts import counted

__all__ = ["counted"]

LINK = "/patients/me/calendar-link"
# Whose calendar it is, the reminders, the single times, the events.
FEED = 4


@pytest.fixture
def address(call):
    """Make an address and return its path."""

    def address(name="ana"):
        answer = call(name, f"POST {LINK}")
        assert answer.status_code == 201, answer.json
        url = answer.json["url"]
        assert url.startswith(f"http://127.0.0.1:8000{API}/calendar/")
        return url.removeprefix("http://127.0.0.1:8000")

    return address


@pytest.fixture
def feed(client, address):
    """Read the feed, checked, with its events by title."""

    def feed(path=None):
        answer = client.get(path or address())
        assert answer.status_code == 200, answer.text
        checked(answer.data)
        return Calendar.from_ical(answer.data)

    return feed


@pytest.fixture
def remind(enter):
    def remind(**more):
        row = {
            "kind": "custom", "title": "Walk", "exdates": [], "discreet": False,
            "dose_days_only": False, "rings_in_quiet_hours": False, "status": "active",
            "needs_planning": False, "local_start": "2026-03-02T09:00", "recurrence": None,
            "time_zone": None, "until": None,
        } | more  # fmt: skip
        [id] = enter(Reminder, row)
        return id

    return remind


def event(**more):
    return {
        "id": str(uuid4()), "kind": "scan", "title": "CT, chest; again", "place": "Level 2",
        "starts_at": "2026-03-20T08:30:00-07:00", "notes": "PRIVATE NOTE",
    } | more  # fmt: skip


def only(calendar):
    [found] = calendar.walk("VEVENT")
    return found


def titles(calendar):
    return sorted(str(one["SUMMARY"]) for one in calendar.walk("VEVENT"))


def test_an_event_stands_in_it_as_a_moment_with_its_place_and_no_note(call, client, address):
    body = event()
    call("ana", "POST /patients/me/events", body)

    answer = client.get(address())

    shown = only(Calendar.from_ical(answer.data))
    assert str(shown["UID"]) == body["id"]
    assert (shown["SUMMARY"], shown["LOCATION"]) == ("CT, chest; again", "Level 2")
    assert b"DTSTART:20260320T153000Z\r\n" in answer.data
    assert b"PRIVATE" not in answer.data
    assert checked(answer.data).of("VEVENT")[0]["DTSTAMP"] == "20260302T170000Z"
    assert answer.content_type == "text/calendar; charset=utf-8"


def test_a_reminder_that_travels_with_her_floats(remind, client, address):
    remind(recurrence="FREQ=DAILY", exdates=["2026-03-08T09:00"], until=date(2026, 3, 31))

    text = client.get(address()).data

    assert b"DTSTART:20260302T090000\r\n" in text
    assert b"EXDATE:20260308T090000\r\n" in text
    assert b"RRULE:FREQ=DAILY;UNTIL=20260331T235959\r\n" in text
    assert b"TZID" not in text
    checked(text)


def test_a_reminder_of_one_place_names_its_zone_and_brings_its_rules(remind, client, address):
    remind(
        recurrence="FREQ=WEEKLY;BYDAY=TU", time_zone="Europe/Berlin", until=date(2026, 3, 31),
        exdates=["2026-03-10T09:00"],
    )  # fmt: skip

    text = client.get(address()).data

    # It begins on a Monday and rings on Tuesdays; 23:59:59 of its last day is 21:59:59 in UTC.
    assert b"DTSTART;TZID=Europe/Berlin:20260303T090000\r\n" in text
    assert b"EXDATE;TZID=Europe/Berlin:20260310T090000\r\n" in text
    assert b"UNTIL=20260331T215959Z" in text
    [zone] = checked(text).of("VTIMEZONE")
    [summer] = zone.of("DAYLIGHT")
    # By the time the clock showed before it was put forward (RFC 5545, 3.6.5).
    assert summer["DTSTART"].endswith("T020000")
    parsed = Calendar.from_ical(text).walk("VEVENT")[0]
    assert parsed["DTSTART"].dt.utcoffset() == timedelta(hours=1)


def test_a_zone_called_utc_is_written_as_moments(remind, feed):
    remind(time_zone="UTC", recurrence="FREQ=DAILY")

    assert only(feed())["DTSTART"].dt == MONDAY_MORNING.replace(hour=9)


@pytest.mark.parametrize(
    ("kind", "discreet", "shown"),
    [("custom", True, "Reminder"), ("medication", True, "Reminder"), ("medication", False, "Walk")],
)
def test_what_is_discreet_on_her_lock_screen_is_discreet_here(remind, feed, kind, discreet, shown):
    remind(kind=kind, discreet=discreet)

    assert titles(feed()) == [shown]


@pytest.mark.parametrize("status", ["suggested", "declined", "ended"])
def test_what_does_not_ring_is_not_in_it(remind, feed, status):
    remind(status=status)
    remind(deleted_at=MONDAY_MORNING)
    remind(recurrence="FREQ=DAILY", until=date(2026, 3, 1))
    remind(until=date(2026, 3, 1))
    # Accepted once, by rules since made narrower: it must not cost her the others.
    remind(recurrence="FREQ=HOURLY")
    remind(time_zone="Mars/Olympus")
    remind(title="Rings")

    assert titles(feed()) == ["Rings"]


def test_what_rings_on_dose_days_only_is_named_time_by_time(remind, enter, feed):
    reminder = remind(
        dose_days_only=True, recurrence="FREQ=DAILY", time_zone="America/Los_Angeles", title="Pill"
    )
    for days, more in ((-8, {}), (-1, {}), (1, {}), (2, {"deleted_at": MONDAY_MORNING})):
        at = MONDAY_MORNING + timedelta(days=days)
        row = {"reminder_id": reminder, "due_at": at, "local_at": f"{at:%Y-%m-%d}T09:00",
               "status": "due"}  # fmt: skip
        enter(ReminderOccurrence, row | more)

    shown = feed().walk("VEVENT")

    assert [f"{one['DTSTART'].dt:%m-%d %H:%M}" for one in shown] == ["03-01 09:00", "03-03 09:00"]
    assert all("RRULE" not in one for one in shown)
    assert {one["DTSTART"].params["TZID"] for one in shown} == {"America/Los_Angeles"}


def test_nobody_elses_things_are_in_it(call, feed, enter, address):
    enter(Event, {"kind": "scan", "title": "Ben's", "starts_at": MONDAY_MORNING}, who="ben")

    assert titles(feed()) == []
    assert titles(feed(address("ben"))) == ["Ben's"]


def test_it_is_bounded(remind, enter, feed):
    for _ in range(3):
        enter(
            Event,
            *(
                {"kind": "scan", "title": f"{n}", "starts_at": MONDAY_MORNING + timedelta(days=n)}
                for n in range(MOST_EVENTS)
            ),
        )
    for _ in range(MOST_REMINDERS + 5):
        remind()
    assert len(feed().walk("VEVENT")) == MOST_EVENTS + MOST_REMINDERS <= 500


def test_long_titles_and_odd_signs_stay_what_they_are(call, feed):
    title = "Größe: 1,5 cm; \\ «läuft» " * 6 + "\U0001f469\u200d\U0001f9b2"
    call("ana", "POST /patients/me/events", event(title=title, place="one\ntwo\x07\r\nBEGIN:X"))

    shown = only(feed())

    assert str(shown["SUMMARY"]) == title.replace("\u200d", " ")
    assert str(shown["LOCATION"]) == "one two   BEGIN:X"


def test_it_is_not_sent_again_unless_it_has_changed(call, client, address, clock):
    path = address()
    first = client.get(path)
    clock.pass_time(hours=5)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    call("ana", "POST /patients/me/events", event())
    changed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert changed.status_code == 200
    for answer in (first, again, changed):
        assert answer.headers["Cache-Control"] == "private, max-age=900"


def test_a_changed_event_keeps_its_name_and_counts_its_changes(call, client, address):
    body = event()
    call("ana", "POST /patients/me/events", body)
    path = address()
    before = only(Calendar.from_ical(client.get(path).data))
    call("ana", f"PATCH /patients/me/events/{body['id']}", {"place": "Level 3"})
    after = only(Calendar.from_ical(client.get(path).data))

    assert after["UID"] == before["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)


def test_one_address_is_in_force_and_a_new_one_revokes_it(app, call, client, address, clock):
    assert call("ana", f"GET {LINK}").json == {"in_force": False, "created_at": None}
    old = address()
    assert client.get(old).status_code == 200
    clock.pass_time(minutes=1)
    new = address()

    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    state = call("ana", f"GET {LINK}")
    assert state.json == {"in_force": True, "created_at": "2026-03-02T17:01:00Z"}
    assert new.split("/")[-1].removesuffix(".ics") not in state.text

    assert call("ana", f"DELETE {LINK}").status_code == 204
    assert call("ana", f"DELETE {LINK}").status_code == 204
    assert client.get(new).status_code == 404
    assert call("ana", f"GET {LINK}").json["in_force"] is False


def test_the_token_cannot_be_guessed_and_is_not_kept(app, address):
    token = address().split("/")[-1].removesuffix(".ics")

    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)  # 256 bits
    with app.app_context(), transaction() as session:
        [row] = session.execute(sa.select(CalendarLink.__table__)).all()
    assert len(row.token_sha256) == 64
    assert token not in repr(row)


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "..%2F..", "é", "a" * 5000])
def test_an_unknown_token_opens_nothing(client, world, token):
    answer = client.get(f"{API}/calendar/{token}.ics")

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("status", "answered"),
    [("active", 200), ("paused", 200), ("hospice", 200), ("withdrawn", 404), ("deceased", 404)],
)
def test_her_care_status_decides_whether_it_goes_out(app, client, address, world, status, answered):
    path = address()
    with app.app_context(), transaction() as session:
        patient = session.get_one(Patient, world["ana"].patient_id)
        patient.died_on = date(2026, 3, 1) if status == "deceased" else None
        patient.care_status = CareStatus(status)

    assert client.get(path).status_code == answered


def test_a_closed_account_has_no_calendar(app, client, address, world):
    path = address()
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["ana"].account_id).disabled_at = MONDAY_MORNING

    assert client.get(path).status_code == 404


def test_the_address_is_hers_alone_to_make(call, world):
    for name in ("nora", "hugo", "ada"):
        for method in ("GET", "POST", "DELETE"):
            path = f"/patients/{world['ana'].patient_id}/calendar-link"
            assert call(name, f"{method} {path}").status_code == 403, name


def test_it_takes_the_same_statements_with_little_and_with_much(
    counted, client, address, remind, enter
):
    path = address()
    with counted() as little:
        client.get(path)
    for _ in range(20):
        reminder = remind(dose_days_only=True, recurrence="FREQ=DAILY", time_zone="Asia/Tokyo")
        row = {"reminder_id": reminder, "due_at": MONDAY_MORNING, "local_at": "2026-03-02T09:00",
               "status": "due"}  # fmt: skip
        enter(ReminderOccurrence, row)
        enter(Event, {"kind": "scan", "title": "CT", "starts_at": MONDAY_MORNING})
    with counted() as much:
        client.get(path)

    assert [len(little), len(much)] == [FEED, FEED], "\n".join(much)


def test_a_path_in_a_log_does_not_hold_the_token(app, caplog):
    token = "Zm9vYmFyYmF6cXV4" * 3
    with caplog.at_level(logging.ERROR):
        app.logger.error("Exception on %s/calendar/%s.ics [GET]", API, token)

    [record] = caplog.records
    assert token not in record.getMessage()
    assert "/calendar/" in record.getMessage()


def test_one_event_can_be_had_as_a_file(call, world):
    body = event()
    call("ana", "POST /patients/me/events", body)
    path = f"/patients/{world['ana'].patient_id}/events/{body['id']}"

    answer = call("nora", f"GET {path}.ics")

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=event.ics"
    assert answer.content_type == "text/calendar; charset=utf-8"
    shown = only(Calendar.from_ical(answer.data))
    assert str(shown["UID"]) == body["id"]
    checked(answer.data)
    assert b"PRIVATE" not in answer.data
    assert call("olga", f"GET {path}.ics").status_code == 404
    assert call("ana", f"GET /patients/me/events/{uuid4()}.ics").status_code == 404


def test_a_reminder_made_through_the_front_door_is_in_it(call, feed):
    body = {
        "id": str(uuid4()), "kind": "custom", "title": "Walk", "discreet": False,
        "recurrence": "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4", "local_start": "2026-03-03T08:15",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/reminders", body).status_code == 201

    shown = only(feed())

    assert str(shown["UID"]) == body["id"]
    assert shown["DTSTART"].dt == datetime.fromisoformat("2026-03-05T08:15")
    assert shown["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=4;BYDAY=MO,TH"
