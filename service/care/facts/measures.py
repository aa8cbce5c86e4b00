"""What can be measured, where it is written down, and in which unit rules read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from service.care.records import MeasurementFacts, ReportFacts


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure as rules name it.

    ``report_field`` is where a symptom report holds it, ``code`` how a measurement is coded.
    ``once`` says that any value in the window counts, for what she notices herself: a fever that
    a tablet brought down was still a fever.  Of a laboratory value or a weight only the newest
    is true.
    """

    label: str
    unit: str
    once: bool
    report_field: str | None = None
    code: str | None = None


MEASURES = {
    "temperature_c": Measure("temperature", "°C", True, "temperature_c", "temperature"),
    "stools_over_baseline": Measure("stools over usual", "", True, "stools_over_baseline"),
    "glucose_mg_dl": Measure("glucose", "mg/dL", True, "glucose_mg_dl", "glucose"),
    "anc": Measure("neutrophils", "cells/µL", False, None, "anc"),
    "calcium": Measure("calcium", "mg/dL", False, None, "calcium"),
    "weight": Measure("weight", "kg", False, None, "weight"),
}
"""The measures a rule may name, by name."""

_BY_CODE = {measure.code: name for name, measure in MEASURES.items() if measure.code}
_REPORT_FIELDS = tuple(
    (name, measure.report_field) for name, measure in MEASURES.items() if measure.report_field
)


class Measured(NamedTuple):
    """One value, and what it is written in."""

    at: datetime
    value: float
    source: ReportFacts | MeasurementFacts


def measured_in(
    source: ReportFacts | MeasurementFacts,
) -> Iterable[tuple[str, float]]:
    """Name the measures one record holds, with their values."""
    if isinstance(source, MeasurementFacts):
        name = _BY_CODE.get(source.code)
        return () if name is None else ((name, source.value),)
    return [
        (name, value)
        for name, column in _REPORT_FIELDS
        if (value := getattr(source, column)) is not None
    ]


def measured(
    sources: Iterable[ReportFacts | MeasurementFacts],
) -> dict[str, list[Measured]]:
    """Collect what was measured, by measure, newest first."""
    values: dict[str, list[Measured]] = {}
    for source in sources:
        for name, value in measured_in(source):
            values.setdefault(name, []).append(Measured(source.at, value, source))
    for series in values.values():
        series.sort(key=lambda one: one.at, reverse=True)
    return values
