"""Cascades as they are shown: with names, the step of stepped care in words, and the chart."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer
from service.care.alert_view import person
from service.clinical import knowledge
from service.clock import start_of_day
from service.errors import Rejected
from service.support import cascade_chart
from service.support import cascade_queries as queries
from service.support.models import Cascade
from service.support.rules import stage_of

_PLAIN = (
    "id", "queue", "kind", "alert_id", "request_id", "step", "opened_at", "offered_at",
    "contacted_at", "assessed_at", "need", "follow_up_on", "followed_up_at", "ended_at",
    "ended_as", "is_drill", "version",
)  # fmt: skip
DAYS = 90
_MOST = timedelta(days=366)
_EARLIEST, _LATEST = date(2000, 1, 1), date(9000, 1, 1)


class ChartStretchUnusable(Rejected):
    """The days of a chart run backwards, or there are too many."""

    slug = "chart-stretch-unusable"
    title = "Ask for days in their order, and at most 366."


def shown(session: Session, found: Sequence[tuple[Cascade, str]]) -> list[dict[str, Any]]:
    """Return cascades with names: one statement however many they are."""
    names = people.names_of(session, {row.assignee_id for row, _ in found if row.assignee_id})
    return [
        {
            **{name: getattr(row, name) for name in _PLAIN},
            "patient": {"id": row.patient_id, "display_name": patient_name},
            "source": cascade_chart.SCREEN if row.alert_id else cascade_chart.REQUEST,
            "stage": stage_of(row),
            "step_name": knowledge().stepped_care.name_of(row.step),
            "assignee": person(names, row.assignee_id),
        }
        for row, patient_name in found
    ]


def in_full(session: Session, cascade: Cascade) -> dict[str, Any]:
    """Return one cascade with every step."""
    session.flush()
    patient = people.patient_ref(session, cascade.patient_id)
    steps = queries.steps_of(session, cascade.id)
    names = people.names_of(session, {step.by for step in steps if step.by is not None})
    history = [
        {
            "at": step.at, "kind": step.kind, "by": person(names, step.by),
            "by_role": step.by_role, "note": step.note,
        }
        for step in steps
    ]  # fmt: skip
    return shown(session, [(cascade, patient.display_name)])[0] | {"steps": history}


def chart(
    session: Session, viewer: Viewer, *, since: date | None, until: date | None, today: date
) -> dict[str, Any]:
    """Return where people drop out whose need was found or told from one day to another.

    Args:
        session: any.
        viewer: whose clinic and queues it is about.
        since: the first day, ``None`` for ``DAYS`` days in all.
        until: the last day, ``None`` for ``today``.
        today: the clinic's day.

    Raises:
        ChartStretchUnusable: the days run backwards, or are more than 366.
    """
    until = until or today
    if since is None and until > _EARLIEST:
        since = max(_EARLIEST, until - timedelta(days=DAYS - 1))
    if since is None or not _EARLIEST <= since <= until <= _LATEST or until - since >= _MOST:
        raise ChartStretchUnusable(errors=[("/to", "From the first day on, at most 366 days.")])
    assert viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    zone = ZoneInfo(people.clinic(session, viewer.clinic_id).time_zone)
    rows = queries.counts(
        session, viewer, since=start_of_day(since, zone),
        until=start_of_day(until + timedelta(days=1), zone),
    )  # fmt: skip
    return {
        "since": since,
        "until": until,
        "drills": cascade_chart.drills_in(rows),
        "funnels": cascade_chart.funnels(rows, queries.queues_of(viewer, None)),
    }
