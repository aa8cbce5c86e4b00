"""Reminders as an app makes, changes and answers them."""

from uuid import uuid4

import pytest

from service.ids import derived_id
from tests.jobs.scheduler import Scheduler

REMINDERS = "/patients/me/reminders"
OCCURRENCES = "/patients/me/reminder-occurrences"


def reminder(**more):
    return {
        "id": str(uuid4()), "kind": "medication", "title": "Capecitabine, 3 tablets",
        "recurrence": "FREQ=DAILY", "local_start": "2026-03-02T10:00", "time_zone": None,
        "nag_after_minutes": None, "discreet": True,
    } | more  # fmt: skip


@pytest.fixture
def make(call):
    def make(name="ana", **more):
        body = reminder(**more)
        answer = call(name, f"POST {REMINDERS}", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return make


@pytest.fixture
def occurrences(call):
    def occurrences(name="ana", query=""):
        answer = call(name, f"GET {OCCURRENCES}{query}")
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    return occurrences


def test_a_new_account_has_no_reminders(call):
    assert call("ana", f"GET {REMINDERS}").json == {"items": [], "next_cursor": None}


def test_a_reminder_is_kept_as_it_was_sent(call):
    body = reminder()

    made = call("ana", f"POST {REMINDERS}", body)

    assert made.status_code == 201
    assert made.json.items() >= body.items()
    assert (made.json["status"], made.json["because"], made.json["version"]) == ("active", None, 1)
    assert call("ana", f"GET {REMINDERS}/{body['id']}").json == made.json
    assert call("ana", f"GET {REMINDERS}").json["items"] == [made.json]


def test_the_same_reminder_twice_is_one(call, occurrences):
    body = reminder()
    first = call("ana", f"POST {REMINDERS}", body)
    before = occurrences()

    again = call("ana", f"POST {REMINDERS}", body)

    assert (again.status_code, again.json) == (200, first.json)
    assert occurrences() == before
    other = call("ana", f"POST {REMINDERS}", body | {"title": "Something else"})
    assert (other.status_code, other.json["type"].split("/")[-1]) == (409, "id-conflict")


def test_occurrences_are_known_by_reminder_and_local_time(make, occurrences):
    made = make()

    found = occurrences()

    assert [one["local_at"] for one in found][::-1] == [
        f"2026-03-{day:02}T10:00" for day in range(2, 9)
    ]
    assert found[-1]["id"] == str(derived_id(made["id"], "2026-03-02T10:00"))
    assert found[-1]["due_at"] == "2026-03-02T18:00:00Z"
    assert found[0]["due_at"] == "2026-03-08T17:00:00Z"  # summer time began that night
    assert {one["status"] for one in found} == {"due"}


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("?from=2026-03-05", [8, 7, 6, 5]),
        ("?to=2026-03-03", [3, 2]),
        ("?from=2026-03-04&to=2026-03-05", [5, 4]),
        ("?from=2026-03-07T18:00:00Z", [8, 7]),
        ("?to=2026-03-02T18:00:00Z", [2]),
        ("?reminder_id=0b6e1c2a-7f50-4d0e-9a51-3c1f4c7d2e90", []),
    ],
)
def test_occurrences_of_some_days(make, occurrences, query, days):
    make()
    assert [int(one["local_at"][8:10]) for one in occurrences(query=query)] == days


