"""What can be asked of the panel: one index scan a page, however many patients there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import CareStatus, Patient
from service.errors import NotFound
from service.hot import HotStatement
from service.panel import models
from service.panel.looks import Look
from service.panel.models import PatientSummary, SavedView

_S = PatientSummary.__table__.c
_P = Patient.__table__.c
_COLUMNS = (
    _S.patient_id, _S.risk, _S.urgent_alerts, _S.soon_alerts, _S.info_alerts, _S.worst_symptoms,
    _S.last_report_at, _S.distress, _S.distress_before, _S.name_key, _S.adherence_percent,
    _S.missed_check_ins, _S.rhythm_days, _S.silence_score,
)  # fmt: skip


class PanelRow(NamedTuple):
    """One row of the panel: the columns above in their order, then her name and status."""

    patient_id: UUID
    risk: int
    urgent_alerts: int
    soon_alerts: int
    info_alerts: int
    worst_symptoms: Sequence[Mapping[str, Any]]
    last_report_at: datetime | None
    distress: int | None
    distress_before: int | None
    name_key: str
    adherence_percent: int | None
    missed_check_ins: int
    rhythm_days: float | None
    silence_score: int
    display_name: str
    care_status: CareStatus


Position = tuple[Any, UUID]
_HIGHEST_RISK = 10_000_000
# One urgent alert weighs more than all else together: a patient has at most one alert a queue.
_URGENT = 100_000
_NO_LETTER_AFTER = "\U0010ffff"
_WHO: Mapping[str, Any] = {
    "alerts": models.HAS_ALERTS,
    "urgent": _S.risk >= _URGENT,
    "silent": models.IS_SILENT,
    "never_reported": _S.last_report_at.is_(None),
    "severe": models.IS_SEVERE,
    "distressed": models.IS_DISTRESSED,
    "low_adherence": models.IS_LOW_ADHERENCE,
}
# What each order goes by, and whether it begins with the highest.
_ORDER: Mapping[str, tuple[Any, bool]] = {
    "risk": (_S.risk, True),
    "last_report": (_S.last_report_at, True),
    "name": (_S.name_key, False),
    "silence": (_S.silence_score, True),
}


def panel_page(
    session: Session, clinic_id: UUID, *, look: Look, limit: int, last: Position | None = None
) -> Sequence[PanelRow]:
    """Return patients of a clinic, one row each, and one row more than ``limit`` if there are.

    Args:
        session: any.
        clinic_id: whose patients.
        look: in which order, and whom; see ``looks.look_of``.
        limit: how many.
        last: sort value and id of the last row seen.
    """
    begins = look.search.casefold() if look.search else ""
    values = {"clinic": clinic_id, "begins": begins, "ends": begins + _NO_LETTER_AFTER}
    if last is not None:
        values |= {"last_value": last[0], "last_id": last[1]}
    page = _page(_Question(look.sort, look.only, bool(look.search), _place(last)), limit)
    return [PanelRow._make(row) for row in page.rows(session, values)]


class _Question(NamedTuple):
    """What is asked, without the values: the clinic's, the name's, the place's."""

    sort: str
    only: str | None
    searches: bool
    place: str


def _place(last: Position | None) -> str:
    """Return where a page begins: at the top, past a value, or among those that have none."""
    if last is None:
        return "top"
    return "past" if last[0] is not None else "past_none"


@lru_cache(maxsize=512)
def _page(asked: _Question, limit: int) -> HotStatement:
    # Told the planner as a number: it would take a tenth of the clinic for one it cannot see.
    most: sa.ColumnElement[int] = sa.literal_column(str(limit + 1), sa.Integer())
    if asked.sort == "last_report":
        page = _by_last_report(asked, most).limit(most).subquery()
    else:
        page = _part(asked).limit(most).subquery()
    column, descends = page.c[_ORDER[asked.sort][0].name], _ORDER[asked.sort][1]
    order = (column.desc(), page.c.patient_id.desc()) if descends else (column, page.c.patient_id)
    if asked.sort == "last_report":
        order = (column.desc().nulls_last(), page.c.patient_id.desc())
    # Names are looked up one by one: of a join the planner makes a scan of all patients.
    names = [
        sa.select(column).where(_P.id == page.c.patient_id).scalar_subquery().label(column.name)
        for column in (_P.display_name, _P.care_status)
    ]
    return HotStatement(sa.select(*page.c, *names).order_by(*order))


