"""What pictures of one patient are made of at many moments: fetched once, cut out for each.

For many reports that come together.  Only of the kinds of records that a report makes rules ask
for: see ``KINDS``.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care import copies
from service.care.loading import (
    MOST_MEASUREMENTS,
    MOST_REPORTS,
    REPORT_WINDOW,
    said_of,
    statement,
    values_of,
)
from service.care.records import MeasurementFacts, Records, ReportFacts

KINDS = frozenset({"report", "measurement", "treatment", "diagnosis"})
T = TypeVar("T", ReportFacts, MeasurementFacts)


class Stretch:
    """The records of a patient over a stretch of time."""

    def __init__(self, patient: PatientRef, rows: Sequence[Sequence[Any]]) -> None:
        found: dict[str, list[Any]] = {}
        for kind, *row in rows:
            found.setdefault(kind, []).append(row)
        self._patient = patient
        self._reports = _Line([copies.report(row) for row in found.get("report", ())], MOST_REPORTS)
        self._measurements = _Line(
            [copies.measurement(row) for row in found.get("measurement", ())], MOST_MEASUREMENTS
        )
        self._treatments = found.get("treatment", ())
        self._diagnoses = found.get("diagnosis", ())

    def at(self, moment: datetime) -> Records:
        """Return what a picture as of a moment is made of, as ``loading.load`` would fetch it."""
        reports = self._reports.until(moment)
        return Records(
            **said_of(self._patient, moment),
            diagnosis=next((copies.diagnosis(moment, row) for row in self._diagnoses), None),
            treatments=[copies.treatment(moment, row) for row in self._treatments],
            symptom_reports=reports,
            measurements=self._measurements.until(moment),
            last_report_at=reports[0].at if reports else None,
        )


def load_stretch(
    session: Session, patient: PatientRef, *, since: datetime, until: datetime,
    kinds: frozenset[str],
) -> Stretch:  # fmt: skip
    """Return what pictures of a patient from one moment until another are made of."""
    found = statement(kinds, of_a_stretch=True)
    return Stretch(patient, found.rows(session, values_of(patient, since=since, until=until)))


class _Line(Generic[T]):
    """Records newest first, of which some newest before a moment are wanted again and again."""

    def __init__(self, facts: Sequence[T], most: int) -> None:
        self._facts: Sequence[T] = facts
        self._most = most
        self._ages = [-one.at.timestamp() for one in facts]

    def until(self, moment: datetime, *, window: timedelta = REPORT_WINDOW) -> Sequence[T]:
        """Return those of the window that ends at a moment, at most so many, newest first."""
        first = bisect_left(self._ages, -moment.timestamp())
        last = bisect_right(self._ages, -(moment - window).timestamp())
        return self._facts[first : min(last, first + self._most)]
