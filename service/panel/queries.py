"""What can be asked of the panel: one index scan a page, however many patients there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.panel.models import PatientSummary

SORTS = ("risk", "last_report", "name")
_S = PatientSummary.__table__.c
_P = Patient.__table__.c
_COLUMNS = (
    _S.patient_id, _P.display_name, _P.care_status, _S.risk, _S.urgent_alerts, _S.soon_alerts,
    _S.info_alerts, _S.worst_symptoms, _S.last_report_at, _S.distress, _S.distress_before,
    _S.name_key,
)  # fmt: skip
Position = tuple[Any, UUID]
_HIGHEST_RISK = 10_000_000


def panel_page(
    session: Session,
    clinic_id: UUID,
    *,
    sort: str,
    limit: int,
    search: str | None = None,
    only: str | None = None,
    last: Position | None = None,
) -> Sequence[Any]:
    """Return patients of a clinic, one row each, and one row more than ``limit`` if there are.

    Args:
        session: any.
        clinic_id: whose patients.
        sort: ``risk`` (highest first), ``last_report`` (longest silent last) or ``name``.
        limit: how many.
        search: names beginning with this, any case; ``None`` for all.
        only: ``alerts`` for patients with an unclosed alert, ``silent`` for those who have never
            reported; ``None`` for all.
        last: sort value and id of the last row seen.
    """
    statement = (
        sa.select(*_COLUMNS).join(Patient, _P.id == _S.patient_id).where(_S.clinic_id == clinic_id)
    )
    if search:
        statement = statement.where(_S.name_key.startswith(search.casefold(), autoescape=True))
    if only == "alerts":
        statement = statement.where(_S.urgent_alerts + _S.soon_alerts + _S.info_alerts > 0)
    if only == "silent":
        statement = statement.where(_S.last_report_at.is_(None))
    column, descends = _ORDER[sort]
    if last is not None:
        statement = statement.where(_past(column, descends, last))
    order = (column.desc(), _S.patient_id.desc()) if descends else (column, _S.patient_id)
    if sort == "last_report":
        # SQLite and PostgreSQL disagree on where NULL stands unless they are told.
        order = (column.desc().nulls_last(), _S.patient_id.desc())
    return session.execute(statement.order_by(*order).limit(limit + 1)).all()


def sort_value(row: Any, sort: str) -> Any:
    """Return what a row is sorted by."""
    return {"risk": row.risk, "last_report": row.last_report_at, "name": row.name_key}[sort]


def _past(column: Any, descends: bool, last: Position) -> sa.ColumnElement[bool]:
    value, id = last
    if value is None:
        # Patients who have never reported come last, in the order of their ids.
        return sa.and_(column.is_(None), _S.patient_id < id)
    beyond = column < value if descends else column > value
    tie = _S.patient_id < id if descends else _S.patient_id > id
    past = sa.or_(beyond, sa.and_(column == value, tie))
    return sa.or_(past, column.is_(None)) if column is _S.last_report_at else past


_ORDER: dict[str, tuple[Any, bool]] = {
    "risk": (_S.risk, True),
    "last_report": (_S.last_report_at, True),
    "name": (_S.name_key, False),
}


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
    if sort == "risk":
        if abs(int(value)) > _HIGHEST_RISK:
            raise ValueError("no risk anybody could have")
        return int(value)
    if "\x00" in str(value):
        raise ValueError("no name anybody could have")
    return str(value)