def _by_last_report(asked: _Question, most: sa.ColumnElement[int]) -> sa.Select[Any]:
    """Select those who have reported and then those who never have: two scans of one index.

    In one they would be the wrong way round on one of the databases, which sort NULL differently.
    """
    among_the_silent = asked.place == "past_none"
    never = _part(asked if among_the_silent else asked._replace(place="top"))
    parts = [never.where(_S.last_report_at.is_(None)).limit(most)]
    if asked.only is None and not among_the_silent:
        heard = _part(asked).where(_S.last_report_at.is_not(None))
        parts.insert(0, heard.limit(most))
    both = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    return sa.select(both).order_by(
        both.c.last_report_at.desc().nulls_last(), both.c.patient_id.desc()
    )


def _part(asked: _Question) -> sa.Select[Any]:
    """Select the rows past a place in the order of an index, nothing else read on the way."""
    clinic = sa.bindparam("clinic", type_=_S.clinic_id.type)
    statement = sa.select(*_COLUMNS).where(
        _S.clinic_id == clinic, _S.is_drill.is_(False), _S.is_shared.is_(True)
    )
    if asked.only:
        statement = statement.where(_WHO[asked.only])
    if asked.searches:
        begins, ends = (sa.bindparam(name, type_=_S.name_key.type) for name in ("begins", "ends"))
        statement = statement.where(_S.name_key >= begins, _S.name_key < ends)
    column, descends = _ORDER[asked.sort]
    last_id = sa.bindparam("last_id", type_=_S.patient_id.type)
    if asked.place == "past_none":
        statement = statement.where(_S.patient_id < last_id)
    elif asked.place == "past":
        # As one comparison of two columns: the index is entered where the page before ended.
        here = sa.tuple_(column, _S.patient_id)
        there = sa.tuple_(sa.bindparam("last_value", type_=column.type), last_id)
        statement = statement.where(here < there if descends else here > there)
    if descends:
        return statement.order_by(column.desc(), _S.patient_id.desc())
    return statement.order_by(column, _S.patient_id)


def sort_value(row: Any, sort: str) -> Any:
    """Return what a row is sorted by."""
    return getattr(row, _ORDER[sort][0].name)


def bound(sort: str, value: Any) -> Any:
    """Return a sort value as it came out of a cursor, in the type of its column.

    Cursors come from anybody: what the column could not hold is refused here, not by the
    database.

    Raises:
        ValueError: it is no such value.
        TypeError: it is nothing of the kind.
    """
    if sort == "last_report":
        moment = None if value is None else datetime.fromisoformat(value)
        if moment is not None and (moment.tzinfo is None or not 1 < moment.year < 9999):
            raise ValueError("no moment a report could have come at")
        return moment
    if sort in ("risk", "silence"):
        if abs(int(value)) > _HIGHEST_RISK:
            raise ValueError("no number anybody could have")
        return int(value)
    if "\x00" in str(value):
        raise ValueError("no name anybody could have")
    return str(value)


def views_of(session: Session, account_id: UUID) -> Sequence[SavedView]:
    """Return somebody's saved views by name."""
    return session.scalars(
        sa.select(SavedView).where(SavedView.account_id == account_id).order_by(SavedView.name)
    ).all()


def view_of(session: Session, account_id: UUID, id: UUID) -> SavedView:
    """Return one of somebody's saved views.

    Raises:
        NotFound: no such view of hers.
    """
    view = session.get(SavedView, id)
    if view is None or view.account_id != account_id:
        raise NotFound
    return view
