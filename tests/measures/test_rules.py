"""How weeks add up, and which numbers are too small to show."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.measures import rules

minutes = st.integers(0, 20_000)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def counted(lengths):
    times = rules.no_times()
    for one in lengths:
        times[rules.class_of(timedelta(minutes=one))] += 1
    return times


@given(st.lists(minutes, min_size=1), st.sampled_from([0.1, 0.5, 0.9]))
@settings(derandomize=True, max_examples=300)
def test_a_quantile_lies_in_the_class_of_the_true_one(lengths, part):
    found = rules.quantile(counted(lengths), part)

    ordered = sorted(lengths)
    true = next(
        one for place, one in enumerate(ordered, start=1) if place >= part * len(ordered)
    )  # fmt: skip
    place = rules.class_of(timedelta(minutes=true))
    low = rules.TIMES[place - 1] if place else 0
    high = rules.TIMES[place] if place < len(rules.TIMES) else low
    assert low <= found <= max(high, low)


@given(st.lists(minutes), st.lists(minutes))
@settings(derandomize=True, max_examples=100)
def test_two_weeks_added_are_both_counted_at_once(one, other):
    both = rules.added([{"taken": counted(one)}, {"taken": counted(other)}])

    assert both == {"taken": counted([*one, *other])}


def test_of_nothing_there_is_no_median_and_no_share():
    assert rules.quantile(rules.no_times(), 0.5) is None
    assert rules.share(0, 0) is None
    assert rules.added([]) == {}


def test_names_that_only_one_week_has_are_kept():
    weeks = [{"a": 1, "g": {"x": [1, 0]}}, {"b": 2, "g": {"x": [2, 1], "y": [4, 4]}}]

    assert rules.added(weeks) == {"a": 1, "b": 2, "g": {"x": [3, 1], "y": [4, 4]}}


def test_closing_is_told_in_the_classes_programmes_report():
    hours = [1, 47, 48, 49, 72, 73, 24 * 7, 24 * 7 + 1]

    assert rules.closing_classes(counted([60 * one for one in hours])) == {
        "within_48_h": 3, "48_to_72_h": 2, "3_to_7_days": 2, "later": 1,
    }  # fmt: skip


def hidden(**groups):
    return {one["group"] for one in rules.shown_groups(groups) if one["hidden"]}


def test_small_groups_are_hidden_and_never_only_one():
    assert hidden(a=[20, 10], b=[9, 9], c=[4, 1]) == {"b", "c"}
    assert hidden(a=[20, 10], b=[4, 1], c=[3, 1]) == {"b", "c"}
    assert hidden(a=[20, 10], b=[5, 5]) == set()


def test_of_a_hidden_group_no_number_is_given():
    [small] = [one for one in rules.shown_groups({"a": [2, 1]}) if one["hidden"]]

    assert (small["patients"], small["completion"]) == (None, None)


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (None, "unknown"),
        (1987, "under 40"),
        (1986, "40-49"),
        (1967, "50-59"),
        (1956, "70 and over"),
    ],
)
def test_ages_are_told_in_bands(born, band):
    assert rules.age_band(born, 2026) == band


@pytest.mark.parametrize(
    ("days", "words"), [(90, "first 3 months"), (91, "first year"), (365, "longer than a year")]
)
def test_time_with_us_is_told_in_three_classes(days, words):
    assert rules.time_with_us(NOW - timedelta(days=days), NOW) == words