def test_occurrences_come_in_pages(call, make):
    make()
    first = call("ana", f"GET {OCCURRENCES}?limit=5").json
    rest = call("ana", f"GET {OCCURRENCES}?limit=5&cursor={first['next_cursor']}").json

    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [5, 2, None]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"recurrence": "FREQ=DAILY;INTERVAL=0"}, "/recurrence"),
        ({"recurrence": "FREQ=YEARLY"}, "/recurrence"),
        ({"recurrence": "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31"}, None),
        ({"recurrence": "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", "local_start": "2026-02-01T09:00"}, "/recurrence"),
        ({"recurrence": "FREQ=DAILY;UNTIL=20200101"}, "/recurrence"),
        ({"recurrence": "FREQ=DAILY;COUNT=9;X=" + "1" * 300}, "/recurrence"),
        ({"local_start": "2026-03-02T10:00:00Z"}, "/local_start"),
        ({"local_start": "2026-02-30T10:00"}, "/local_start"),
        ({"local_start": "0001-01-01T00:00"}, "/local_start"),
        ({"local_start": None}, "/local_start"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"kind": "party"}, "/kind"),
        ({"title": " "}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"nag_after_minutes": 0}, "/nag_after_minutes"),
        ({"nag_after_minutes": True}, "/nag_after_minutes"),
        ({"discreet": "yes"}, "/discreet"),
        ({"until": "2026-3-1"}, "/until"),
        ({"treatment_id": str(uuid4())}, "/treatment_id"),
        ({"recurrence": "FREQ=DAILY;INTERVAL=364;BYDAY=TU"}, "/recurrence"),  # a Monday, always
        ({"recurrence": "FREQ=MONTHLY;INTERVAL=48;BYMONTHDAY=29", "local_start": "2026-02-01T09:00"}, "/recurrence"),
        ({"until": "2026-03-01"}, "/until"),
        ({"time_zone": "PST"}, "/time_zone"),
        ({"time_zone": ""}, "/time_zone"),
        ({"time_zone": "../etc/passwd"}, "/time_zone"),
        ({"local_start": "2026-03-02T24:00"}, "/local_start"),
        ({"exdates": ["2026-03-03"]}, "/exdates/0"),
        ({"exdates": ["2026-03-03T10:00Z"]}, "/exdates/0"),
        ({"exdates": ["2026-02-30T10:00"]}, "/exdates/0"),
        ({"exdates": [None]}, "/exdates/0"),
        ({"exdates": "2026-03-03T10:00"}, "/exdates"),
        ({"exdates": None}, "/exdates"),
        ({"exdates": ["2026-03-03T10:00"] * 2}, "/exdates"),
        ({"exdates": [f"{year}-03-03T10:00" for year in range(2026, 2393)]}, "/exdates"),
        ({"recurrence": None, "exdates": ["2026-03-02T10:00"]}, "/exdates"),
        ({"recurrence": "FREQ=DAILY;COUNT=2", "exdates": ["2026-03-02T10:00", "2026-03-03T10:00"]}, "/exdates"),
        ({"dose_days_only": "yes"}, "/dose_days_only"),
        ({"dose_days_only": True}, "/dose_days_only"),
        ({"rings_in_quiet_hours": 1}, "/rings_in_quiet_hours"),
        ({"status": "suggested"}, "/status"),
        ({"id": "1"}, "/id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(call, wrong, pointer):
    refused = call("ana", f"POST {REMINDERS}", reminder(**wrong))
    if pointer is None:
        assert refused.status_code == 201  # 31 March, once a year
        return
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]


def test_a_new_time_moves_what_is_to_come_and_leaves_what_was(app, clock, call, make, occurrences):
    made = make()
    clock.pass_time(hours=1)
    Scheduler(app, clock).tick()

    changed = call("ana", f"PATCH {REMINDERS}/{made['id']}", {"local_start": "2026-03-02T20:00"})

    assert (changed.status_code, changed.json["version"]) == (200, 2)
    times = [(one["local_at"][8:], one["status"]) for one in occurrences()][::-1]
    assert times[:3] == [("02T10:00", "sent"), ("02T20:00", "due"), ("03T20:00", "due")]
    assert all(time.endswith("T20:00") for time, _status in times[1:])


