"""Measures: how well the clinic answers, week by week."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from markupsafe import Markup

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.dashboard import charts, forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import Route
from service.measures import queries

SPANS = {"4": "4 weeks", "12": "12 weeks", "26": "26 weeks", "52": "52 weeks"}
LANGUAGES = {"en": "English", "es": "Spanish", "zh": "Chinese", "vi": "Vietnamese", "fr": "French"}
KIND_WORDS = {"age": "By age", "language": "By language", "time_with_us": "By time with Waymark"}
CLOSED_WORDS = {
    "within_48_h": "within 48 h", "48_to_72_h": "within 72 h", "3_to_7_days": "within 7 days",
    "later": "later",
}  # fmt: skip
REASON_WORDS = {
    "forgot": "forgot", "side_effects": "side effects", "cost": "cost", "supply": "no supply",
    "told_to_hold": "told to hold", "other": "another reason", "not_said": "no reason given",
}  # fmt: skip


@allow(Topic.MEASURES, Do.READ)
def show_measures(*, visit: Visit) -> Response:
    """Show completion, alert rate, times to answer, adherence and who falls behind."""
    assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    clinic = people.clinic(visit.session, visit.viewer.clinic_id)
    today = visit.now.astimezone(ZoneInfo(clinic.time_zone)).date()
    asked = forms.asked("weeks")
    weeks = asked if asked in SPANS else "12"
    found = queries.measures(
        visit.session, clinic.id, first=today - timedelta(weeks=int(weeks) - 1), last=today,
        today=today,
    )  # fmt: skip
    return page(
        "measures", measures=found, weeks=weeks, spans=SPANS, chart=_chart(found["weekly"]),
        kinds=_by_kind(found["groups"]), reasons=REASON_WORDS, percent=percent,
        closed_words=CLOSED_WORDS,
        languages=LANGUAGES,
    )  # fmt: skip


def percent(share: float | None) -> str:
    """Write a share as a whole number of percent."""
    return "not known" if share is None else f"{share * 100:.0f} %"


def _by_kind(groups: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    # "Under 40" comes before the other ages.
    for group in sorted(groups, key=lambda group: not group["group"].startswith("under")):
        found.setdefault(KIND_WORDS[group["kind"]], []).append(group)
    return found


def _chart(weekly: Sequence[Mapping[str, Any]]) -> Markup:
    # The week that runs is left out: half a week looks as if patients had stopped reporting.
    points: list[tuple[date, float | None]] = [
        (week["week"], None if week["completion"] is None else week["completion"] * 100)
        for week in weekly
        if week["is_over"]
    ]
    known = [value for _day, value in points if value is not None]
    if len(known) < 2:
        return Markup()
    return charts.draw(
        charts.Chart(
            id="completion", title="Patients who reported, week by week", first=points[0][0],
            last=points[-1][0], points=points, marks=[], least=0, most=100,
            levels=[(0, "0 %"), (50, "50 %"), (100, "100 %")],
            description=f"From {min(known):.0f} to {max(known):.0f} percent; the latest week "
            f"{known[-1]:.0f} percent.",
        )
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (Route("/measures", "measures", show_measures),)
