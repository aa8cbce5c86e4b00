"""Reminders at half time of alerts due soon, where the clinic's hours and the clock do odd things."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from service.accounts.models import Clinic
from service.db import transaction
from tests.passing import steps

SEATTLE = ZoneInfo("America/Los_Angeles")


@pytest.fixture
def clinic(app):
    """Change the clinic's hours, holidays or zone."""

    def change(**values):
        with app.app_context(), transaction() as session:
            session.execute(sa.update(Clinic).values(**values))

    return change


@pytest.fixture
def reminded_at(clock, tick, told, severe, next_step):
    """Report something severe, and say on the clinic's clock when the first is told again."""

    def reminded_at(said: str, zone: ZoneInfo = SEATTLE) -> str:
        clock.moment = datetime.fromisoformat(said).replace(tzinfo=zone).astimezone(UTC)
        severe("nausea")
        assert told() == ["nora"]
        every, within = timedelta(minutes=5), timedelta(days=10)
        for _ in steps(clock, next_step, every=every, within=within):
            if tick():
                break
        assert told() == ["nora"]
        return f"{clock.now().astimezone(zone):%a %d %b %H:%M}"

    return reminded_at


@pytest.mark.parametrize(
    ("said", "reminded"),
    [
        ("2026-03-02T08:00", "Mon 02 Mar 12:30"),  # a whole day: half of it
        ("2026-03-02T14:00", "Tue 03 Mar 09:30"),  # three hours today, an hour and a half more
        ("2026-03-02T20:00", "Tue 03 Mar 12:30"),  # said in the evening
        ("2026-03-06T16:00", "Mon 09 Mar 11:30"),  # over the weekend, and into summer time
        ("2026-03-07T12:00", "Mon 09 Mar 12:30"),  # said on a Saturday
        ("2026-10-30T16:00", "Mon 02 Nov 11:30"),  # and out of it
    ],
)
def test_half_of_a_working_day_is_counted_in_opening_hours(reminded_at, said, reminded):
    assert reminded_at(said) == reminded


@pytest.mark.parametrize(
    ("holidays", "reminded"),
    [(["2026-03-03"], "Wed 04 Mar 09:30"), (["2026-03-02"], "Tue 03 Mar 12:30"),
     (["2026-03-03", "2026-03-04", "2026-03-05"], "Fri 06 Mar 09:30")],
)  # fmt: skip
def test_a_holiday_is_no_day(clinic, reminded_at, holidays, reminded):
    clinic(holidays=holidays)
    assert reminded_at("2026-03-02T14:00") == reminded


def test_a_short_day_counts_as_a_day(clinic, reminded_at):
    """A third of Monday's hours is left; one working day ends after two thirds of Tuesday's."""
    clinic(hours={"mon": ["08:00", "17:00"], "tue": ["08:00", "11:00"], "wed": ["08:00", "17:00"]})
    assert reminded_at("2026-03-02T14:00") == "Tue 03 Mar 08:30"


def test_the_clinics_zone_is_the_one_that_counts(clinic, reminded_at):
    tokyo = ZoneInfo("Asia/Tokyo")
    clinic(time_zone="Asia/Tokyo")
    assert reminded_at("2026-03-02T14:00", tokyo) == "Tue 03 Mar 09:30"


def test_a_clock_that_jumps_ahead_reminds_first_and_escalates_after(
    severe, supervisor, clock, tick, told
):
    severe("nausea")
    told()
    clock.pass_time(days=30)
    steps = []
    while tick():
        steps.append(told())
    assert steps == [["nora"], ["eva"], ["omar"], ["ada"]]


def test_a_clock_put_back_tells_nobody_twice(severe, supervisor, clock, tick, told):
    severe("nausea")
    told()
    clock.pass_time(hours=5)
    assert (tick(), told()) == (1, ["nora"])
    clock.pass_time(days=-3)
    assert (tick(), told()) == (0, [])
    clock.pass_time(days=3)
    assert (tick(), told()) == (0, [])
    clock.pass_time(days=1)
    assert (tick(), told()) == (1, ["eva"])


def test_hours_changed_meanwhile_hold_for_the_steps_to_come(
    severe, supervisor, clinic, clock, tick, told
):
    severe("nausea")  # Monday 9:00: the reminder stands at 13:30
    told()
    clinic(holidays=[str(date(2026, 3, 3))])
    clock.pass_time(hours=4, minutes=30)
    assert (tick(), told()) == (1, ["nora"])
    # What was due on Tuesday 9:00, which is closed now, is told when the clinic's day is over.
    told_at = []
    for _ in range(96):
        clock.pass_time(minutes=30)
        if tick():
            told_at.append((f"{clock.now().astimezone(SEATTLE):%a %H:%M}", told()))
            break
    assert told_at[0][1] == ["eva"]
    assert clock.now() - datetime(2026, 3, 2, 17, tzinfo=UTC) <= timedelta(days=2)