def test_a_time_changed_and_changed_back_is_what_it_was(call, make, occurrences):
    made = make()
    before = [(one["id"], one["due_at"]) for one in occurrences()]

    for start in ("2026-03-02T20:00", "2026-03-02T10:00"):
        call("ana", f"PATCH {REMINDERS}/{made['id']}", {"local_start": start})

    assert [(one["id"], one["due_at"]) for one in occurrences()] == before


def test_a_title_changed_moves_nothing(call, make, occurrences):
    made = make()
    before = occurrences()
    call("ana", f"PATCH {REMINDERS}/{made['id']}", {"title": "Evening tablets"})
    assert occurrences() == before


def test_an_old_version_is_not_overwritten(call, make):
    made = make()
    path = f"{REMINDERS}/{made['id']}"
    call("ana", f"PATCH {path}", {"title": "Newer"}, headers={"If-Match": '"1"'})

    assert (
        call("ana", f"PATCH {path}", {"title": "Older"}, headers={"If-Match": '"1"'}).status_code
        == 412
    )
    assert call("ana", f"DELETE {path}", headers={"If-Match": '"1"'}).status_code == 412
    assert call("ana", f"GET {path}").json["title"] == "Newer"


def test_what_is_wrong_in_a_change_is_named_and_changes_nothing(call, make, occurrences):
    made = make()
    before = occurrences()
    path = f"{REMINDERS}/{made['id']}"

    refused = call("ana", f"PATCH {path}", {"title": "New", "recurrence": "FREQ=DAILY;INTERVAL=0"})

    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/recurrence")
    assert call("ana", f"GET {path}").json == made
    assert occurrences() == before


def test_a_deleted_reminder_asks_for_nothing_more(call, make, occurrences):
    made = make()
    path = f"{REMINDERS}/{made['id']}"

    assert call("ana", f"DELETE {path}").status_code == 204

    assert call("ana", f"GET {path}").status_code == 404
    assert call("ana", f"DELETE {path}").status_code == 404
    assert occurrences() == []
    assert call("ana", f"POST {REMINDERS}", reminder(id=made["id"])).status_code == 409


def test_an_ended_reminder_stays_ended(call, make, occurrences):
    made = make()
    path = f"{REMINDERS}/{made['id']}"

    assert call("ana", f"PATCH {path}", {"status": "ended"}).json["status"] == "ended"

    assert occurrences() == []
    again = call("ana", f"PATCH {path}", {"status": "active"})
    assert (again.status_code, again.json["type"].split("/")[-1]) == (409, "reminder-settled")


@pytest.mark.parametrize(("word", "status"), [("done", "done"), ("skip", "skipped")])
def test_an_answer_counts_once_and_a_repeat_is_the_same_answer(
    call, make, occurrences, word, status
):
    make()
    path = f"{OCCURRENCES}/{occurrences()[-1]['id']}"

    first = call("ana", f"POST {path}/{word}")
    again = call("ana", f"POST {path}/{word}")
    other = call("ana", f"POST {path}/{'skip' if word == 'done' else 'done'}")
    later = call("ana", f"POST {path}/snooze")

    assert (first.status_code, first.json["status"]) == (200, status)
    assert first.json["answered_at"] == "2026-03-02T17:00:00Z"
    assert (again.status_code, again.json) == (200, first.json)
    assert [other.status_code, later.status_code] == [409, 409]
    assert other.json["type"].endswith("/occurrence-finished")


def test_a_snooze_never_rings_before_it_is_due(call, make, occurrences, app, clock):
    make()
    day_after = occurrences()[-3]
    path = f"{OCCURRENCES}/{day_after['id']}/snooze"

    assert call("ana", f"POST {path}", {"minutes": 60}).json == day_after
    clock.pass_time(minutes=61)
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    assert len(scheduler.phone.sent) == 1  # today's own
    clock.pass_time(hours=47, minutes=58)  # a minute before its time
    put_off = call("ana", f"POST {path}", {"minutes": 60}).json
    assert (put_off["status"], put_off["due_at"]) == ("snoozed", day_after["due_at"])


