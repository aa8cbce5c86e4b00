"""Keeping dosage periods and the doses that follow from them, and planning doses ahead.

A dose is a row within the horizon, and once it was answered.  What was answered stays, whatever
becomes of the treatment; what was not follows what is expected now.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.holding import hold_some
from service.accounts.patient_ref import PatientRef
from service.clock import ZONES_APART, local_minute, moment_of
from service.db import insert_all_if_new
from service.ids import new_id
from service.records import Change, hash_of
from service.treatments import dosing
from service.treatments.dosing import ExpectedDose, Stretch
from service.treatments.models import DosagePeriod, Dose, Treatment
from service.treatments.queries import (
    due_for_planning,
    is_expected_still,
    periods_of,
    periods_where,
    was_expected,
)

TREATMENTS: sa.Table = Treatment.__table__  # type: ignore[assignment]
DOSES: sa.Table = Dose.__table__  # type: ignore[assignment]
PERIODS: sa.Table = DosagePeriod.__table__  # type: ignore[assignment]
_T, _D, _P = TREATMENTS.c, DOSES.c, PERIODS.c

_SET_PLANNED = (
    sa.update(TREATMENTS)
    .where(_T.id == sa.bindparam("treatment"))
    .values(doses_until=sa.bindparam("until_moment"))
)
_CHANGE_PERIOD = (
    sa.update(PERIODS)
    .where(_P.id == sa.bindparam("period"))
    .values({name: sa.bindparam(f"new_{name}") for name in (
        "starts_at", "ends_at", "status", "day_one", "schedule", "dose",
    )})
)  # fmt: skip
_MOVE = (
    sa.update(DOSES)
    .where(_D.id == sa.bindparam("dose"))
    .values(due_at=sa.bindparam("moment"), change_no=sa.bindparam("change"), version=_D.version + 1)
)
# What is expected again comes back, and what lies ahead moves and is numbered anew; nothing else.
_FOLLOW = (
    sa.update(DOSES)
    .where(
        _D.id == sa.bindparam("dose"),
        _D.status == "expected",
        sa.or_(
            _D.deleted_at.is_not(None),
            sa.and_(
                _D.due_at > sa.bindparam("now"),
                sa.or_(_D.due_at != sa.bindparam("moment"), _D.cycle != sa.bindparam("number")),
            ),
        ),
    )
    .values(
        deleted_at=None,
        due_at=sa.bindparam("moment"),
        cycle=sa.bindparam("number"),
        change_no=sa.bindparam("change"),
        version=_D.version + 1,
    )
)


def follow(
    session: Session, patient: PatientRef, treatments: Sequence[Treatment], *, change: Change
) -> None:
    """Let periods and doses of some treatments follow what these say now.

    As many statements for many treatments as for one.
    """
    session.flush()
    zone = ZoneInfo(patient.time_zone)
    at = local_minute(change.now, zone)
    before = periods_of(session, patient.id, [treatment.id for treatment in treatments])
    after = {
        treatment.id: dosing.revised(before[treatment.id], treatment, at=at, made_at=change.now)
        for treatment in treatments
    }
    changed = [treatment for treatment in treatments if after[treatment.id] != before[treatment.id]]
    if not changed:
        return
    _keep(session, patient.id, before, {one.id: after[one.id] for one in changed})
    recounted = {
        one.id for one in changed if _first_day(before[one.id]) != _first_day(after[one.id])
    }
    _plan_anew(session, changed, after, zone, change=change, recounted=recounted)


def follow_her(session: Session, patient: PatientRef, *, change: Change) -> None:
    """Let the doses to come follow a patient to another time zone.

    The local date-time is a dose's identity: none is lost, and none comes twice.  What is yet to
    come on either clock and was not answered moves; the scheduler makes what is missing then.
    """
    zone = ZoneInfo(patient.time_zone)
    open_doses = session.execute(
        sa.select(_D.id, _D.local_at, _D.due_at).where(
            _D.patient_id == patient.id,
            _D.due_at > change.now - ZONES_APART,
            _D.status == "expected",
            _D.deleted_at.is_(None),
        )
    ).all()
    moved = []
    for dose in open_doses:
        moment = moment_of(datetime.fromisoformat(dose.local_at), zone)
        if moment != dose.due_at and max(moment, dose.due_at) > change.now:
            moved.append({"dose": dose.id, "moment": moment, "change": change.change_no})
    if moved:
        session.execute(_MOVE, moved)


def forget(session: Session, treatment: Treatment, *, change: Change) -> None:
    """Leave tombstones of a treatment's doses that nobody answered: it was entered by mistake."""
    treatment.doses_until = None
    session.flush()
    _drop(session, change, _D.treatment_id == treatment.id)


