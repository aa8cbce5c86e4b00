"""The book of one life: every row that is to be written of it, gathered before any is written.

To the functions that answer alerts and move cascades on it is what a session is to the actions:
whoever takes new rows in and gives them what the database would.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.accounts.models import Account, Grant, Patient
from service.alerts.models import Alert, AlertReason, AlertStep
from service.audit.models import AccessLogEntry
from service.care.models import GuidanceGiven
from service.journey.models import AwayPeriod, Diagnosis, Event
from service.panel.models import PatientSummary
from service.support.models import Cascade, CascadeStep, SupportRequest, SupportStep
from service.symptoms.models import SymptomReport
from service.treatments.models import DosagePeriod, Dose, Treatment
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck

# Each after what it refers to.
MODELS: tuple[type[Any], ...] = (
    Account, Patient, PatientSummary, Grant, Diagnosis, Treatment, DosagePeriod, Dose,
    SymptomReport, WellbeingCheck, QuestionnaireResponse, Event, AwayPeriod, GuidanceGiven,
    Alert, AlertReason, AlertStep, SupportRequest, SupportStep, Cascade, CascadeStep,
    AccessLogEntry,
)  # fmt: skip
TABLES: tuple[sa.Table, ...] = tuple(model.__table__ for model in MODELS)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION, _VARIANT = 0x7000 << 64, 0x8000 << 48
_COUNTED, _DRAWN = 0xFFF, 0x3FFF_FFFF_FFFF_FFFF


class Book:
    """Rows of one life.

    ``now`` is the moment that goes by: ids are made of it, in the order in which rows come.
    """

    def __init__(self, stream: int, now: datetime) -> None:
        self.now = now
        self._stream, self._count = stream, 0
        self._kept: dict[type[Any], list[Any]] = {model: [] for model in MODELS}

    def add(self, instance: Any) -> None:
        """Take a new row in, with its defaults; it may still be changed."""
        for name, default in _DEFAULTS[type(instance)]:
            if getattr(instance, name) is None:
                setattr(instance, name, default())
        if getattr(instance, "id", "none") is None:
            instance.id = self.new_id()
        self._kept[type(instance)].append(instance)

    def put(self, model: type[Any], row: Mapping[str, Any]) -> None:
        """Take a row in that nobody changes any more."""
        self._kept[model].append(row)

    def flush(self) -> None:
        """Do nothing: defaults are given at once."""

    def new_id(self) -> UUID:
        """Return an id of this moment; later ones sort after earlier ones, as everywhere."""
        self._count += 1
        milliseconds = (self.now - _EPOCH) // _MILLISECOND
        drawn = (self._stream * 0x9E3779B97F4A7C15 + self._count * 0xD1B54A32D192ED03) & _DRAWN
        counted = (self._count & _COUNTED) << 64
        return UUID(int=milliseconds << 80 | _VERSION | counted | _VARIANT | drawn)

    def rows(self) -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
        """Give everything, table by table, each row with every column it has."""
        for model, kept in self._kept.items():
            if kept:
                yield model.__table__, [_row_of(model, one) for one in kept]

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Give how many rows each table has of it."""
        for model, kept in self._kept.items():
            yield model.__tablename__, len(kept)

    def kept(self, model: type[Any]) -> list[Any]:
        """Return what was taken in for one table so far."""
        return self._kept[model]


def _row_of(model: type[Any], one: Any) -> dict[str, Any]:
    columns = _COLUMNS[model]
    if isinstance(one, Mapping):
        return {name: one.get(name, default) for name, default in columns}
    return {name: getattr(one, name) for name, _default in columns}


def _columns_of(model: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Return the columns that are written, each with its plain default."""
    return tuple(
        (column.name, _plain_default(column))
        for column in model.__table__.columns
        if column.computed is None
    )


def _plain_default(column: sa.Column[Any]) -> Any:
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def _defaults_of(model: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Return what makes the default of each column that has one, the id left out."""
    return tuple(
        (column.name, _maker_of(column.default))
        for column in model.__table__.columns
        if column.name != "id" and isinstance(column.default, sa.ColumnDefault)
    )


def _maker_of(default: sa.ColumnDefault) -> Any:
    value: Any = default.arg
    return (lambda: value(None)) if default.is_callable else (lambda: value)


_COLUMNS = {model: _columns_of(model) for model in MODELS}
_DEFAULTS = {model: _defaults_of(model) for model in MODELS}
