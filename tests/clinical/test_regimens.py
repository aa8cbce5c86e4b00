"""What a schedule means: tables, and properties over cycles, daylight saving and travel."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.clinical.regimens import Period, cycle_on, expected_doses
from service.clock import local_minute, moment_of
from service.treatments.dosing import Stretch, doses_at, doses_between

DAY = timedelta(days=1)
FIRST = date(2026, 3, 2)
ONCE_A_DAY = ["08:00"]


def period(schedule, starts="2026-03-02T00:00", ends=None, day_one=FIRST, is_held=False) -> Period:
    return Period(
        starts_at=datetime.fromisoformat(starts),
        ends_at=ends and datetime.fromisoformat(ends),
        is_held=is_held, day_one=day_one, schedule=schedule,
    )  # fmt: skip


def doses(*periods, days=90, since=FIRST, held_too=False):
    start = datetime.combine(since, time.min)
    return list(expected_doses(periods, since=start, before=start + days * DAY, held_too=held_too))


def days_of(*periods, **asked) -> list[int]:
    """Number the days with a dose, the first day of the course being 1."""
    return [(dose.local.date() - FIRST).days + 1 for dose in doses(*periods, **asked)]


def cycles_of(*periods, **asked) -> list[int]:
    return [dose.cycle for dose in doses(*periods, **asked)]


def on_off(on, off):
    return {"type": "on_off", "on_days": on, "off_days": off, "times": ONCE_A_DAY}


def cycle(days, *on, **more):
    return {"type": "cycle", "cycle_days": days, "dose_days": list(on), **more}


DAILY = {"type": "daily", "times": ["08:00", "20:00"]}


@pytest.mark.parametrize(
    ("schedule", "days", "falls_on"),
    [
        (on_off(21, 7), 60, [*range(1, 22), *range(29, 50), *range(57, 61)]),
        (on_off(28, 0), 60, [*range(1, 61)]),
        (on_off(14, 7), 25, [*range(1, 15), *range(22, 26)]),
        # Weekly, three on and one off, as paclitaxel; and days 1 and 8 of every three weeks.
        (cycle(28, 1, 8, 15), 60, [1, 8, 15, 29, 36, 43, 57]),
        (cycle(21, 1, 8), 50, [1, 8, 22, 29, 43, 50]),
        (cycle(21, 1), 64, [1, 22, 43, 64]),
        (cycle(7, 1), 22, [1, 8, 15, 22]),
        (cycle(1, 1), 3, [1, 2, 3]),
        ({"type": "interval", "days": 28}, 90, [1, 29, 57, 85]),
        ({"type": "interval", "days": 21}, 43, [1, 22, 43]),
        # Fulvestrant: 1, 15, 29 and every 28 days after the last of them.
        ({"type": "interval", "days": 28, "loading_days": [1, 15, 29]}, 90, [1, 15, 29, 57, 85]),
        ({"type": "interval", "days": 28, "loading_days": [29, 1, 15]}, 60, [1, 15, 29, 57]),
        ({"type": "interval", "days": 14, "loading_days": [8]}, 40, [8, 22, 36]),
        ({"type": "daily", "times": ONCE_A_DAY}, 3, [1, 2, 3]),
        (DAILY, 2, [1, 1, 2, 2]),
        ({"type": "once"}, 400, [1]),
        ({"type": "none"}, 400, []),
        (None, 400, []),
    ],
)  # fmt: skip
def test_a_schedule_says_on_which_days(schedule, days, falls_on):
    assert days_of(period(schedule), days=days) == falls_on


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        (on_off(1, 6), ["08:00"]),
        ({"type": "daily", "times": ["20:00", "08:00"]}, ["08:00", "20:00"]),
        (cycle(21, 1), ["09:00"]),
        ({"type": "once"}, ["09:00"]),
        ({"type": "interval", "days": 7}, ["09:00"]),
    ],
)
def test_without_a_time_of_day_it_is_nine_in_the_morning(schedule, times):
    found = doses(period(schedule), days=1)
    assert [dose.local.strftime("%H:%M") for dose in found] == times


def test_days_before_the_first_have_none_whenever_it_is_asked():
    delayed = period(on_off(21, 7), day_one=FIRST + 3 * DAY)
    assert days_of(delayed, days=10, since=FIRST - 5 * DAY) == [4, 5]
    assert days_of(period({"type": "once"}), since=FIRST + DAY) == []


def test_a_stretch_in_the_middle_counts_from_the_first_day():
    assert days_of(period(cycle(28, 1, 8, 15)), since=FIRST + 30 * DAY, days=30) == [36, 43, 57]
    far = doses(period(cycle(28, 1)), since=FIRST + 28 * 100 * DAY, days=1)
    assert [dose.cycle for dose in far] == [101]


def test_both_bounds_are_minutes_and_the_last_is_outside():
    at_eight = datetime.fromisoformat("2026-03-02T08:00")
    one = [period({"type": "daily", "times": ONCE_A_DAY})]
    assert len(list(expected_doses(one, since=at_eight, before=at_eight))) == 0
    assert len(list(expected_doses(one, since=at_eight, before=at_eight + DAY))) == 1
    until_eight = [period(one[0].schedule, ends="2026-03-03T08:00")]
    assert days_of(*until_eight) == [1]


def test_a_hold_asks_nothing_and_says_what_it_held():
    course = [
        period(on_off(21, 7), ends="2026-03-05T10:00"),
        period(on_off(21, 7), starts="2026-03-05T10:00", ends="2026-03-08T07:00", is_held=True),
        period(on_off(21, 7), starts="2026-03-08T07:00"),
    ]
    assert days_of(*course, days=9) == [1, 2, 3, 4, 7, 8, 9]
    assert days_of(*course, days=9, held_too=True) == [*range(1, 10)]
    assert set(cycles_of(*course, days=28)) == {1}
    assert cycles_of(*course, days=29)[-1] == 2


def test_a_changed_dose_counts_on():
    course = [
        period(cycle(21, 1), ends="2026-04-01T10:00"), period(cycle(21, 1), "2026-04-01T10:00"),
    ]  # fmt: skip
    assert (days_of(*course), cycles_of(*course)) == ([1, 22, 43, 64, 85], [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("changed", "day_one", "falls_on", "numbers"),
    [
        # The third cycle, due on day 43, is put off by a week a day before: it stays the third.
        ("2026-04-12T12:00", 50, [1, 22, 50, 71], [1, 2, 3, 4]),
        ("2026-04-13T07:00", 50, [1, 22, 50, 71], [1, 2, 3, 4]),
        # After its first dose was asked for, what begins a week later is the fourth.
        ("2026-04-13T12:00", 50, [1, 22, 43, 50, 71], [1, 2, 3, 4, 5]),
        # Put off by three cycles' time: nothing was skipped but time.
        ("2026-04-12T12:00", 85, [1, 22, 85], [1, 2, 3]),
    ],
)  # fmt: skip
def test_a_cycle_that_is_put_off_keeps_its_number(changed, day_one, falls_on, numbers):
    course = [
        period(cycle(21, 1), ends=changed),
        period(cycle(21, 1), starts=changed, day_one=FIRST + (day_one - 1) * DAY),
    ]
    assert (days_of(*course), cycles_of(*course)) == (falls_on, numbers)


def test_put_off_twice_and_brought_forward_again_it_keeps_its_number():
    def from_day(number):
        return FIRST + (number - 1) * DAY

    course = [
        period(cycle(21, 1), ends="2026-04-12T12:00"),
        period(cycle(21, 1), "2026-04-12T12:00", "2026-04-14T12:00", day_one=from_day(50)),
        period(cycle(21, 1), "2026-04-14T12:00", "2026-04-15T12:00", day_one=from_day(57)),
        period(cycle(21, 1), "2026-04-15T12:00", day_one=from_day(52)),
    ]
    assert (days_of(*course), cycles_of(*course)) == ([1, 22, 52, 73], [1, 2, 3, 4])


def test_another_rhythm_from_the_same_day_goes_on_with_the_number_it_finds():
    course = [
        period(cycle(21, 1), ends="2026-06-01T10:00"),
        period(cycle(28, 1), "2026-06-01T10:00"),
    ]
    # Day 92 lies in the fifth cycle of 21 days, and in the fourth of 28, which lasts until day 112.
    assert cycles_of(*course, days=150) == [1, 2, 3, 4, 5, 6, 7]
    assert days_of(*course, days=150) == [1, 22, 43, 64, 85, 113, 141]


def test_a_rhythm_after_none_counts_from_the_first_day():
    course = [period(None, ends="2026-04-10T10:00"), period(cycle(21, 1), "2026-04-10T10:00")]
    assert cycles_of(*course, days=64) == [3, 4]


def test_loading_doses_are_cycles_of_their_own():
    loading = period({"type": "interval", "days": 28, "loading_days": [1, 15, 29]})
    assert cycles_of(loading) == [1, 2, 3, 4, 5]
    bounds = [cycle_on([loading], FIRST + n * DAY) for n in (0, 13, 14, 28, 55, 56)]
    assert [(number, (first - FIRST).days, (last - FIRST).days) for number, first, last in bounds] == [
        (1, 0, 13), (1, 0, 13), (2, 14, 27), (3, 28, 55), (3, 28, 55), (4, 56, 83),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "day", "found"),
    [
        (on_off(21, 7), 0, (1, 0, 27)), (on_off(21, 7), 27, (1, 0, 27)),
        (on_off(21, 7), 28, (2, 28, 55)), (cycle(21, 1, 8), 20, (1, 0, 20)),
        ({"type": "interval", "days": 28, "loading_days": [8]}, 3, (1, 0, 34)),
        (DAILY, 3, None), ({"type": "once"}, 0, None), ({"type": "none"}, 0, None), (None, 0, None),
        (on_off(21, 7), -1, None),
    ],
)  # fmt: skip
def test_a_day_lies_in_a_cycle(schedule, day, found):
    cycle = cycle_on([period(schedule)], FIRST + day * DAY)
    assert (cycle and (cycle[0], *((one - FIRST).days for one in cycle[1:]))) == found


def test_after_its_end_and_before_a_first_day_to_come_there_is_no_cycle():
    over = period(on_off(21, 7), ends="2026-03-10T00:00")
    assert cycle_on([over], date(2026, 3, 9)) is not None
    assert cycle_on([over], date(2026, 3, 10)) is None
    later = period(on_off(21, 7), "2026-03-10T00:00", day_one=date(2026, 3, 12))
    assert cycle_on([over, later], date(2026, 3, 11)) is None
    assert cycle_on([over, later], date(2026, 3, 12)) == (2, date(2026, 3, 12), date(2026, 4, 8))


# --- properties ---------------------------------------------------------------------------------

PLENTY = settings(derandomize=True, deadline=None, max_examples=120)
TIMES = st.lists(
    st.times().map(lambda at: at.strftime("%H:%M")), min_size=1, max_size=4, unique=True
)
ZONES = st.sampled_from(
    ["America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "America/Nuuk", "Asia/Kolkata",
     "Pacific/Auckland", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu"]
).map(ZoneInfo)  # fmt: skip
DAYS = st.dates(date(2017, 1, 1), date(2030, 12, 31))


@st.composite
def schedules(draw):
    kind = draw(st.sampled_from(["cycle", "on_off", "interval", "daily"]))
    times = draw(TIMES)
    if kind == "cycle":
        length = draw(st.integers(1, 60))
        on = draw(st.lists(st.integers(1, length), min_size=1, max_size=6, unique=True))
        return {"type": kind, "cycle_days": length, "dose_days": on, "times": times}
    if kind == "on_off":
        return {
            "type": kind, "on_days": draw(st.integers(1, 40)),
            "off_days": draw(st.integers(0, 40)), "times": times,
        }  # fmt: skip
    if kind == "interval":
        loading = draw(st.lists(st.integers(1, 60), max_size=4, unique=True))
        return {"type": kind, "days": draw(st.integers(1, 60))} | (
            {"loading_days": loading} if loading else {}
        )
    return {"type": kind, "times": times}


def stretch(schedule, first: date, **more) -> Stretch:
    return Stretch(**{
        "starts_at": f"{first}T00:00", "ends_at": None, "status": "active", "day_one": first,
        "schedule": schedule, "dose": None, "made_at": datetime(2017, 1, 1, tzinfo=UTC), **more,
    })  # fmt: skip


def has_dose(schedule, number: int) -> bool:
    """Say the same as the schedule once more, in the plainest words."""
    kind = schedule["type"]
    if kind == "cycle":
        return number % schedule["cycle_days"] + 1 in schedule["dose_days"]
    if kind == "on_off":
        return number % (schedule["on_days"] + schedule["off_days"]) < schedule["on_days"]
    if kind == "interval":
        loading = sorted(schedule.get("loading_days", [1]))
        after = number + 1 - loading[-1]
        return number + 1 in loading or (after > 0 and after % schedule["days"] == 0)
    return True


@PLENTY
@given(schedules(), DAYS, st.integers(0, 400), st.integers(1, 120))
def test_there_is_one_dose_at_each_time_of_each_of_its_days_and_no_other(
    schedule, first, skipped, days
):
    since = datetime.combine(first + skipped * DAY, time.min)
    course = [period(schedule, f"{first}T00:00", day_one=first)]
    found = Counter(
        dose.local for dose in expected_doses(course, since=since, before=since + days * DAY)
    )
    times = [time.fromisoformat(text) for text in schedule.get("times", ["09:00"])]
    assert found == Counter(
        datetime.combine(first + number * DAY, at)
        for number in range(skipped, skipped + days)
        if has_dose(schedule, number)
        for at in times
    )


@PLENTY
@given(schedules(), DAYS, ZONES)
def test_a_cycle_is_as_many_days_of_hers_long_whatever_the_clocks_do(schedule, first, zone):
    course = [period(schedule, f"{first}T00:00", day_one=first)]
    length = {
        "cycle": schedule.get("cycle_days"), "interval": schedule.get("days"), "daily": None,
        "on_off": schedule.get("on_days", 0) + schedule.get("off_days", 0),
    }[schedule["type"]]  # fmt: skip
    day = first + 200 * DAY
    found = cycle_on(course, day)
    assert (found is None) == (length is None)
    if found is None:
        return
    number, begins, ends = found
    assert (ends - begins).days + 1 == length
    assert begins <= day <= ends
    assert cycle_on(course, ends + DAY) == (number + 1, ends + DAY, ends + length * DAY)
    listed = doses_at(
        [stretch(schedule, first)], UUID(int=1), zone,
        since=datetime.combine(begins, time.min), before=datetime.combine(ends + DAY, time.min),
    )  # fmt: skip
    assert {dose.cycle for dose in listed} <= {number}


@PLENTY
@given(schedules(), DAYS, ZONES, ZONES, st.integers(0, 60))
def test_travel_loses_no_dose_and_makes_none_twice(schedule, first, home, away, days):
    """She leaves in the middle: what was due by then at home and what is ahead there are all."""
    course = [stretch(schedule, first)]
    start = datetime.combine(first, time.min)
    left = moment_of(start + days * DAY, home) + timedelta(hours=7, minutes=13)
    everything = [
        dose.id
        for dose in doses_at(course, UUID(int=1), home, since=start, before=start + 90 * DAY)
    ]
    assert len(set(everything)) == len(everything)

    there = doses_at(course, UUID(int=1), away, since=start, before=start + 90 * DAY)
    retimed = {dose.id: dose.due_at for dose in there}
    assert list(retimed) == everything

    gone_by = [
        dose.id for dose in doses_between(
            course, UUID(int=1), home, since=moment_of(start, home) - 3 * DAY, before=left
        )
    ]  # fmt: skip
    ahead = {dose_id for dose_id, due_at in retimed.items() if due_at >= left}
    between = set(everything) - set(gone_by) - ahead
    # Flying east, the clock jumps over some: they are due at once, and still the same doses.
    assert all(retimed[dose_id] < left for dose_id in between)
    assert set(gone_by) | ahead | between == set(everything) | set(gone_by)


@PLENTY
@given(schedules(), DAYS, ZONES, st.integers(0, 120))
def test_by_moments_as_by_days_each_dose_is_found_once(schedule, first, zone, days):
    """Cut anywhere, the pieces together are the whole: the planner may stop where it likes."""
    course = [stretch(schedule, first)]
    begin = moment_of(datetime.combine(first, time.min), zone)
    cut, end = begin + timedelta(hours=29 * days / 3), begin + 60 * DAY
    pieces = [
        *doses_between(course, UUID(int=1), zone, since=begin, before=min(cut, end)),
        *doses_between(course, UUID(int=1), zone, since=min(cut, end), before=end),
    ]
    whole = list(doses_between(course, UUID(int=1), zone, since=begin, before=end))
    assert pieces == whole
    local_days = [dose.local_at for dose in whole]
    assert local_days == sorted(set(local_days))


@PLENTY
@given(DAYS, st.times(), ZONES)
def test_a_local_time_that_exists_is_read_back(day, at, zone):
    local = datetime.combine(day, at.replace(second=0, microsecond=0))
    shown = local_minute(moment_of(local, zone), zone)
    # Unequal only where the clock skips it, and then by as much as it skips.
    assert timedelta(0) <= shown - local <= timedelta(hours=24)
    assert shown == local or moment_of(shown, zone) == moment_of(local, zone)
