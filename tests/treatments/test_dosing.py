"""What a change makes of a treatment's dosage periods: tables, no fixtures."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.clinical import knowledge
from service.treatments.dosing import (
    MOST_AT_ONCE,
    PLAN_AHEAD,
    Stretch,
    doses_at,
    find_dose,
    planned,
    revised,
)
from service.treatments.rules import filled_in, schedule_problems

DAILY = {"type": "daily", "times": ["09:00"]}
EVENINGS = {"type": "daily", "times": ["20:00"]}
NOON = datetime.fromisoformat("2026-03-10T12:00")
MOMENT = datetime(2026, 3, 10, 19, 0, tzinfo=UTC)
EARLIER = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
TREATMENT = UUID(int=7)


def course(started="2026-03-01", **says):
    values = {
        "status": "active", "started_on": date.fromisoformat(started), "ended_on": None,
        "schedule": DAILY, "dose": "1", **says,
    }  # fmt: skip
    if isinstance(values["ended_on"], str):
        values["ended_on"] = date.fromisoformat(values["ended_on"])
    return SimpleNamespace(**values)


def stretch(starts="2026-03-01T00:00", ends=None, status="active", day_one="2026-03-01", **says):
    return Stretch(
        starts_at=starts, ends_at=ends, status=status, day_one=date.fromisoformat(day_one),
        **{"schedule": DAILY, "dose": "1", "made_at": EARLIER, "id": UUID(int=1), **says},
    )  # fmt: skip


def told(periods, now, at=NOON):
    """Say periods in short: from, until, and what differs from one milligram a day."""
    return [
        " ".join(
            [
                period.starts_at[5:], period.ends_at[5:] if period.ends_at else "on",
                *(["held"] if period.status == "held" else []),
                *([f"dose {period.dose}"] if period.dose != "1" else []),
                *(["evenings"] if period.schedule == EVENINGS else []),
                *([f"from {period.day_one}"] if period.day_one != date(2026, 3, 1) else []),
            ]
        )
        for period in revised(periods, now, at=at, made_at=MOMENT)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (course(), ["03-01T00:00 on"]),
        (course(status="held"), ["03-01T00:00 on held"]),
        (course(status="planned"), []), (course(status="stopped"), []),
        (course(status="completed", ended_on="2026-03-05"), []),
        (course(ended_on="2026-03-05"), []),
        (course(ended_on="2026-03-10"), ["03-01T00:00 03-11T00:00"]),
        (course(started="2026-04-01"), ["04-01T00:00 on from 2026-04-01"]),
        (course(schedule={**DAILY, "day_one": "2026-03-04"}), ["03-01T00:00 on from 2026-03-04"]),
    ],
)  # fmt: skip
def test_the_first_period_begins_with_the_first_day(now, then):
    assert told([], now) == then


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (course(), ["03-01T00:00 on"]),
        (course(dose="2"), ["03-01T00:00 03-10T12:00", "03-10T12:00 on dose 2"]),
        (course(schedule=EVENINGS), ["03-01T00:00 03-10T12:00", "03-10T12:00 on evenings"]),
        (course(status="held"), ["03-01T00:00 03-10T12:00", "03-10T12:00 on held"]),
        (course(status="stopped"), ["03-01T00:00 03-10T12:00"]),
        (course(status="completed"), ["03-01T00:00 03-10T12:00"]),
        (course(status="planned"), ["03-01T00:00 03-10T12:00"]),
        # An end told of late, today's, and one to come.
        (course(status="stopped", ended_on="2026-03-07"), ["03-01T00:00 03-08T00:00"]),
        (course(ended_on="2026-03-07"), ["03-01T00:00 03-08T00:00"]),
        (course(status="stopped", ended_on="2026-03-10"), ["03-01T00:00 03-10T12:00"]),
        (course(ended_on="2026-03-10"), ["03-01T00:00 03-11T00:00"]),
        (course(ended_on="2026-03-20"), ["03-01T00:00 03-21T00:00"]),
        (course(status="stopped", ended_on="2026-03-20"), ["03-01T00:00 03-10T12:00"]),
        # A first day put right: later, earlier, and not yet.
        (course("2026-03-05"), ["03-05T00:00 on from 2026-03-05"]),
        (course("2026-02-20"), ["02-20T00:00 on from 2026-02-20"]),
        (course("2026-04-01"), ["04-01T00:00 on from 2026-04-01"]),
    ],
)  # fmt: skip
def test_a_change_ends_what_is_in_force_and_begins_the_next(now, then):
    assert told([stretch()], now) == then


def test_a_change_back_a_hold_and_what_comes_after_are_all_history():
    periods = []
    for day, now in enumerate(
        [course(), course(dose="2"), course(dose="2", status="held"), course(dose="2"),
         course(status="stopped"), course()]
    ):  # fmt: skip
        periods = revised(periods, now, at=NOON + timedelta(days=day), made_at=MOMENT)
    assert told(periods, course(), at=NOON + timedelta(days=9)) == [
        "03-01T00:00 03-11T12:00", "03-11T12:00 03-12T12:00 dose 2",
        "03-12T12:00 03-13T12:00 held dose 2", "03-13T12:00 03-14T12:00 dose 2",
        "03-15T12:00 on",
    ]  # fmt: skip


def test_two_changes_in_one_minute_leave_the_last():
    once = revised([stretch()], course(dose="2"), at=NOON, made_at=MOMENT)
    once = [replace(one, id=one.id or UUID(int=2)) for one in once]
    twice = revised(once, course(dose="3"), at=NOON, made_at=MOMENT + timedelta(seconds=9))
    assert [(one.id.int, one.dose, one.made_at) for one in twice] == [
        (1, "1", EARLIER), (2, "3", MOMENT),
    ]  # fmt: skip
    assert told(once, course(), at=NOON) == ["03-01T00:00 on"]


def test_one_that_has_not_begun_is_made_over_and_leaves_no_trace():
    to_come = [stretch("2026-04-01T00:00", day_one="2026-04-01")]
    assert told(to_come, course(status="stopped", started="2026-04-01")) == []
    assert told(to_come, course("2026-04-01", dose="2")) == [
        "04-01T00:00 on dose 2 from 2026-04-01"
    ]
    assert told(to_come, course("2026-03-09")) == ["03-09T00:00 on from 2026-03-09"]


def test_an_end_taken_back_goes_on_from_now():
    ended = [stretch(ends="2026-03-08T00:00")]
    assert told(ended, course()) == ["03-01T00:00 03-08T00:00", "03-10T12:00 on"]
    ahead = [stretch(ends="2026-03-21T00:00")]
    assert told(ahead, course()) == ["03-01T00:00 on"]


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.integers(-1500, 3000),
            st.sampled_from(["planned", "active", "held", "stopped", "completed"]),
            st.sampled_from(["2026-02-20", "2026-03-01", "2026-03-12", "2026-04-02"]),
            st.sampled_from([None, "2026-04-03", "2026-05-01"]),
            st.sampled_from(["1", "2"]), st.sampled_from([DAILY, EVENINGS, None]),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_whatever_is_changed_when_periods_never_overlap_nor_reach_past_the_days(changes):
    """Also when she flies back to where it is earlier, so that her clock shows a time again."""
    periods, minutes = [], 0
    for step, status, started, ended, dose, schedule in changes:
        minutes += step
        at = NOON + timedelta(minutes=minutes)
        now = course(started, status=status, ended_on=ended, dose=dose, schedule=schedule)
        before, periods = periods, revised(periods, now, at=at, made_at=MOMENT)
        periods = [replace(one, id=one.id or UUID(int=n)) for n, one in enumerate(periods, 100)]
        for one in periods:
            assert one.ends_at is None or one.starts_at < one.ends_at
            assert one.starts_at >= f"{started}T00:00"
        for one, following in pairwise(periods):
            assert one.ends_at is not None
            assert one.ends_at <= following.starts_at
        end = periods[-1].ends_at if periods else ""
        assert status in {"active", "held"} or (end is not None and end <= at.isoformat()[:16])
        # What was asked before this minute, and lies within her days, is asked still.
        within = [replace(one, starts_at=max(one.starts_at, f"{started}T00:00")) for one in before]
        last = min(at.isoformat()[:16], f"{ended}T24:00" if ended else "9")
        kept = {dose.local_at for dose in doses(periods) if dose.local_at < last}
        assert kept >= {dose.local_at for dose in doses(within) if dose.local_at < last}


def doses(periods, zone=LOS_ANGELES):
    since = datetime.fromisoformat("2026-01-01T00:00")
    usable = [one for one in periods if one.ends_at is None or one.starts_at < one.ends_at]
    return list(doses_at(usable, TREATMENT, zone, since=since, before=since + timedelta(days=200)))


def test_what_is_planned_reaches_to_the_horizon_and_says_what_is_next():
    found, until = planned([stretch()], TREATMENT, LOS_ANGELES, since=MOMENT, now=MOMENT)
    assert [dose.local_at[5:10] for dose in found] == [f"03-{day}" for day in range(11, 25)]
    assert until == datetime(2026, 3, 25, 16, 0, tzinfo=UTC)
    monthly = stretch(schedule={"type": "interval", "days": 28})
    found, until = planned([monthly], TREATMENT, LOS_ANGELES, since=MOMENT, now=MOMENT)
    assert (found, until) == ([], datetime(2026, 3, 29, 16, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "period",
    [stretch(ends="2026-03-20T00:00"), stretch(schedule={"type": "once"}), stretch(schedule=None),
     stretch(status="held"), stretch(schedule={"type": "none"})],
)  # fmt: skip
def test_where_no_more_is_to_come_nothing_is_planned_again(period):
    _, until = planned([period], TREATMENT, LOS_ANGELES, since=MOMENT, now=MOMENT)
    assert until is None


def test_nothing_is_planned_for_before_it_was_entered():
    found, _ = planned([stretch(made_at=MOMENT)], TREATMENT, LOS_ANGELES, since=EARLIER, now=MOMENT)
    assert min(dose.due_at for dose in found) >= MOMENT


def test_after_a_long_outage_it_is_caught_up_with_in_pieces():
    now = EARLIER + timedelta(days=300)
    since, found = EARLIER, []
    pieces = 0
    while since is not None and since <= now + PLAN_AHEAD / 2:
        piece, since = planned([stretch()], TREATMENT, LOS_ANGELES, since=since, now=now)
        assert len(piece) <= MOST_AT_ONCE.days + 1
        found += piece
        pieces += 1
    assert 5 <= pieces <= 7
    assert len({dose.id for dose in found}) == len(found) == 300 + PLAN_AHEAD.days


def test_a_dose_is_found_by_its_id_within_a_year_of_now():
    periods = [stretch("2024-01-01T00:00", day_one="2024-01-01")]
    by_day = {
        dose.local_at[:10]: dose
        for dose in doses_at(
            periods, TREATMENT, LOS_ANGELES,
            since=NOON - timedelta(days=500), before=NOON + timedelta(days=500),
        )
    }  # fmt: skip
    for day in ("2026-03-10", "2026-03-11", "2025-04-01", "2027-03-01"):
        found = find_dose(periods, TREATMENT, LOS_ANGELES, by_day[day].id, now=MOMENT)
        assert found == by_day[day]
    for id in (by_day["2025-01-01"].id, by_day["2027-04-01"].id, UUID(int=3)):
        assert find_dose(periods, TREATMENT, LOS_ANGELES, id, now=MOMENT) is None


@pytest.mark.parametrize(
    ("schedule", "where"),
    [
        ({"type": "on_off", "on_days": 28, "off_days": 0}, None),
        ({"type": "on_off", "on_days": 28, "off_days": -1}, "off_days"),
        ({"type": "on_off", "on_days": 0, "off_days": 7}, "on_days"),
        ({"type": "cycle", "cycle_days": 21, "dose_days": [1], "day_one": "2026-03-08"}, None),
        ({"type": "on_off", "on_days": 1, "off_days": 1, "day_one": "2026-03-08"}, None),
        ({"type": "interval", "days": 21, "day_one": "2026-03-08"}, None),
        ({**DAILY, "day_one": "2036-12-31"}, None),
        ({**DAILY, "day_one": "2037-01-01"}, "day_one"),
        ({**DAILY, "day_one": "2015-12-31"}, "day_one"),
        ({**DAILY, "day_one": "2026-02-30"}, "day_one"), ({**DAILY, "day_one": "2026-3-8"}, "day_one"),
        ({**DAILY, "day_one": 3}, "day_one"), ({**DAILY, "day_one": None}, "day_one"),
        ({"type": "once", "day_one": "2026-03-08"}, "day_one"),
        ({"type": "none", "day_one": "2026-03-08"}, "day_one"),
    ],
)  # fmt: skip
def test_a_schedule_may_rest_no_day_and_may_count_from_another(schedule, where):
    found = [pointer for pointer, _ in schedule_problems(schedule, date(2026, 3, 1))]
    assert found == ([f"/schedule/{where}"] if where else [])


def test_every_schedule_of_the_catalogue_may_be_entered():
    with_schedule = [code for code, one in knowledge().treatments.items() if one.schedule]
    assert len(with_schedule) > 40
    for code in with_schedule:
        entered = filled_in({"code": code, "schedule": None}, knowledge())
        assert schedule_problems(entered["schedule"], date(2026, 3, 1)) == [], code
