"""Her own rhythm: the median of her latest gaps, absences left out; whole rhythms missed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.care.hearing import silence_rules
from service.care.rules import rule_set
from service.clinical import knowledge
from service.panel import rhythm
from service.panel.rhythm import Away, Signs

POLICY = knowledge().policy.silence
MONDAY = date(2026, 3, 2)
CALM = Signs(
    worst_grade=0, distress=0, is_myelosuppressed=False, urgent_alerts=0, soon_alerts=0
)  # fmt: skip


def days(*gaps, last=MONDAY):
    """Return days with a report, ending on ``last``, with these gaps between them."""
    found = [last]
    for gap in reversed(gaps):
        found.append(found[-1] - timedelta(days=gap))
    return found


def spans(*periods, reported=()):
    return rhythm.absences([Away(*one) for one in periods], reported, POLICY)


def after(number):
    return MONDAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("gaps", "usual"),
    [
        ((4, 4, 4, 4), 4),
        ((4, 5, 4, 5), 4.5),
        ((4, 4, 4), None),  # three gaps show no rhythm
        ((1, 1, 1, 1), 3),  # nobody is missed after two days
        ((60, 60, 50), None),  # what lies further back than 180 days does not count
        ((40, 40, 40, 40), 28),
        ((20,) * 8 + (4,) * 12, 4),  # the latest twelve
        ((7, 7, 30, 7, 7), 7),  # one long gap is no rhythm
    ],
)
def test_her_rhythm_is_the_median_of_her_latest_gaps(gaps, usual):
    assert rhythm.usual_gap(days(*gaps), [], POLICY) == usual


def test_several_reports_a_day_are_one_day():
    assert rhythm.usual_gap(days(5, 5, 5, 5) * 3, [], POLICY) == 5


def test_a_stay_in_hospital_is_no_gap():
    reported = days(4, 4, 4, 4, 18, 4)
    away = spans((MONDAY - timedelta(days=21), MONDAY - timedelta(days=8)))
    assert rhythm.usual_gap(reported, away, POLICY) == 4
    assert rhythm.expected_days(MONDAY - timedelta(days=22), MONDAY, away) == 8


def test_an_absence_without_an_end_lasts_until_she_reports_four_weeks_at_most():
    [known] = spans((MONDAY, None), reported=[MONDAY, after(5), after(9)])
    assert known == (MONDAY, after(4))
    [forgotten] = spans((MONDAY, None))
    assert forgotten == (MONDAY, after(27))


def test_absences_that_touch_are_one():
    assert spans((after(5), after(9)), (MONDAY, after(4)), (after(2), after(3))) == [
        (MONDAY, after(9))
    ]
    assert spans((MONDAY, after(2)), (after(4), after(6))) == [
        (MONDAY, after(2)), (after(4), after(6)),
    ]  # fmt: skip


def test_check_ins_are_missed_in_whole_rhythms():
    missed = [rhythm.missed_check_ins(MONDAY, after(number), [], 4.5) for number in range(10)]
    assert missed == [0, 0, 0, 0, 0, 1, 1, 1, 1, 2]


def test_she_falls_silent_on_the_day_the_second_check_in_is_missed():
    assert rhythm.silent_from(MONDAY, MONDAY, [], 7.0, 2) == after(14)
    away = spans((after(3), after(12)))
    assert rhythm.silent_from(MONDAY, MONDAY, away, 7.0, 2) == after(24)
    assert rhythm.silent_from(MONDAY, after(40), [], 7.0, 2) == after(41)
    endless = spans((after(1), after(3000)))
    assert rhythm.silent_from(MONDAY, MONDAY, endless, 7.0, 2) > after(60)


def test_worry_ranks_and_is_nothing_while_she_is_not_silent():
    assert rhythm.worry(1, replace(CALM, urgent_alerts=1), POLICY) == 0
    quiet = rhythm.worry(2, CALM, POLICY)
    for worse in (
        replace(CALM, worst_grade=3), replace(CALM, distress=8),
        replace(CALM, is_myelosuppressed=True), replace(CALM, soon_alerts=1),
        replace(CALM, urgent_alerts=1),
    ):  # fmt: skip
        assert rhythm.worry(2, worse, POLICY) > quiet > 0
    assert rhythm.worry(3, CALM, POLICY) > quiet
    assert rhythm.worry(400, CALM, POLICY) == rhythm.worry(10, CALM, POLICY)


def test_the_rule_and_the_policy_speak_of_the_same_silence():
    assert silence_rules(rule_set()) == {"SYM-MISS"}
    about = rule_set().by_id["SYM-MISS"].about
    assert "Two check-ins" in about
    assert POLICY.missed_check_ins == 2


offsets = st.integers(min_value=0, max_value=120)
periods = st.lists(
    st.tuples(offsets, st.one_of(st.none(), st.integers(min_value=0, max_value=60))), max_size=6
)
reports = st.lists(st.integers(min_value=0, max_value=170), max_size=30)


def made(drawn):
    return [
        Away(after(first), None if length is None else after(first + length))
        for first, length in drawn
    ]


def missing(reported, away_periods, today):
    away = rhythm.absences(away_periods, reported, POLICY)
    usual = rhythm.usual_gap(reported, away, POLICY) or POLICY.usual_days
    return rhythm.missed_check_ins(max(reported), today, away, usual)


@given(reports, periods, periods, st.integers(min_value=0, max_value=120))
def test_days_away_since_her_last_report_never_make_her_more_silent(past, some, more, later):
    reported = [MONDAY - timedelta(days=ago) for ago in (*past, 0)]
    before = missing(reported, made(some), after(later))
    assert missing(reported, made([*some, *more]), after(later)) <= before


@given(reports, periods, offsets, offsets)
def test_reporting_ends_a_silence_whatever_came_before(past, some, reports_on, later):
    reported = [MONDAY - timedelta(days=ago) for ago in (*past, 0)]
    today = after(reports_on)
    assert missing([*reported, today], made(some), today) == 0
    # ... and her rhythm is bounded whatever it was made of.
    usual = rhythm.usual_gap(reported, spans(), POLICY)
    assert usual is None or POLICY.least_days <= usual <= POLICY.most_days
    assert missing(reported, [], after(later)) <= missing(reported, [], after(later + 1))


@given(reports, periods, offsets)
def test_the_day_she_is_looked_at_is_the_first_on_which_she_is_silent(past, some, later):
    reported = [MONDAY - timedelta(days=ago) for ago in (*past, 0)]
    away = rhythm.absences(made(some), reported, POLICY)
    usual = rhythm.usual_gap(reported, away, POLICY) or float(POLICY.usual_days)
    today = after(later)
    turn = rhythm.silent_from(MONDAY, today, away, usual, 2)
    assert turn > today
    for number in range(1, (turn - today).days):
        day = today + timedelta(days=number)
        silent = rhythm.missed_check_ins(MONDAY, day, away, usual) >= 2
        assert rhythm.is_away(day, away) or not silent


@given(st.lists(st.tuples(offsets, offsets), max_size=5), offsets, offsets)
def test_expected_days_are_those_on_which_she_was_not_away(some, first, length):
    away = spans(*((after(a), after(a + b)) for a, b in some))
    start, until = after(first), after(first + length)
    counted = sum(
        not rhythm.is_away(start + timedelta(days=number), away) for number in range(1, length + 1)
    )
    assert rhythm.expected_days(start, until, away) == counted
