"""What can be done with the symptom diary: report, correct, take back, measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.bulk import insert_rows
from service.clinical import Knowledge
from service.errors import Rejected
from service.records import Change, amend, bury, effective_moment, find, store, values_of
from service.symptoms import queries, rules
from service.symptoms.models import Measurement, SymptomReport
from service.symptoms.units import BadUnit, standard_value


class ReportUnusable(Rejected):
    """The answers do not fit the symptoms they are about, or the report says nothing."""

    slug = "report-unusable"
    title = "The report cannot be used as it is."


class UnitUnknown(Rejected):
    """The value cannot be read in this unit, or not as this measurement."""

    slug = "unit-unknown"
    title = "The value cannot be read in this unit."


@dataclass(frozen=True, slots=True)
class Reported:
    """A report as it is on file now, and whether it is new."""

    record: Mapping[str, Any]
    is_new: bool

    @property
    def at(self) -> datetime:
        """Return the moment rules run on."""
        moment: datetime = self.record["at"]
        return moment


def report_symptoms(
    session: Session, *, change: Change, report: Mapping[str, Any], knowledge: Knowledge
) -> Reported:
    """Enter one report in the diary, with its grades.

    Args:
        session: in a transaction that holds the patient's lock.
        change: who enters it, when.
        report: as the schema loads it.
        knowledge: the symptoms and the grading table in force.

    Returns:
        What was entered; the same report again enters nothing.

    Raises:
        ClockWrong: it is dated more than a day ahead, or before 2000.
        ReportUnusable: an answer does not fit, the report is empty, or what it corrects is not
            there.
        IdConflict: the id is taken for something else.
    """
    content, derived = row_of(report, now=change.now, knowledge=knowledge)
    is_new = store(
        session, SymptomReport, change=change, id=report["id"], content=content, derived=derived
    )
    if not is_new:
        return Reported(queries.report(session, change.patient_id, report["id"]), is_new)
    if report["corrects"] is not None:
        _mark_corrected(session, change, report["corrects"], report["id"])
    return Reported({**report, **derived, "received_at": change.now, "version": 1}, is_new)


def enter_reports(
    session: Session, *, change: Change, reports: Sequence[Mapping[str, Any]], knowledge: Knowledge
) -> tuple[list[Reported], dict[UUID, Rejected]]:
    """Enter many new reports at once, none of which corrects another; one statement.

    Returns:
        Those entered, in their order, and those that cannot be, by id, with the reason.

    Raises:
        sqlalchemy.exc.IntegrityError: an id is taken; nothing is entered.
    """
    entered: list[Reported] = []
    refused: dict[UUID, Rejected] = {}
    rows = []
    for report in reports:
        try:
            content, derived = row_of(report, now=change.now, knowledge=knowledge)
        except Rejected as no:
            refused[report["id"]] = no
            continue
        rows.append(values_of(change=change, id=report["id"], content=content, derived=derived))
        record = {**report, **derived, "received_at": change.now, "version": 1}
        entered.append(Reported(record, is_new=True))
    insert_rows(session, cast(sa.Table, SymptomReport.__table__), rows)
    return entered, refused


def row_of(
    report: Mapping[str, Any], *, now: datetime, knowledge: Knowledge
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is stored of a report: what it says, and what we work out of it.

    Raises:
        ClockWrong: it is dated more than a day ahead, or before 2000.
        ReportUnusable: an answer does not fit, or the report is empty.
    """
    errors = rules.problems_of(report["answers"], knowledge)
    if not errors and not rules.says_something(report):
        errors = [("/answers", "Say at least one thing.")]
    if errors:
        raise ReportUnusable(errors=errors)
    content = {name: value for name, value in report.items() if name != "id"}
    derived = {
        "at": effective_moment(report["reported_at"], now=now),
        "answers": rules.graded(report["answers"], knowledge),
        "grading_version": knowledge.grading.version, "corrected_by": None,
    }  # fmt: skip
    return content, derived


def take_back_report(
    session: Session, *, change: Change, id: UUID, if_version: int | None
) -> SymptomReport:
    """Leave a tombstone where a report was; no rule reads it any more.

    Raises:
        NotFound: no such report of hers.
        Outdated: it has a newer version than the caller has seen.
    """
    report = find(session, SymptomReport, change.patient_id, id)
    bury(report, change=change, if_version=if_version)
    return report


def enter_measurement(
    session: Session, *, change: Change, measurement: Mapping[str, Any]
) -> tuple[datetime, bool]:
    """Enter one measured value.

    Returns:
        The moment rules run on, and whether the measurement is new.

    Raises:
        ClockWrong: it is dated more than a day ahead, or before 2000.
        UnitUnknown: the unit is none of this measurement's, or the value is not plausible in it.
        IdConflict: the id is taken for something else.
    """
    at = effective_moment(measurement["measured_at"], now=change.now)
    try:
        standard = standard_value(measurement["code"], measurement["value"], measurement["unit"])
    except BadUnit as bad:
        raise UnitUnknown(errors=[(f"/{bad.field}", str(bad))]) from None
    content = {name: value for name, value in measurement.items() if name != "id"}
    is_new = store(
        session, Measurement, change=change, id=measurement["id"], content=content,
        derived={"at": at, "standard_value": standard},
    )  # fmt: skip
    return at, is_new


def _mark_corrected(session: Session, change: Change, old_id: UUID, new_id: UUID) -> None:
    old = session.scalars(
        sa.select(SymptomReport).where(
            SymptomReport.id == old_id,
            SymptomReport.patient_id == change.patient_id,
            SymptomReport.deleted_at.is_(None),
        )
    ).one_or_none()
    if old is None or old.corrected_by not in (None, new_id) or old_id == new_id:
        raise ReportUnusable(errors=[("/corrects", "There is no such report to correct.")])
    amend(old, {"corrected_by": new_id}, change=change)
