"""The defaults a clinic may change, as the project decided them, and the spans they are written in."""

from datetime import timedelta

import pytest

from service.clinical import knowledge
from service.clinical.spans import Span, span_of

POLICY = knowledge().policy


def test_urgent_alerts_climb_from_a_reminder_to_everyone_there_is():
    urgent = POLICY.escalation["urgent"]
    within = urgent.acknowledge_within.duration

    assert urgent.clock == "always"
    assert [(within * step.share, step.tell) for step in urgent.steps] == [
        (timedelta(minutes=15), "same_person"),
        (timedelta(minutes=30), "next_on_roster"),
        (timedelta(minutes=45), "supervisor"),
        (timedelta(minutes=60), "administrator"),
        (timedelta(minutes=75), "everyone"),
    ]


def test_soon_alerts_count_the_clinics_hours_and_info_has_no_clock():
    soon, info = POLICY.escalation["soon"], POLICY.escalation["info"]

    assert (soon.clock, soon.acknowledge_within.is_working_time) == ("working", True)
    assert [(step.share, step.tell) for step in soon.steps] == [
        (0.5, "same_person"),
        (1.0, "next_on_roster"),
        (1.5, "supervisor"),
        (2.0, "everyone"),
    ]
    assert (info.acknowledge_within, info.steps) == (None, ())
    assert [(step.share, step.tell) for step in POLICY.contact_overdue] == [
        (1.0, "assignee"),
        (1.5, "supervisor"),
    ]


def test_a_treatment_lasts_beyond_its_end_as_long_as_its_effects():
    windows = POLICY.treatment_windows

    assert windows.of_effect("cardiotoxic") == timedelta(days=30)
    assert windows.of_effect("myelosuppressive") == timedelta(days=42)
    assert windows.of_effect("onj") is None  # for ever
    assert windows.procedures == timedelta(days=42)


def test_emergencies_lead_and_what_is_not_named_comes_last():
    rank = POLICY.rank
    order = [
        "EM-FEVER",
        "SI-9",
        "SN-ILD",
        "SYM-SEV",
        "SYM-WORSE",
        "SYM-MOD2",
        "SYM-MOD1",
        "DOSE-COST",
        "DIS-4",
    ]

    assert [rank(rule) for rule in order] == sorted({rank(rule) for rule in order})
    assert rank("EMBER") == rank("SPIR")  # not an emergency, whatever its first letters


def test_each_role_works_one_queue():
    queues = POLICY.queues
    assert queues["dentist"] == queues["physician"] == "nursing"
    assert queues["financial navigator"] == queues["psychiatry"] == "social_work"
    assert (queues["chaplain"], queues["coordinator"]) == ("chaplaincy", "coordination")


def test_the_remaining_defaults_are_those_decided():
    assert (POLICY.worsening.delta, POLICY.worsening.gap) == (2, timedelta(days=14))
    assert POLICY.fact_windows.symptom_answers == timedelta(days=7)
    assert POLICY.fact_windows.measures == timedelta(hours=24)
    assert (POLICY.clock.ahead, POLICY.clock.earliest.year) == (timedelta(hours=24), 2000)
    assert POLICY.statuses["treatment_windows"] == "unverified"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30 min", Span(30, "minutes")),
        ("1 h", Span(1, "hours")),
        ("14 days", Span(14, "days")),
        ("6 weeks", Span(6, "weeks")),
        ("1 working day", Span(1, "working_days")),
        ("4 working hours", Span(4, "working_hours")),
    ],
)
def test_spans_are_read_as_written(text, span):
    assert span_of(text) == span


@pytest.mark.parametrize("text", ["", "0 min", "half an hour", "-1 h", "1.5 h", "3 moons"])
def test_what_is_not_a_span_is_refused(text):
    with pytest.raises(ValueError, match="is not a span"):
        span_of(text)


def test_a_working_day_has_no_length_of_its_own():
    with pytest.raises(ValueError, match="own hours"):
        span_of("1 working day").duration  # noqa: B018 - reading it is what is refused
