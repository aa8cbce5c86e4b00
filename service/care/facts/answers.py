"""Answers about symptoms: what an answer says, and what it is compared with.

Source: the worsening rule of the alert table; the gap of 14 days is a project choice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from service.care.facts.vocabulary import SymptomWords
from service.care.records import Answer, Record, ReportFacts


class Given(NamedTuple):
    """One symptom of one report."""

    report: ReportFacts
    answer: Answer


class Level(NamedTuple):
    """One completed answer, and the report that holds it."""

    report: ReportFacts
    value: int


class Earlier(NamedTuple):
    """The completed answer another one is compared with."""

    record: Record
    value: int


def answers_by_symptom(reports: Sequence[ReportFacts]) -> dict[str, list[Given]]:
    """Sort the answers of reports by symptom, newest first as the reports are."""
    answers: dict[str, list[Given]] = {}
    for report in reports:
        for answer in report.answers:
            answers.setdefault(answer["symptom"], []).append(Given(report, answer))
    return answers


def level(answer: Answer, attribute: str, gate: str | None) -> int | None:
    """Return one attribute of an answer, or ``None`` where it was skipped or opted out of.

    What never happens is neither bad nor in the way: with the gate at 0 the others are 0.
    """
    value = answer.get(attribute)
    if type(value) is int:  # an opt-out is a word, and a boolean is no level
        return value
    if gate is not None and attribute != gate and answer.get(gate) == 0:
        return 0
    return None


def newest_levels(
    reports: Sequence[ReportFacts], since: datetime, symptoms: Mapping[str, SymptomWords]
) -> dict[tuple[str, str], Level]:
    """Return the newest completed answers since a moment, by symptom and attribute or grade."""
    levels: dict[tuple[str, str], Level] = {}
    for report in reports:
        if report.at < since:
            break
        for answer in report.answers:
            symptom = answer["symptom"]
            words = symptoms[symptom]
            for attribute in words.looked_at:
                key = (symptom, attribute)
                if key not in levels:  # a newer report has answered it
                    value = level(answer, attribute, words.gate)
                    if value is not None:
                        levels[key] = Level(report, value)
    return levels


def latest(
    given: Sequence[Given], attribute: str, gate: str | None, since: datetime
) -> Level | None:
    """Return the newest completed answer not older than ``since``."""
    for report, answer in given:
        if report.at < since:
            return None
        value = level(answer, attribute, gate)
        if value is not None:
            return Level(report, value)
    return None


def earlier(
    given: Sequence[Given],
    attribute: str,
    gate: str | None,
    *,
    than: ReportFacts,
    gap: timedelta,
    baseline: tuple[Record, Answer] | None,
) -> Earlier | None:
    """Return the completed answer that ``than`` is compared with, or ``None`` for a first one.

    That is the previous completed answer of the same attribute, or the first answer ever where
    the previous one lies further back than ``gap``.
    """
    reached = False
    for report, answer in given:
        if not reached:  # newest first: the past of a report begins behind it
            reached = report is than
            continue
        if than.at - report.at > gap:
            break
        value = level(answer, attribute, gate)
        if value is not None:
            return Earlier(report.record, value)
    if baseline is None or baseline[0].id == than.id or baseline[0].at > than.at:
        return None
    value = level(baseline[1], attribute, gate)
    return None if value is None else Earlier(baseline[0], value)


def rises(
    now: Mapping[str, int], then: Mapping[str, Earlier], delta: int
) -> dict[str, tuple[Earlier, int]]:
    """Return the attributes that went up by ``delta`` or more, with what they were."""
    return {
        attribute: (then[attribute], value)
        for attribute, value in now.items()
        if attribute in then and value - then[attribute].value >= delta
    }
