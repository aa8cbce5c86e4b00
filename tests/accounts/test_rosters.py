"""Rosters and absences: who may stand on them, in which order, and what times are none."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from service.accounts.roster_plan import in_order_of_week, moments_of_change, reaches_into
from tests.accounts.conftest import slug

ZONE = ZoneInfo("America/Los_Angeles")
MONDAY = date(2026, 3, 2)


def shift(**values):
    empty = dict.fromkeys(("starts_at", "ends_at", "days", "from_time", "to_time"))
    return SimpleNamespace(**{**empty, **values})


@pytest.fixture
def put(call, world):
    """Put somebody on a roster as the administrator."""

    def put(name, duty="nursing", **values):
        body = {"duty": duty, "account_id": str(world[name].account_id), **values}
        return call("ada", "POST /rosters", body)

    return put


@pytest.fixture
def away(call, world):
    """Note that somebody is away."""

    def away(name, starts="2026-03-03T09:00:00-08:00", ends="2026-03-05T09:00:00-08:00", by=None):
        body = {"account_id": str(world[name].account_id), "starts_at": starts, "ends_at": ends}
        if by is not None:
            body["stand_in_id"] = str(world[by].account_id)
        return call("ada", "POST /absences", body)

    return away


def names(call, world, duty="nursing"):
    by_id = {str(one.account_id): name for name, one in world.people.items()}
    items = call("nora", f"GET /rosters?duty={duty}").json["items"]
    assert [one["position"] for one in items] == list(range(len(items)))
    return [by_id[one["account_id"]] for one in items]


def test_a_shift_says_when_it_is(put):
    answer = put("ada", days=["wed", "mon"], from_time="19:00", to_time="07:00")

    assert answer.status_code == 201
    assert answer.json["days"] == ["mon", "wed"]
    assert (answer.json["from_time"], answer.json["to_time"]) == ("19:00", "07:00")
    assert answer.json["position"] == 2


def test_whoever_is_put_in_a_place_moves_the_others_down(call, put, world):
    put("ada", position=0)
    assert names(call, world) == ["ada", "nora", "omar"]
    put("omar", "supervisor", position=99)
    assert names(call, world, "supervisor") == ["omar"]


def test_moving_and_taking_off_keep_the_order(call, put, world):
    ada = put("ada").json["id"]
    call("ada", f"PATCH /rosters/{ada}", {"position": 1})
    assert names(call, world) == ["nora", "ada", "omar"]
    call("ada", f"PATCH /rosters/{ada}", {"position": 0})
    assert names(call, world) == ["ada", "nora", "omar"]
    assert call("ada", f"DELETE /rosters/{ada}").status_code == 204
    assert names(call, world) == ["nora", "omar"]
    assert call("ada", f"DELETE /rosters/{ada}").status_code == 404


def test_a_change_leaves_out_what_it_does_not_name(call, put):
    entry = put("ada", days=["mon"], from_time="08:00", to_time="12:00").json
    changed = call("ada", f"PATCH /rosters/{entry['id']}", {"days": None}).json

    assert changed == {**entry, "days": None, "version": 2}


@pytest.mark.parametrize(
    ("name", "duty"),
    [("nora", "chaplaincy"), ("chaya", "nursing"), ("eva", "nursing"), ("nora", "administrator"),
     ("olga", "nursing"), ("ana", "nursing"), ("hugo", "supervisor")],
)  # fmt: skip
def test_nobody_answers_for_what_her_role_does_not(put, name, duty):
    answer = put(name, duty)

    assert (answer.status_code, slug(answer)) == (422, "roster-unusable")
    assert answer.json["errors"][0]["pointer"] == "/account_id"


def test_any_of_the_staff_may_be_supervisor(put):
    for name in ("nora", "omar", "eva", "per"):
        assert put(name, "supervisor").status_code == 201


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"from_time": "08:00"}, "/to_time"),
        ({"from_time": "08:00", "to_time": "08:00"}, "/to_time"),
        ({"from_time": "8:00", "to_time": "12:00"}, "/from_time"),
        ({"days": []}, "/days"),
        ({"days": ["monday"]}, "/days/0"),
        ({"days": ["mon", "mon"]}, "/days"),
        ({"starts_at": "2026-03-03T00:00:00Z", "ends_at": "2026-03-02T00:00:00Z"}, "/ends_at"),
        ({"starts_at": "0001-01-01T00:00:00Z"}, "/starts_at"),
        ({"ends_at": "9999-12-31T00:00:00Z"}, "/ends_at"),
        ({"position": -1}, "/position"),
    ],
)
def test_times_that_are_none_are_refused_and_nothing_is_kept(call, put, world, values, pointer):
    answer = put("ada", **values)

    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert names(call, world) == ["nora", "omar"]


def test_a_change_that_cannot_be_changes_nothing(call, put):
    entry = put("ada", from_time="08:00", to_time="12:00").json
    for change in ({"to_time": None}, {"from_time": "12:00"}, {"account_id": str(uuid4())}):
        assert call("ada", f"PATCH /rosters/{entry['id']}", change).status_code == 422
    assert entry in call("ada", "GET /rosters?duty=nursing").json["items"]


def test_all_rosters_come_at_once_with_who_is_on_duty_now(call, world):
    answer = call("sol", "GET /rosters").json

    assert len(answer["items"]) == 6
    assert answer["on_duty_now"]["chaplaincy"] == [str(world["chaya"].account_id)]
    assert answer["on_duty_now"]["supervisor"] == []


def test_an_absence_is_listed_until_it_is_over(call, away, clock):
    assert away("nora", by="omar").status_code == 201
    assert len(call("sol", "GET /absences").json["items"]) == 1
    clock.pass_time(days=4)
    assert call("sol", "GET /absences").json["items"] == []


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"name": "nora", "ends": "2026-03-03T08:00:00-08:00"}, "/ends_at"),
        (
            {"name": "nora", "starts": "2026-02-01T00:00:00Z", "ends": "2026-02-03T00:00:00Z"},
            "/ends_at",
        ),
        ({"name": "nora", "starts": "1999-01-01T00:00:00Z"}, "/starts_at"),
        ({"name": "olga"}, "/account_id"),
        ({"name": "ana"}, "/account_id"),
        ({"name": "nora", "by": "nora"}, "/stand_in_id"),
        ({"name": "nora", "by": "olga"}, "/stand_in_id"),
        ({"name": "nora", "by": "chaya"}, "/stand_in_id"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(call, away, given, pointer):
    answer = away(**given)

    assert (answer.status_code, slug(answer)) == (422, "roster-unusable")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert call("ada", "GET /absences").json["items"] == []


def test_an_absence_ahead_is_taken_back_and_a_running_one_ends_now(call, away, clock):
    ahead = away("nora").json["id"]
    assert call("ada", f"DELETE /absences/{ahead}").status_code == 204
    assert call("ada", f"DELETE /absences/{ahead}").status_code == 404
    running = away("omar").json["id"]
    clock.pass_time(days=2)
    assert call("ada", f"DELETE /absences/{running}").status_code == 204
    assert call("ada", "GET /absences").json["items"] == []
    again = call("ada", f"DELETE /absences/{running}")
    assert (again.status_code, slug(again)) == (409, "absence-over")


def test_only_an_administrator_writes(call, world):
    nora = str(world["nora"].account_id)
    own = {
        "account_id": nora,
        "starts_at": "2026-03-03T09:00:00Z",
        "ends_at": "2026-03-04T09:00:00Z",
    }
    for name in ("nora", "omar", "sol"):
        assert (
            call(name, "POST /rosters", {"duty": "nursing", "account_id": nora}).status_code == 403
        )
        assert call(name, "POST /absences", own).status_code == 403
    for name in ("eva", "per"):
        assert call(name, "GET /rosters").status_code == 403


def test_another_clinics_roster_is_none(call, put, app, world):
    entry = put("ada").json["id"]
    assert call("olga", f"DELETE /rosters/{entry}").status_code == 403
    assert call("olga", "GET /rosters").json["items"] == []


@pytest.mark.parametrize(
    ("values", "is_today"),
    [
        ({}, True),
        ({"days": ["mon"]}, True),
        ({"days": ["tue"]}, False),
        ({"days": ["sun"], "from_time": "19:00", "to_time": "07:00"}, True),
        ({"days": ["sun"], "from_time": "19:00", "to_time": "00:00"}, False),
        ({"days": ["sun"], "from_time": "07:00", "to_time": "19:00"}, False),
        ({"starts_at": datetime(2026, 3, 3, 7, 59, tzinfo=UTC)}, True),
        ({"starts_at": datetime(2026, 3, 3, 8, 0, tzinfo=UTC)}, False),
        ({"ends_at": datetime(2026, 3, 2, 8, 0, tzinfo=UTC)}, False),
        ({"ends_at": datetime(2026, 3, 2, 8, 1, tzinfo=UTC)}, True),
    ],
)
def test_a_shift_reaches_into_a_day_of_the_clinics(values, is_today):
    assert reaches_into(shift(**values), MONDAY, ZONE) is is_today


def test_a_week_changes_where_shifts_days_and_absences_do():
    first = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)  # Saturday noon; the clocks go on tonight
    night = shift(from_time="02:30", to_time="22:00", ends_at=datetime(2026, 3, 8, 1, tzinfo=UTC))
    absence = (first - timedelta(days=3), datetime(2026, 3, 9, 5, tzinfo=UTC))

    found = moments_of_change([night], [absence], first=first, days=2, zone=ZONE)

    assert [moment.astimezone(ZONE).strftime("%d %H:%M") for moment in found] == [
        "07 12:00", "07 17:00", "07 22:00", "08 00:00", "08 03:30", "08 22:00",
    ]  # fmt: skip


def test_days_stand_in_the_order_of_the_week():
    assert in_order_of_week(["sun", "mon"]) == ["mon", "sun"]
    assert in_order_of_week(None) is None
