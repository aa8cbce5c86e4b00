"""What can be asked of the symptom diary."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.hot import HotStatement
from service.symptoms.models import Measurement, SymptomReport

REPORT = SymptomReport.__table__.c
# As plain columns: a list of reports goes out without an object being built for each.
REPORT_COLUMNS = (
    REPORT.id, REPORT.reported_at, REPORT.received_at, REPORT.answers,
    REPORT.grading_version, REPORT.temperature_c, REPORT.stools_over_baseline,
    REPORT.glucose_mg_dl, REPORT.red_flags, REPORT.body_sites, REPORT.note,
    REPORT.reported_by, REPORT.corrects, REPORT.corrected_by, REPORT.version, REPORT.at,
)  # fmt: skip


_LIVE = sa.select(*REPORT_COLUMNS).where(
    REPORT.patient_id == sa.bindparam("patient_id"), REPORT.deleted_at.is_(None)
)
REPORT_NAMES = tuple(column.name for column in REPORT_COLUMNS)
_ONE = _LIVE.where(REPORT.id == sa.bindparam("report_id"))
_FIRST_PAGE = _LIVE.order_by(REPORT.at.desc(), REPORT.id.desc()).limit(sa.bindparam("most"))
_AT, _ID = (
    sa.bindparam("last_at", type_=REPORT.at.type),
    sa.bindparam("last_id", type_=REPORT.id.type),
)
_NEXT_PAGE = _FIRST_PAGE.where(sa.or_(REPORT.at < _AT, sa.and_(REPORT.at == _AT, REPORT.id < _ID)))


_FIRST, _NEXT = HotStatement(_FIRST_PAGE), HotStatement(_NEXT_PAGE)


def report(session: Session, patient_id: UUID, id: UUID) -> dict[str, Any]:
    """Return one report of a patient's, by column.

    Raises:
        NotFound: no such report of hers, or taken back.
    """
    row = session.execute(_ONE, {"patient_id": patient_id, "report_id": id}).one_or_none()
    if row is None:
        raise NotFound
    return dict(row._mapping)


def reports_page(
    session: Session, patient_id: UUID, *, limit: int, last: tuple[datetime, UUID] | None
) -> Sequence[dict[str, Any]]:
    """Return a patient's reports, newest first, and one more than ``limit`` if there are."""
    values = {"patient_id": patient_id, "most": limit + 1}
    if last is None:
        rows = _FIRST.rows(session, values)
    else:
        rows = _NEXT.rows(session, values | {"last_at": last[0], "last_id": last[1]})
    return [dict(zip(REPORT_NAMES, row, strict=True)) for row in rows]


def reports_between(
    session: Session, patient_id: UUID, *, since: datetime, until: datetime, most: int = 400
) -> Sequence[Any]:
    """Return the reports of a span, oldest first, the newest ``most`` of them."""
    rows = session.execute(
        _LIVE.where(REPORT.at >= since, REPORT.at <= until, REPORT.corrected_by.is_(None))
        .order_by(REPORT.at.desc(), REPORT.id.desc())
        .limit(most),
        {"patient_id": patient_id},
    ).all()
    return rows[::-1]


def measurements_of(patient_id: UUID) -> sa.Select[Measurement]:
    """Select a patient's measurements."""
    return sa.select(Measurement).where(
        Measurement.patient_id == patient_id, Measurement.deleted_at.is_(None)
    )
