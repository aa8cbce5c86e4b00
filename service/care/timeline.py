"""Everything that happened to her in one line, newest first, a page at a time.

One statement however long her history: of each kind of thing the latest few after the place
where the page before ended (``UNION ALL`` of index scans, each of at most a page and one), of
which the latest of all are the page.  The order is that of moment, kind and id.

What has a day and no time stands at the beginning of that day where she is now.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Topic
from service.accounts.patient_ref import PatientRef
from service.care.timeline_items import SHAPE, item_of
from service.care.timeline_sources import sources
from service.clock import start_of_day
from service.hot import HotStatement

TOPIC_OF: Mapping[str, Topic] = {
    "diagnosis": Topic.DIAGNOSIS,
    "dose": Topic.TREATMENTS,
    "event": Topic.EVENTS,
    "measurement": Topic.MEASUREMENTS,
    "questionnaire": Topic.QUESTIONNAIRES,
    "reminder": Topic.REMINDERS,
    "reply": Topic.REPLIES,
    "support_request": Topic.SUPPORT,
    "symptom_report": Topic.SYMPTOMS,
    "treatment_changed": Topic.TREATMENTS,
    "treatment_ended": Topic.TREATMENTS,
    "treatment_started": Topic.TREATMENTS,
    "wellbeing_check": Topic.WELLBEING,
}
KINDS = tuple(TOPIC_OF)
_LEAST, _MOST = UUID(int=0), UUID(int=2**128 - 1)
_AFTER_ALL = datetime.max.replace(tzinfo=UTC)


class Place(NamedTuple):
    """Where a thing stands in the line."""

    at: datetime
    kind: str
    id: UUID


def page_of(
    session: Session,
    patient: PatientRef,
    *,
    kinds: frozenset[str],
    limit: int,
    last: Place | None,
    for_staff: bool = False,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return the next things in her line, and the place of the last if there are more.

    Args:
        session: any.
        patient: whose.
        kinds: of these only; none for none.
        limit: at most so many.
        last: where the page before ended, ``None`` for the first page.
        for_staff: also what clinicians enter for one another.
    """
    if not kinds:
        return [], None
    zone = ZoneInfo(patient.time_zone)
    values = {"patient_id": patient.id, "for_staff": for_staff, **_bounds(kinds, last, zone)}
    placed = []
    for kind, id, at, day, *columns in _statement(kinds, limit).rows(session, values):
        moment = at if day is None else _start_of(day, zone)
        row = dict(zip(SHAPE, columns, strict=True))
        placed.append((Place(moment, kind, id), day, row))
    placed.sort(key=lambda one: one[0], reverse=True)
    items = [item_of(*place, day, row) for place, day, row in placed[:limit]]
    return items, placed[limit - 1][0] if len(placed) > limit else None


@lru_cache(maxsize=64)
def _statement(kinds: frozenset[str], limit: int) -> HotStatement:
    chosen = [sources()[kind] for kind in KINDS if kind in kinds]
    return HotStatement(
        sa.union_all(
            *(source(limit + 1, is_first=number == 0) for number, source in enumerate(chosen))
        )
    )


def _bounds(kinds: frozenset[str], last: Place | None, zone: ZoneInfo) -> dict[str, Any]:
    """Return, for each kind, the ``(moment or day, id)`` below which its rows are still to come."""
    values: dict[str, Any] = {}
    for kind in kinds:
        by_day = sources()[kind].by_day
        if last is None:
            before: Any = date.max if by_day else _AFTER_ALL
            id = _MOST
        else:
            before, id = last.at, _id_before(kind, last)
            if by_day:
                before = _day_of(last.at, zone)
                if _start_of(before, zone) < last.at:
                    id = _MOST
        values |= {f"{kind}_before": before, f"{kind}_id": id}
    return values


def _id_before(kind: str, last: Place) -> UUID:
    """Return below which id things of the very moment where the page ended are still to come."""
    if kind == last.kind:
        return last.id
    return _MOST if kind < last.kind else _LEAST


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    try:
        return start_of_day(day, zone)
    except OverflowError:
        # The first and the last day there are begin outside the calendar in half of the world.
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _day_of(at: datetime, zone: ZoneInfo) -> date:
    try:
        return at.astimezone(zone).date()
    except OverflowError:
        return at.date()
