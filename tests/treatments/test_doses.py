"""Doses: what is expected, what became of it, and what a change leaves of both."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.ids import derived_id
from service.treatments.models import DosagePeriod, Dose
from tests.jobs.scheduler import Scheduler

# Ana's Monday, nine in the morning: 2 March 2026.  Summer time begins on the 8th.
DAILY = {"type": "daily", "times": ["08:00", "20:00"]}
TREATMENTS = "/patients/me/treatments"


@pytest.fixture
def log(call):
    def log(**what):
        body = {
            "id": str(uuid4()), "code": "ribociclib", "started_on": "2026-02-16",
            "status": "active", **what,
        }  # fmt: skip
        answer = call("ana", f"POST {TREATMENTS}", body)
        assert answer.status_code == 201, answer.json
        return answer.json["id"]

    return log


@pytest.fixture
def change(call):
    def change(id, **what):
        answer = call("ana", f"PATCH {TREATMENTS}/{id}", what)
        assert answer.status_code == 200, answer.json

    return change


@pytest.fixture
def listed(call):
    def listed(id, who="ana", path=TREATMENTS, **query):
        query = {"from" if name == "since" else name: value for name, value in query.items()}
        answer = call(who, f"GET {path}/{id}/doses", query_string={"limit": 200, **query})
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    return listed


@pytest.fixture
def days(listed):
    """The days and times of what is listed, the first due first."""
    return lambda id, **query: [one["local_at"][5:] for one in reversed(listed(id, **query))]


@pytest.fixture
def say(call):
    def say(treatment, dose, status="taken", headers=None, who="ana", path=TREATMENTS, **what):
        path = f"{path}/{treatment}/doses/{dose}"
        return call(who, f"PUT {path}", {"status": status, **what}, headers=headers or {})

    return say


@pytest.fixture
def rows(app):
    """The rows of a treatment: local time, whether it lives, and how it is answered."""

    def rows(id, table=Dose):
        with app.app_context(), transaction() as session:
            return session.scalars(
                sa.select(table)
                .where(table.treatment_id == UUID(id))
                .order_by(table.local_at if table is Dose else table.starts_at)
            ).all()

    return rows


@pytest.fixture
def alive(rows):
    return lambda id: [row.local_at[5:] for row in rows(id) if row.deleted_at is None]


def dose(treatment, local_at):
    return str(derived_id(treatment, local_at))


def pointers(answer):
    assert answer.status_code == 422, answer.json
    return [error["pointer"] for error in answer.json["errors"]]


def slug(answer):
    return answer.json["type"].rsplit("/", 1)[-1]


def test_what_is_to_come_is_expected_and_the_week_off_asks_nothing(log, listed):
    items = listed(log())
    # Begun two weeks ago: days 1 to 21 run until 8 March, day 29 is the 16th.
    assert [one["local_at"] for one in items] == [
        *("2026-03-16T09:00" for _ in range(1)), *(f"2026-03-0{day}T09:00" for day in (8, 7, 6, 5, 4, 3, 2)),
    ]  # fmt: skip
    first, last = items[-1], items[0]
    assert (first["due_at"], last["due_at"]) == ("2026-03-02T17:00:00Z", "2026-03-16T16:00:00Z")
    assert (first["cycle"], last["cycle"]) == (1, 2)
    assert {one["status"] for one in items} == {"expected"}
    assert first["id"] == dose(first["treatment_id"], first["local_at"])


def test_what_lies_before_it_was_entered_is_not_asked_for(log, listed, days, say, clock):
    clock.pass_time(hours=1)
    id = log(started_on="2026-01-05", schedule=DAILY)
    assert days(id, since="2026-02-20", to="2026-03-03") == [
        "03-02T20:00", "03-03T08:00", "03-03T20:00",
    ]  # fmt: skip
    assert say(id, dose(id, "2026-03-01T20:00")).json["status"] == "taken"
    assert days(id, since="2026-02-20", to="2026-03-02") == ["03-01T20:00", "03-02T20:00"]


def test_it_is_listed_by_days_of_hers_and_by_moments_both_ends_included(log, days):
    id = log(schedule=DAILY)
    assert days(id, since="2026-03-07", to="2026-03-08") == [
        "03-07T08:00", "03-07T20:00", "03-08T08:00", "03-08T20:00",
    ]  # fmt: skip
    assert days(id, since="2026-03-07T16:00:00Z", to="2026-03-08T15:00:00Z") == [
        "03-07T08:00", "03-07T20:00", "03-08T08:00",
    ]  # fmt: skip
    assert days(id, since="2026-03-09", to="2026-03-08") == []
    assert len(days(id, since="2026-03-07", to="2026-03-31")) == 50


def test_more_than_a_year_at_once_is_refused(log, call):
    path = f"GET {TREATMENTS}/{log()}/doses"
    year = {"from": "2026-03-02", "to": "2027-03-02"}
    assert call("ana", path, query_string=year).status_code == 200
    more = call("ana", path, query_string={"from": "2026-03-02", "to": "2027-03-05"})
    assert (pointers(more), slug(more)) == (["/to"], "stretch-too-long")
    assert call("ana", path, query_string={"from": "soon"}).status_code == 422


def test_page_by_page_it_is_the_whole(log, call, days, say):
    id = log(schedule=DAILY)
    say(id, dose(id, "2026-03-02T20:00"))
    found, cursor = [], None
    for _ in range(20):
        query = {"limit": 7, "from": "2026-03-01", "to": "2026-04-10"}
        page = call(
            "ana", f"GET {TREATMENTS}/{id}/doses",
            query_string=query | ({"cursor": cursor} if cursor else {}),
        ).json  # fmt: skip
        found += [one["local_at"][5:] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found[::-1] == days(id, since="2026-03-01", to="2026-04-10")


def test_a_dose_taken_is_taken_now_unless_she_says_when(log, say, listed):
    id = log(schedule=DAILY)
    first, second = dose(id, "2026-03-02T08:00"), dose(id, "2026-03-02T20:00")
    taken = say(id, first).json
    assert (taken["status"], taken["taken_at"], taken["version"]) == (
        "taken", "2026-03-02T17:00:00Z", 1,
    )  # fmt: skip
    said = say(id, second, taken_at="2026-03-02T08:30:00-08:00").json
    # Made a row when the treatment was entered, so this is its second version.
    assert (said["taken_at"], said["version"]) == ("2026-03-02T16:30:00Z", 2)
    assert {one["id"]: one["status"] for one in listed(id, to="2026-03-02")} == {
        first: "taken", second: "taken",
    }  # fmt: skip


@pytest.mark.parametrize("status", ["missed", "held"])
def test_a_dose_not_taken_may_have_a_reason(log, say, status):
    id = log()
    answer = say(id, dose(id, "2026-03-03T09:00"), status, reason="side_effects").json
    assert (answer["status"], answer["reason"], answer["taken_at"]) == (
        status, "side_effects", None,
    )  # fmt: skip
    assert say(id, dose(id, "2026-03-03T09:00"), "taken").json["reason"] is None


def test_the_same_again_changes_nothing(log, say, clock):
    id = log()
    for what in ({}, {"taken_at": "2026-03-02T16:00:00Z"}, {"status": "missed", "reason": "cost"}):
        once = say(id, dose(id, "2026-03-02T09:00"), **what)
        clock.pass_time(minutes=5)
        again = say(id, dose(id, "2026-03-02T09:00"), **what)
        assert (once.status_code, again.status_code) == (200, 200)
        assert once.json == again.json
    assert again.json["version"] == 4


def test_what_contradicts_itself_is_refused(log, say, rows):
    id = log()
    before = [(row.id, row.version) for row in rows(id)]
    today = dose(id, "2026-03-02T09:00")
    assert pointers(say(id, today, "taken", reason="cost")) == ["/reason"]
    assert pointers(say(id, today, "missed", taken_at="2026-03-02T16:00:00Z")) == ["/taken_at"]
    assert pointers(say(id, today, "expected")) == ["/status"]
    assert pointers(say(id, today, "missed", reason="rain")) == ["/reason"]
    assert slug(say(id, today, taken_at="2026-03-04T16:00:00Z")) == "clock-wrong"
    assert slug(say(id, today, taken_at="1999-03-04T16:00:00Z")) == "clock-wrong"
    assert [(row.id, row.version) for row in rows(id)] == before


def test_a_dose_that_is_not_hers_or_not_expected_is_not_there(log, say, call, world):
    id, other = log(), log()
    for nobody in (
        str(uuid4()), dose(id, "2026-03-02T09:01"), dose(id, "2026-03-09T09:00"),
        dose(other, "2026-03-02T09:00"), dose(id, "2026-02-15T09:00"),
    ):  # fmt: skip
        assert say(id, nobody).status_code == 404
    assert say(str(uuid4()), dose(id, "2026-03-02T09:00")).status_code == 404
    assert say(id, dose(id, "2026-03-02T09:00"), who="ben").status_code == 404
    assert call("ben", f"GET {TREATMENTS}/{id}/doses").status_code == 404


def test_a_dose_more_than_a_day_ahead_cannot_be_answered_yet(log, say):
    id = log()
    assert say(id, dose(id, "2026-03-03T09:00")).status_code == 200
    assert slug(say(id, dose(id, "2026-03-04T09:00"))) == "dose-not-yet-due"
    # Beyond the horizon too, where it is no row.
    assert slug(say(id, dose(id, "2026-05-20T09:00"))) == "dose-not-yet-due"


def test_of_two_phones_the_later_is_told(log, say, rows, clock):
    id = log()
    today, past = dose(id, "2026-03-02T09:00"), dose(id, "2026-03-01T09:00")
    assert say(id, today, headers={"If-Match": '"1"'}).json["version"] == 2
    assert say(id, today, "missed", headers={"If-Match": '"1"'}).status_code == 412
    assert say(id, past, headers={"If-Match": '"1"'}).status_code == 412
    assert len(rows(id)) == len([row for row in rows(id) if row.id != UUID(past)])
    assert say(id, past, headers={"If-Match": '"0"'}).json["version"] == 1


def test_her_nurse_answers_and_her_family_sees(log, say, listed, world, call):
    id = log()
    path = f"/patients/{world['ana'].patient_id}/treatments"
    answer = say(
        id, dose(id, "2026-03-02T09:00"), "held", who="nora", path=path, reason="told_to_hold"
    )
    assert answer.status_code == 200
    assert listed(id, who="omar", path=path)[-1]["status"] == "held"
    assert call("chaya", f"GET {path}/{id}/doses").status_code == 403


def test_a_planned_treatment_expects_nothing_until_it_begins(log, change, days, alive, rows):
    id = log(status="planned", started_on="2026-03-05", schedule=DAILY)
    assert (days(id), rows(id), rows(id, DosagePeriod)) == ([], [], [])
    change(id, status="active")
    assert days(id, to="2026-03-06") == ["03-05T08:00", "03-05T20:00", "03-06T08:00", "03-06T20:00"]
    assert alive(id)[0] == "03-05T08:00"


def test_a_new_dose_and_a_new_schedule_leave_what_was(log, change, say, listed, rows, clock):
    id = log(dose="600 mg", schedule={"type": "daily", "times": ["08:00"]})
    clock.pass_time(days=2)
    say(id, dose(id, "2026-03-03T08:00"), "missed", reason="forgot")
    change(id, dose="400 mg")
    change(id, schedule={"type": "daily", "times": ["20:00"]})
    assert [one["local_at"][5:] for one in reversed(listed(id, to="2026-03-05"))] == [
        "03-03T08:00", "03-04T08:00", "03-04T20:00", "03-05T20:00",
    ]  # fmt: skip
    assert [(one.starts_at, one.ends_at, one.dose) for one in rows(id, DosagePeriod)] == [
        ("2026-02-16T00:00", "2026-03-04T09:00", "600 mg"), ("2026-03-04T09:00", None, "400 mg"),
    ]  # fmt: skip
    gone = {row.local_at[5:] for row in rows(id) if row.deleted_at}
    assert "03-05T08:00" in gone
    assert "03-03T08:00" not in gone


def test_a_hold_asks_nothing_and_what_is_resumed_comes_back(log, change, alive, rows, clock, call):
    id = log(schedule={"type": "daily", "times": ["08:00"]})
    before = alive(id)
    clock.pass_time(hours=1)
    change(id, status="held")
    assert alive(id) == []
    versions = {row.id: row.version for row in rows(id)}
    clock.pass_time(hours=48)
    change(id, status="active")
    assert set(before) - set(alive(id)) == {"03-03T08:00", "03-04T08:00"}
    revived = [row for row in rows(id) if row.deleted_at is None and row.id in versions]
    assert len(revived) == 12
    assert all(row.version == versions[row.id] + 1 == 3 for row in revived)
    assert len({row.change_no for row in revived}) == 1


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ({"status": "stopped"}, ["03-02T20:00", "03-03T08:00", "03-03T20:00", "03-04T08:00"]),
        ({"status": "completed"}, ["03-02T20:00", "03-03T08:00", "03-03T20:00", "03-04T08:00"]),
        ({"status": "stopped", "ended_on": "2026-03-03"}, ["03-02T20:00", "03-03T08:00", "03-03T20:00"]),
        ({"ended_on": "2026-03-05"}, ["03-02T20:00", "03-03T08:00", "03-03T20:00", "03-04T08:00",
                                      "03-04T20:00", "03-05T08:00", "03-05T20:00"]),
    ],
)  # fmt: skip
def test_an_end_ends_what_is_asked(log, change, days, alive, clock, how, left):
    clock.pass_time(minutes=1)
    id = log(schedule=DAILY)
    clock.pass_time(days=2)
    change(id, **how)
    assert days(id) == left
    assert alive(id) == left


def test_what_was_answered_stays_also_past_an_end_told_of_late(log, change, days, say, clock, rows):
    id = log(schedule=DAILY)
    clock.pass_time(days=3)
    say(id, dose(id, "2026-03-05T08:00"))
    change(id, status="stopped", ended_on="2026-03-03")
    assert days(id)[-2:] == ["03-03T20:00", "03-05T08:00"]
    assert say(id, dose(id, "2026-03-04T08:00")).status_code == 404
    assert say(id, dose(id, "2026-03-05T08:00"), "missed").status_code == 200


def test_a_corrected_first_day_moves_the_cycles(log, change, days):
    id = log()
    change(id, started_on="2026-02-23")
    assert days(id, to="2026-03-31")[:15] == [
        *(f"03-0{day}T09:00" for day in range(2, 10)), *(f"03-{day}T09:00" for day in range(10, 16)),
        "03-23T09:00",
    ]  # fmt: skip
    change(id, started_on="2026-03-20")
    assert days(id, to="2026-03-21") == ["03-20T09:00", "03-21T09:00"]


def test_a_first_day_put_right_counts_cycle_and_past_from_there(
    log, change, listed, clock, say, rows
):
    id = log(
        started_on="2026-03-01",
        schedule={"type": "cycle", "cycle_days": 21, "dose_days": [1, 3, 4], "times": ["20:00"]},
    )
    clock.pass_time(days=4)
    assert say(id, dose(id, "2026-03-03T20:00")).status_code == 200
    change(id, started_on="2026-03-02")
    since = {"since": "2026-02-20", "to": "2026-03-31"}
    told = [(one["local_at"][5:10], one["cycle"], one["status"]) for one in listed(id, **since)]
    assert list(reversed(told)) == [
        ("03-02", 1, "expected"),
        # She took it, whatever day of the cycle that was.
        ("03-03", 1, "taken"), ("03-04", 1, "expected"), ("03-05", 1, "expected"),
        ("03-23", 2, "expected"), ("03-25", 2, "expected"), ("03-26", 2, "expected"),
    ]  # fmt: skip
    change(id, started_on="2026-02-20")
    late = dose(id, "2026-02-22T20:00")
    assert say(id, late).json["cycle"] == 1
    told = [(one["local_at"][5:10], one["cycle"]) for one in listed(id, **since)]
    assert list(reversed(told)) == [
        ("02-22", 1), ("03-03", 1), ("03-13", 2), ("03-15", 2), ("03-16", 2),
    ]  # fmt: skip
    # What is no dose of hers any more is a tombstone, of the change that made it so.
    gone = [(row.local_at, row.version) for row in rows(id) if row.deleted_at is not None]
    assert gone == [("2026-03-04T20:00", 2)]


def test_a_delayed_cycle_counts_from_its_own_day(log, change, listed):
    id = log(schedule={"type": "cycle", "cycle_days": 21, "dose_days": [1, 8]})
    change(
        id,
        schedule={"type": "cycle", "cycle_days": 21, "dose_days": [1, 8], "day_one": "2026-03-12"},
    )
    items = listed(id, to="2026-04-10")
    assert [(one["local_at"][5:10], one["cycle"]) for one in reversed(items)] == [
        ("03-12", 2), ("03-19", 2), ("04-02", 3), ("04-09", 3),
    ]  # fmt: skip


def test_taken_out_it_asks_nothing_and_what_was_answered_is_kept(log, say, call, rows):
    id = log(schedule=DAILY)
    say(id, dose(id, "2026-03-02T20:00"))
    assert call("ana", f"DELETE {TREATMENTS}/{id}").status_code == 204
    assert [row.local_at for row in rows(id) if row.deleted_at is None] == ["2026-03-02T20:00"]
    assert call("ana", f"GET {TREATMENTS}/{id}/doses").status_code == 404
    assert say(id, dose(id, "2026-03-02T20:00")).status_code == 404


def test_elsewhere_her_doses_come_by_the_clock_there_and_keep_their_names(
    log, call, listed, say, clock
):
    id = log(schedule=DAILY)
    clock.pass_time(minutes=5)
    say(id, dose(id, "2026-03-02T20:00"), taken_at="2026-03-02T17:00:00Z")
    at_home = {one["id"]: one for one in listed(id)}
    assert call("ana", "PATCH /me", {"time_zone": "Europe/Berlin"}).status_code == 200
    away = {one["id"]: one for one in listed(id)}
    assert away.keys() == at_home.keys()
    moved = {one["local_at"][5:]: one["due_at"] for one in away.values()}
    assert moved["03-02T20:00"] == "2026-03-03T04:00:00Z"  # answered: it stays what it was
    assert moved["03-03T08:00"] == "2026-03-03T07:00:00Z"
    assert moved["03-09T08:00"] == "2026-03-09T07:00:00Z"
    back = call("ana", "PATCH /me", {"time_zone": "America/Los_Angeles"})
    assert back.status_code == 200
    home_again = {one["id"]: one for one in listed(id)}
    assert {id: one["due_at"] for id, one in home_again.items()} == {
        id: one["due_at"] for id, one in at_home.items()
    }  # fmt: skip


def test_flying_east_over_a_dose_loses_it_not(log, call, alive, rows, clock):
    id = log(schedule=DAILY, ended_on="2026-03-06")
    call("ana", "PATCH /me", {"time_zone": "Pacific/Auckland"})  # six in the morning of the 3rd
    due = {row.local_at[5:]: row.due_at for row in rows(id) if row.deleted_at is None}
    assert list(due)[:2] == ["03-02T20:00", "03-03T08:00"]
    assert due["03-02T20:00"] < clock.now() < due["03-03T08:00"]


def test_the_scheduler_makes_two_weeks_ahead_and_tops_up(app, log, alive, clock):
    id = log(schedule={"type": "daily", "times": ["08:00"]})
    assert (alive(id)[0], alive(id)[-1], len(alive(id))) == ("03-03T08:00", "03-16T08:00", 14)
    scheduler = Scheduler(app, clock)
    assert scheduler.tick().doses_planned == 0
    clock.pass_time(days=7, hours=21, minutes=59)
    assert scheduler.tick().doses_planned == 0
    clock.pass_time(minutes=1)
    assert scheduler.next_moment() <= clock.now()
    assert scheduler.tick().doses_planned == 1
    assert (alive(id)[-1], len(alive(id))) == ("03-23T08:00", 21)
    assert scheduler.tick().doses_planned == 0


def test_what_a_stopped_scheduler_left_out_is_made_when_it_runs_again(
    app, log, alive, change, clock
):
    id, other = log(schedule=DAILY), log(schedule=DAILY)
    clock.pass_time(days=200)
    change(other, dose="less")
    assert Scheduler(app, clock).tick().doses_planned >= 4
    expected = 2 * (200 + 14)
    assert len(alive(id)) == len(set(alive(id))) == len(alive(other)) == expected


def test_where_nothing_more_is_to_come_the_scheduler_has_nothing_to_do(app, log, change, clock):
    log(schedule={"type": "once"})
    log(schedule=DAILY, ended_on="2026-03-04")
    change(log(schedule=DAILY), status="held")
    clock.pass_time(days=60)
    assert Scheduler(app, clock).tick().doses_planned == 0


def test_bad_days_are_refused(call):
    body = {"id": str(uuid4()), "code": "letrozole", "started_on": "9999-12-31", "status": "active"}
    assert pointers(call("ana", f"POST {TREATMENTS}", body)) == ["/started_on"]
    ended = body | {"started_on": "2026-01-01", "ended_on": "9999-12-31"}
    assert pointers(call("ana", f"POST {TREATMENTS}", ended)) == ["/ended_on"]
    early = body | {"started_on": "0001-01-01"}
    assert pointers(call("ana", f"POST {TREATMENTS}", early)) == ["/started_on"]
    far = {"type": "daily", "times": ["08:00"], "day_one": "2040-01-01"}
    wrong = body | {"started_on": "2026-01-01", "schedule": far}
    assert pointers(call("ana", f"POST {TREATMENTS}", wrong)) == ["/schedule/day_one"]


def test_a_change_that_is_none_leaves_periods_and_doses_alone(log, change, rows, clock):
    id = log(schedule=DAILY, dose="1")
    before = [(row.id, row.version, row.change_no) for row in rows(id)]
    clock.pass_time(hours=2)
    change(id, dose="1", status="active", schedule=DAILY, notes="with food")
    assert [(row.id, row.version, row.change_no) for row in rows(id)] == before
    assert len(rows(id, DosagePeriod)) == 1


def test_the_doses_of_a_week_off_are_none_in_the_rows_either(log, alive):
    id = log(
        started_on="2026-03-02",
        schedule={"type": "on_off", "on_days": 4, "off_days": 3, "times": ["10:00"]},
    )
    expected = [2, 3, 4, 5, 9, 10, 11, 12]
    assert alive(id) == [f"03-{day:02}T10:00" for day in expected]


def test_another_rhythm_numbers_what_is_ahead_anew_and_nothing_that_was_answered(
    log, change, say, rows, clock
):
    def every_day_of(days):
        dose_days = list(range(1, days + 1))
        return {
            "type": "cycle",
            "cycle_days": days,
            "dose_days": dose_days,
            "day_one": "2026-02-28",
        }

    id = log(schedule=every_day_of(2))
    say(id, dose(id, "2026-03-03T09:00"))
    before = {row.local_at[5:10]: row for row in rows(id)}
    clock.pass_time(minutes=1)
    change(id, schedule=every_day_of(3))
    after = {row.local_at[5:10]: row for row in rows(id)}
    assert (before["03-03"].cycle, before["03-10"].cycle) == (2, 6)
    assert (after["03-03"].cycle, after["03-03"].version) == (2, before["03-03"].version)
    # 2 March is in the second cycle by the old count and in the first by the new: the count goes on.
    assert after["03-10"].cycle == 5
    assert after["03-10"].version == before["03-10"].version + 1


def test_a_later_first_day_takes_back_what_was_asked_before_it(log, change, alive, clock):
    id = log(schedule=DAILY)
    clock.pass_time(days=5)
    change(id, started_on="2026-03-05")
    assert alive(id)[0] == "03-05T08:00"


def test_there_and_back_at_once_everything_is_due_as_before(log, call, rows):
    id = log(schedule=DAILY)
    before = [(row.id, row.due_at) for row in rows(id)]
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        assert call("ana", "PATCH /me", {"time_zone": zone}).status_code == 200
    assert [(row.id, row.due_at) for row in rows(id)] == before


def test_a_tombstone_of_what_is_expected_after_all_can_be_answered(app, log, say, alive, clock):
    id = log(schedule=DAILY)
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Dose).values(deleted_at=clock.now()))
    assert say(id, dose(id, "2026-03-02T20:00"), headers={"If-Match": '"0"'}).status_code == 200
    assert alive(id) == ["03-02T20:00"]
    assert say(id, dose(id, "2026-03-02T20:00"), "missed").json["version"] == 3