def plan_doses(session: Session, *, now: datetime, limit: int) -> int:
    """Make the next two weeks' doses where there are not enough; return for how many treatments.

    What a stopped scheduler left out is made too.  At most ``limit`` patients at once, each held
    while it is done, those being written to passed over; six statements however many.
    """
    due = due_for_planning(now + dosing.TOP_UP_BEFORE)
    held = hold_some(session, sa.select(_T.patient_id).where(due), limit=limit)
    if not held:
        return 0
    treatments = session.execute(
        sa.select(_T.id, _T.patient_id, _T.entered_by, _T.doses_until).where(
            _T.patient_id.in_(held.keys()), due
        )
    ).all()
    if not treatments:
        return 0  # another scheduler made them all between looking and holding
    ids = [treatment.id for treatment in treatments]
    periods = periods_where(
        session, _P.patient_id.in_(held.keys()), _P.treatment_id.in_(ids), ids=ids
    )
    rows: list[dict[str, Any]] = []
    until: list[dict[str, Any]] = []
    for treatment in treatments:
        patient = held[treatment.patient_id]
        change = Change(
            patient_id=treatment.patient_id, change_no=patient.change_no,
            by=treatment.entered_by, now=now,
        )  # fmt: skip
        doses, next_at = dosing.planned(
            periods[treatment.id], treatment.id, ZoneInfo(patient.time_zone),
            since=treatment.doses_until - ZONES_APART, now=now,
        )  # fmt: skip
        rows += [row_of(treatment.id, dose, change) for dose in doses]
        until.append({"treatment": treatment.id, "until_moment": next_at})
    insert_all_if_new(session, DOSES, rows)
    session.execute(_SET_PLANNED, until)
    return len(until)


def row_of(treatment_id: UUID, dose: ExpectedDose, change: Change) -> dict[str, Any]:
    """Return a dose that nobody has answered as the row it becomes."""
    identity = {"treatment_id": treatment_id, "local_at": dose.local_at}
    return {
        **identity,
        "id": dose.id,
        "patient_id": change.patient_id,
        "version": 1,
        "created_change_no": change.change_no,
        "change_no": change.change_no,
        "entered_by": change.by,
        "received_at": change.now,
        "content_hash": hash_of(identity),
        "due_at": dose.due_at,
        "cycle": dose.cycle,
        "status": "expected",
    }


def _keep(
    session: Session,
    patient_id: UUID,
    before: Mapping[UUID, Sequence[Stretch]],
    after: Mapping[UUID, Sequence[Stretch]],
) -> None:
    """Store periods as they are now: three statements at most."""
    new: list[dict[str, Any]] = []
    differing: list[dict[str, Any]] = []
    gone: set[UUID | None] = set()
    for treatment_id, periods in after.items():
        stored = {period.id: period for period in before[treatment_id]}
        gone |= stored.keys() - {period.id for period in periods}
        for period in periods:
            values = asdict(period)
            if period.id is None:
                whose = {"patient_id": patient_id, "treatment_id": treatment_id}
                new.append({**values, **whose, "id": new_id()})
            elif period != stored[period.id]:
                said = {f"new_{name}": value for name, value in values.items()}
                differing.append({**said, "period": period.id})
    if gone:
        session.execute(sa.delete(PERIODS).where(_P.id.in_(gone)))
    if differing:
        session.execute(_CHANGE_PERIOD, differing)
    if new:
        session.execute(sa.insert(PERIODS), new)


def _plan_anew(
    session: Session,
    treatments: Sequence[Treatment],
    periods: Mapping[UUID, Sequence[Stretch]],
    zone: ZoneInfo,
    *,
    change: Change,
    recounted: Set[UUID],
) -> None:
    """Make what is expected from now on rows, and leave tombstones of what is so no more.

    Of what is past only where its days were ``recounted`` from another first day.
    """
    now = local_minute(change.now, zone)
    expected: list[tuple[UUID, ExpectedDose]] = []
    no_more: list[sa.ColumnElement[bool]] = []
    for treatment in treatments:
        # Where the scheduler has stood still, what it left out is made as well.
        since = min(treatment.doses_until or change.now, change.now)
        of_it = periods[treatment.id]
        doses, treatment.doses_until = dosing.planned(
            of_it, treatment.id, zone, since=since, now=change.now
        )
        expected += [(treatment.id, dose) for dose in doses]
        no_more.append(
            sa.and_(
                _D.treatment_id == treatment.id,
                _D.id.not_in([dose.id for dose in doses]),
                sa.not_(
                    is_expected_still(of_it, treatment.id, zone, before=now)
                    if treatment.id in recounted
                    else was_expected(of_it, before=now)
                ),
            )
        )
    session.flush()
    _drop(session, change, sa.or_(*no_more))
    rows = [row_of(treatment_id, dose, change) for treatment_id, dose in expected]
    insert_all_if_new(session, DOSES, rows)
    if rows:
        session.execute(
            _FOLLOW,
            [
                {
                    "dose": row["id"], "moment": row["due_at"], "number": row["cycle"],
                    "now": change.now, "change": change.change_no,
                }
                for row in rows
            ],
        )  # fmt: skip


def _first_day(periods: Sequence[Stretch]) -> tuple[str, date] | None:
    return (periods[0].starts_at, periods[0].day_one) if periods else None


def _drop(session: Session, change: Change, which: sa.ColumnElement[bool]) -> None:
    session.execute(
        sa.update(DOSES)
        .where(
            _D.patient_id == change.patient_id,
            _D.status == "expected",
            _D.deleted_at.is_(None),
            which,
        )
        .values(deleted_at=change.now, change_no=change.change_no, version=_D.version + 1)
    )
