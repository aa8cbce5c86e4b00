"""The report of a replay, worked out from what was counted.  Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from service.measures.rules import SMALL, monday_of

SEVERITIES = ("urgent", "soon", "info")
SIDES = ("draft", "in_force")
DAYS_A_WEEK = 7
_NOT_PEOPLE = frozenset({"days", "staff", "draft_version", "in_force_version"})


def nothing_counted() -> dict[str, Any]:
    """Return figures in which nothing is counted yet."""
    return {
        "records": 0, "both": 0, "only_draft": 0, "only_in_force": 0, "other_severity": 0,
        "answered": 0, "missed": 0, "missed_patients": 0, "missed_outcomes": {}, "by_day": {},
        **{side: {"alerts": 0, "told": 0, "patients": 0, "by_severity": {}} for side in SIDES},
    }  # fmt: skip


def report_of(
    figures: Mapping[str, Any], *, first: date, last: date, patients: int
) -> dict[str, Any]:
    """Return the report of finished figures.

    Args:
        figures: as ``nothing_counted`` begins them.
        first: first day of the window, on the clinic's clock.
        last: last day, part of it.
        patients: how many were looked at.

    Returns:
        Counts, rates a day and a week, and the same by week for a chart.  ``told`` counts what
        somebody is told of: an alert that joins an open one unchanged tells nobody.
    """
    days = (last - first).days + 1
    about, staff = figures["about"], figures["about"]["staff"]
    return {
        "rule": about["rule"], "draft_version": about["draft_version"],
        "in_force_version": about["in_force_version"], "queue": about["queue"],
        "from": first.isoformat(), "to": last.isoformat(), "days": days, "staff": staff,
        "patients": patients, "records": figures["records"],
        **{side: _side(figures[side], days, staff) for side in SIDES},
        "both": figures["both"], "only_draft": figures["only_draft"],
        "only_in_force": figures["only_in_force"], "other_severity": figures["other_severity"],
        "answered_with_contact": figures["answered"], "missed": figures["missed"],
        "missed_patients": figures["missed_patients"],
        "missed_outcomes": dict(sorted(figures["missed_outcomes"].items())),
        "weeks": _weeks(figures["by_day"], first, last),
    }  # fmt: skip


def without_small(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report for somebody who sees no patients: no number that few people stand behind.

    Numbers under 5 are hidden, all others rounded down to a multiple of 5, so that no hidden
    one can be worked out from the others; rates follow from what is left.
    """
    shown = coarse({name: value for name, value in report.items() if name != "weeks"})
    for side in SIDES:
        shown[side] |= _rates(shown[side]["alerts"], report["days"], report["staff"])
    return {**shown, "weeks": [_coarse("", week) for week in report["weeks"]]}


def coarse(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return counts with the small ones hidden and the others rounded down, likewise."""
    return {name: _coarse(name, value) for name, value in figures.items()}


def _side(counted: Mapping[str, Any], days: int, staff: int) -> dict[str, Any]:
    return {
        "alerts": counted["alerts"], "told": counted["told"], "patients": counted["patients"],
        **_rates(counted["alerts"], days, staff),
        "by_severity": {name: counted["by_severity"].get(name, 0) for name in SEVERITIES},
    }  # fmt: skip


def _rates(alerts: int | None, days: int, staff: int) -> dict[str, float | None]:
    """Work out alerts a day, a week, and a week for each person on the roster."""
    if alerts is None:
        return {"a_day": None, "a_week": None, "a_person_and_week": None}
    week = alerts / days * DAYS_A_WEEK
    return {
        "a_day": round(alerts / days, 2), "a_week": round(week, 2),
        "a_person_and_week": round(week / staff, 2) if staff else None,
    }  # fmt: skip


def _weeks(by_day: Mapping[str, list[int]], first: date, last: date) -> list[dict[str, Any]]:
    weeks: dict[date, list[int]] = {}
    monday = monday_of(first)
    while monday <= last:
        weeks[monday] = [0, 0]
        monday += timedelta(days=DAYS_A_WEEK)
    for day, (draft, in_force) in by_day.items():
        week = weeks[monday_of(date.fromisoformat(day))]
        week[0] += draft
        week[1] += in_force
    return [
        {"week": monday.isoformat(), "draft": draft, "in_force": in_force}
        for monday, (draft, in_force) in weeks.items()
    ]


def _coarse(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _coarse(key, inner) for key, inner in value.items()}
    if isinstance(value, bool) or not isinstance(value, int) or name in _NOT_PEOPLE:
        return value
    return None if 0 < value < SMALL else value - value % SMALL
