"""What is said of how a course was kept to.  Every number here can be counted on a calendar."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.clinical.regimens import Period
from service.treatments.adherence import MOST_CYCLES, Answer, Prescribed, adherence

START = date(2026, 3, 2)
DAILY = {"type": "daily", "times": ["09:00"]}
TWICE = {"type": "daily", "times": ["09:00", "21:00"]}
THREE_WEEKS_ON = {"type": "on_off", "on_days": 21, "off_days": 7, "times": ["09:00"]}
FOUR_WEEKLY = {"type": "interval", "days": 28}
LOADING = {"type": "interval", "days": 28, "loading_days": [1, 15, 29]}
INFUSIONS = {"type": "cycle", "cycle_days": 28, "dose_days": [1, 8, 15], "times": ["09:00"]}


def day(number: int) -> date:
    """The so-manieth day of the course, 1 being the first."""
    return START + timedelta(days=number - 1)


def at(number: int, clock: str = "09:00") -> datetime:
    return datetime.fromisoformat(f"{day(number)}T{clock}")


def period(schedule, *, since=1, until=None, held=False, dose=None, day_one=1) -> Prescribed:
    return Prescribed(
        Period(
            starts_at=at(since, "00:00"), ends_at=None if until is None else at(until, "00:00"),
            is_held=held, day_one=day(day_one), schedule=schedule,
        ),
        dose,
    )  # fmt: skip


def said(status, numbers, *, reason=None, clock="09:00", cycle=1) -> list[Answer]:
    return [Answer(at(number, clock), cycle, status, reason) for number in numbers]


def kept(prescribed, answers=(), *, until=28, first=1, entered=1, now=None):
    return adherence(
        prescribed, list(answers), first=day(first), last=day(until), asked_from=datetime.combine(day(entered), time.min),
        now=now or at(until + 1, "00:00"),
    )  # fmt: skip


def counts(figures):
    return (
        figures.expected, figures.taken, figures.missed, figures.held, figures.unanswered,
    )  # fmt: skip


def test_every_dose_is_taken_missed_held_or_not_answered():
    answers = [
        *said("taken", range(1, 6)), *said("missed", [6], reason="forgot"),
        *said("missed", [7], reason="cost"), *said("held", [8], reason="told_to_hold"),
        *said("missed", [9]),
    ]  # fmt: skip

    course = kept([period(DAILY)], answers, until=10).course

    assert counts(course) == (10, 5, 3, 1, 1)
    assert course.by_reason == {"forgot": 1, "cost": 1, "told_to_hold": 1}


def test_a_dose_counts_once_its_time_has_passed():
    assert kept([period(DAILY)], until=2, now=at(2, "09:00")).course.expected == 1
    assert kept([period(DAILY)], until=2, now=at(2, "09:01")).course.expected == 2


def test_off_weeks_expect_nothing_and_are_in_no_ratio():
    course = kept([period(THREE_WEEKS_ON)], said("taken", range(1, 22)), until=28).course

    assert counts(course) == (21, 21, 0, 0, 0)
    assert (course.proportion_of_days_covered, course.relative_dose_intensity) == (1, 1)


def test_a_day_is_covered_when_all_its_doses_were_taken():
    answers = [*said("taken", range(1, 11)), *said("taken", range(1, 9), clock="21:00")]

    course = kept([period(TWICE)], answers, until=10).course

    assert course.proportion_of_days_covered == 0.8
    assert course.relative_dose_intensity == 0.9


def test_an_unanswered_dose_is_not_covered_and_not_missed():
    course = kept([period(DAILY)], said("taken", [1, 2, 3]), until=4).course

    assert (course.missed, course.unanswered) == (0, 1)
    assert course.proportion_of_days_covered == 0.75


@pytest.mark.parametrize(
    ("status", "reason"),
    [("held", None), ("held", "side_effects"), ("missed", "told_to_hold")],
)
def test_days_held_on_advice_are_out_of_the_days_and_lower_the_intensity(status, reason):
    answers = [*said("taken", range(1, 9)), *said(status, [9, 10], reason=reason)]

    course = kept([period(DAILY)], answers, until=10).course

    assert course.proportion_of_days_covered == 1
    assert course.relative_dose_intensity == 0.8


def test_a_held_course_expects_nothing_and_is_less_than_was_planned():
    prescribed = [
        period(DAILY, until=6), period(DAILY, since=6, until=9, held=True), period(DAILY, since=9),
    ]  # fmt: skip

    course = kept(prescribed, said("taken", [1, 2, 3, 4, 5, 9, 10]), until=10).course

    assert counts(course) == (7, 7, 0, 0, 0)
    assert (course.proportion_of_days_covered, course.relative_dose_intensity) == (1, 0.7)


def test_a_dose_taken_in_a_held_course_was_taken():
    course = kept([period(DAILY, held=True)], said("taken", [2]), until=4).course

    assert counts(course) == (1, 1, 0, 0, 0)
    assert course.relative_dose_intensity == 0.25


def test_an_injection_every_so_many_days_covers_the_days_until_the_next():
    # Days 1 and 29, then 14 days to the next, of which 4 have passed: 28 of 32 days.
    answers = [*said("taken", [1]), *said("missed", [29], cycle=2, reason="supply")]

    assert kept([period(FOUR_WEEKLY)], answers, until=28).course.proportion_of_days_covered == 1
    course = kept([period(FOUR_WEEKLY)], answers, until=32).course
    assert course.proportion_of_days_covered == 0.875
    assert course.relative_dose_intensity == 0.5


def test_loading_doses_cover_fewer_days():
    # Days 1 to 14 covered, 15 to 28 not, 29 to 56 covered.
    answers = [*said("taken", [1]), *said("missed", [15]), *said("taken", [29])]

    course = kept([period(LOADING)], answers, until=56).course

    assert course.proportion_of_days_covered == 0.75


def test_a_hold_takes_the_days_an_injection_would_cover_out():
    # The injection of day 1 counts for the 14 days to the hold; that of day 29 came after it.
    prescribed = [
        period(FOUR_WEEKLY, until=15), period(FOUR_WEEKLY, since=15, until=29, held=True),
        period(FOUR_WEEKLY, since=29),
    ]  # fmt: skip

    course = kept(prescribed, said("missed", [1]) + said("taken", [29]), until=42).course

    assert course.proportion_of_days_covered == 0.5


def test_a_stopped_course_has_no_further_days():
    course = kept([period(DAILY, until=6)], said("taken", range(1, 6)), until=28).course

    assert counts(course) == (5, 5, 0, 0, 0)
    assert (course.proportion_of_days_covered, course.relative_dose_intensity) == (1, 1)


def test_what_was_due_before_it_was_entered_counts_only_if_answered():
    answers = [*said("taken", [1, 8, 9]), *said("missed", [2], reason="cost"), *said("taken", [10])]

    course = kept([period(DAILY)], answers, until=10, entered=8).course

    assert counts(course) == (5, 4, 1, 0, 0)
    assert (course.proportion_of_days_covered, course.relative_dose_intensity) == (0.8, 0.8)


def test_an_answer_to_a_dose_that_is_no_more_planned_stays():
    answers = [*said("taken", [1, 2]), *said("taken", [2], clock="21:00")]

    assert counts(kept([period(DAILY)], answers, until=2).course) == (3, 3, 0, 0, 0)


@pytest.mark.parametrize(
    ("before", "after", "intensity"),
    [
        ("600 mg", "400 mg", 0.6667), ("600mg", "400  MG.", 0.6667), ("1.5 mg/m²", "1 mg/m²", 0.6667),
        ("3 tablets", "2 tablets", 0.6667), ("400 mg", "600 mg", 1.5), ("one vial", "One vial", 1.0),
        (None, None, 1.0),
        ("600 mg", "0.4 g", None), ("600 mg", None, None), (None, "400 mg", None),
        ("600 mg", "two tablets", None), ("1,000 mg", "500 mg", None), ("0 mg", "5 mg", None),
        ("1-2 tablets", "1 tablets", None),
    ],
)  # fmt: skip
def test_amounts_weigh_when_they_read_as_the_same_unit(before, after, intensity):
    prescribed = [
        period(DAILY, until=6, dose=before), period(DAILY, since=6, dose=after),
    ]  # fmt: skip

    all_the_time = kept(prescribed, said("taken", range(6, 11)), first=6, until=10)

    # In these days every dose was of the second amount, against the first as it was planned.
    assert all_the_time.course.relative_dose_intensity == intensity


def test_an_amount_that_was_never_taken_does_not_stand_in_the_way():
    prescribed = [period(DAILY, until=3, dose="600 mg"), period(DAILY, since=3, dose="half")]

    assert kept(prescribed, said("taken", [1, 2]), until=4).course.relative_dose_intensity == 0.5
    assert kept(prescribed, said("taken", [3]), until=4).course.relative_dose_intensity is None


def test_cycles_stand_beside_the_course():
    answers = [
        *said("taken", [*range(1, 22)]), *said("taken", range(29, 43), cycle=2),
        *said("missed", range(43, 50), cycle=2, reason="side_effects"),
    ]  # fmt: skip

    first, second = kept([period(THREE_WEEKS_ON)], answers, until=56).cycles

    assert (first.number, first.starts_on, first.ends_on) == (1, day(1), day(28))
    assert (second.number, second.starts_on, second.ends_on) == (2, day(29), day(56))
    assert (counts(first.figures), counts(second.figures)) == ((21, 21, 0, 0, 0), (21, 14, 7, 0, 0))
    assert first.figures.relative_dose_intensity == 1
    assert second.figures.relative_dose_intensity == 0.6667
    assert second.figures.by_reason == {"side_effects": 7}


def test_a_cycle_that_was_held_is_there_and_gave_nothing():
    prescribed = [
        period(INFUSIONS, until=29), period(INFUSIONS, since=29, until=57, held=True),
        period(INFUSIONS, since=57),
    ]  # fmt: skip
    answers = [*said("taken", [1, 8, 15]), *said("taken", [57, 64, 71], cycle=3)]

    cycles = kept(prescribed, answers, until=84).cycles

    assert [cycle.number for cycle in cycles] == [1, 2, 3]
    assert counts(cycles[1].figures) == (0, 0, 0, 0, 0)
    assert cycles[1].figures.proportion_of_days_covered is None
    assert [cycle.figures.relative_dose_intensity for cycle in cycles] == [1, 0, 1]


def test_a_delayed_cycle_is_less_than_planned_in_the_same_days():
    # The second cycle begins a week late: its first week on is the first one's fifth.
    prescribed = [period(THREE_WEEKS_ON, until=29), period(THREE_WEEKS_ON, since=29, day_one=36)]
    answers = [*said("taken", range(1, 22)), *said("taken", range(36, 57), cycle=2)]

    found = kept(prescribed, answers, until=56)

    assert [(one.starts_on, one.ends_on) for one in found.cycles] == [
        (day(1), day(35)), (day(36), day(63)),
    ]  # fmt: skip
    assert found.course.relative_dose_intensity == 1
    assert found.cycles[0].figures.relative_dose_intensity == 0.75


def test_what_has_no_cycles_lists_none():
    assert kept([period(DAILY)], said("taken", [1])).cycles == []
    assert kept([period({"type": "once"})], said("taken", [1])).cycles == []


def test_of_many_cycles_the_latest_are_listed():
    cycles = kept([period({"type": "interval", "days": 7})], until=7 * 100).cycles

    assert [cycle.number for cycle in cycles] == list(range(101 - MOST_CYCLES, 101))


def test_nothing_prescribed_is_nothing_said():
    course = kept([]).course

    assert counts(course) == (0, 0, 0, 0, 0)
    assert course.proportion_of_days_covered is course.relative_dose_intensity is None
    assert kept([period({"type": "none"})]).course == course
    assert kept([period(DAILY, since=40)]).course == course


STATUSES = ("taken", "missed", "held")
SCHEDULES = (DAILY, TWICE, THREE_WEEKS_ON, FOUR_WEEKLY, LOADING, INFUSIONS)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    schedule=st.sampled_from(SCHEDULES),
    answers=st.dictionaries(st.integers(1, 90), st.sampled_from(STATUSES)),
    holds=st.lists(st.integers(2, 90), max_size=4, unique=True).map(sorted),
    entered=st.integers(1, 90),
    first=st.integers(1, 90),
    days=st.integers(0, 60),
)
def test_the_numbers_add_up(schedule, answers, holds, entered, first, days):
    edges = [1, *holds, None]
    prescribed = [
        period(schedule, since=begin, until=end, held=number % 2 == 1)
        for number, (begin, end) in enumerate(pairwise(edges))
    ]
    given_answers = [Answer(at(n), 1, status, None) for n, status in answers.items()]

    found = kept(prescribed, given_answers, first=first, until=first + days, entered=entered)

    course = found.course
    assert course.expected == course.taken + course.missed + course.held + course.unanswered
    assert 0 <= (course.proportion_of_days_covered or 0) <= 1
    assert (course.relative_dose_intensity or 0) >= 0
    for before, after in pairwise(found.cycles):
        assert before.starts_on <= before.ends_on < after.starts_on
    assert sum(cycle.figures.taken for cycle in found.cycles) <= course.taken
