"""Times, spans and grades in words, and the drawing."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.dashboard.charts import Chart, draw
from service.dashboard.formatting import Words, grade_words, listed, span, value_words

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
WORDS = Words(NOW, "America/Los_Angeles")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=5, minutes=10), "5 h 10 min"),
        (timedelta(hours=6, minutes=10), "6 h"),
        (timedelta(days=1, hours=5), "1 day 5 h"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=23), "2 days"),
    ],
)
def test_a_span_is_coarser_the_longer_it_is(length, words):
    assert span(length) == words


@pytest.mark.parametrize(
    ("minutes", "words"), [(12, "12 min left"), (0, "less than a minute left"),
                           (-180, "overdue by 3 h"), (-1, "overdue by 1 min")],
)  # fmt: skip
def test_time_left_turns_into_time_overdue(minutes, words):
    assert f">{words}<" in WORDS.left(NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("hours_ago", "words"),
    [(0, "09:00"), (9, "00:00"), (10, "yesterday 23:00"), (72, "27 February 09:00"),
     (24 * 100, "22 November 2025 09:00")],
)  # fmt: skip
def test_a_moment_is_told_as_the_clinics_day_has_it(hours_ago, words):
    assert f">{words}</time>" in WORDS.time(NOW - timedelta(hours=hours_ago))


def test_an_unknown_grade_is_never_called_mild():
    assert [grade_words(grade) for grade in (None, 0, 1, 2, 3)] == [
        "not known", "none", "mild", "moderate", "severe",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("temperature_c", 38.2, "Temperature, °C: 38.2"),
        ("chills.severity", 2, "Chills, severity: 2 of 4"),
        ("rigors", 1, "Shaking chills: yes"),
        ("not_safe_now", 1, "Not safe now: 1"),
    ],
)
def test_a_value_behind_an_alert_is_named(name, value, words):
    assert value_words(name, value) == words


def test_words_are_joined_as_people_join_them():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip


def chart(**changes):
    whole = {
        "id": "c", "title": "Nausea", "description": "Some", "first": date(2026, 1, 1),
        "last": date(2026, 1, 11), "points": [], "marks": [], "levels": [(0, "none")],
        "least": 0, "most": 3, **changes,
    }  # fmt: skip
    return draw(Chart(**whole))


def test_a_gap_in_the_line_stays_a_gap():
    days = [(date(2026, 1, day), value) for day, value in ((1, 0), (2, 3), (5, None), (8, 1))]
    drawn = chart(points=days)

    assert drawn.count("<polyline") == 1
    assert drawn.count("<circle") == 3


def test_the_highest_value_is_at_the_top_and_today_at_the_right():
    drawn = chart(points=[(date(2026, 1, 1), 3), (date(2026, 1, 11), 0)])

    assert 'cx="128.0" cy="44.0"' in drawn
    assert 'cx="624.0" cy="226.0"' in drawn


def test_a_line_of_one_value_can_be_drawn():
    assert "<circle" in chart(least=5, most=5, points=[(date(2026, 1, 3), 5)])


def test_nothing_from_outside_becomes_markup():
    drawn = chart(title="</title><script>", description='"><b>', levels=[(0, "<i>")],
                  marks=[(date(2026, 1, 2), "<u>")])  # fmt: skip

    assert not any(tag in drawn for tag in ("<script>", "<b>", "<i>", "<u>"))