def test_a_snooze_takes_minutes(call, make, occurrences, clock):
    make()
    clock.pass_time(hours=1)
    path = f"{OCCURRENCES}/{occurrences()[-1]['id']}"

    assert call("ana", f"POST {path}/snooze").json["status"] == "snoozed"
    assert call("ana", f"POST {path}/snooze", {"minutes": 30}).json["status"] == "snoozed"
    refused = call("ana", f"POST {path}/snooze", {"minutes": 0})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/minutes")


def test_ben_learns_nothing_of_anas_reminders(call, world, make, occurrences):
    made = make()
    occurrence = occurrences()[-1]["id"]
    ana = f"/patients/{world['ana'].patient_id}"

    for name in ("ben", "olga"):
        for path in ("reminders", f"reminders/{made['id']}", "reminder-occurrences"):
            assert call(name, f"GET {ana}/{path}").status_code == 404
    for path in (f"{REMINDERS}/{made['id']}",):
        assert call("ben", f"GET {path}").status_code == 404
        assert call("ben", f"PATCH {path}", {"title": "x"}).status_code == 404
        assert call("ben", f"DELETE {path}").status_code == 404
    for word in ("done", "skip", "snooze"):
        assert call("ben", f"POST {OCCURRENCES}/{occurrence}/{word}").status_code == 404
    taken = call("ben", f"POST {REMINDERS}", reminder(id=made["id"]))
    assert taken.status_code == 409
    assert occurrences()[-1]["status"] == "due"


def test_the_nurse_reads_and_does_not_write(call, world, make, occurrences):
    made = make()
    ana = f"/patients/{world['ana'].patient_id}"

    assert call("nora", f"GET {ana}/reminders").json["items"] == [made]
    assert len(call("nora", f"GET {ana}/reminder-occurrences").json["items"]) == 7
    assert call("nora", f"POST {ana}/reminders", reminder()).status_code == 403
    assert call("nora", f"PATCH {ana}/reminders/{made['id']}", {"title": "x"}).status_code == 403
    assert call("hugo", f"GET {ana}/reminders").status_code == 404  # no grant, no family
    assert call(None, f"GET {ana}/reminders").status_code == 401


def test_a_reminder_of_the_past_asks_for_nothing(make, occurrences):
    make(recurrence=None, local_start="2026-03-01T10:00")
    assert occurrences() == []


def test_a_zone_of_its_own_holds_wherever_she_is(make, occurrences):
    make(recurrence=None, local_start="2026-03-02T10:00", time_zone="Pacific/Honolulu")
    assert occurrences()[0]["due_at"] == "2026-03-02T20:00:00Z"


def test_exdates_are_left_out_and_may_be_changed(call, make, occurrences):
    made = make(exdates=["2026-03-03T10:00", "2026-03-05T10:00", "2026-03-05T11:00"])
    assert made["exdates"] == ["2026-03-03T10:00", "2026-03-05T10:00", "2026-03-05T11:00"]
    assert [one["local_at"][8:10] for one in occurrences()][::-1] == ["02", "04", "06", "07", "08"]

    path = f"{REMINDERS}/{made['id']}"
    call("ana", f"PATCH {path}", {"exdates": ["2026-03-02T10:00"]})
    assert [one["local_at"][8:10] for one in occurrences()][::-1] == [
        "03", "04", "05", "06", "07", "08",
    ]  # fmt: skip
    refused = call("ana", f"PATCH {path}", {"recurrence": None})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/exdates")


def test_quiet_hours_may_be_rung_through(call, make):
    made = make(rings_in_quiet_hours=True)
    path = f"{REMINDERS}/{made['id']}"
    assert made["rings_in_quiet_hours"] is True
    assert call("ana", f"PATCH {path}", {"rings_in_quiet_hours": False}).json["version"] == 2
    assert call("ana", f"GET {path}").json["rings_in_quiet_hours"] is False
