"""What is made up in bulk is what the actions would have written, row by row."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from service.accounts.models import Patient
from service.alerts.models import Alert, AlertReason, AlertStep
from service.care.models import GuidanceGiven
from service.cli.synth.clinic import made_clinic
from service.cli.synth.lives import life
from service.cli.synth.living import lived
from service.cli.synth.numbers import numbers
from service.cli.synth.writing import DatabaseShelf
from service.db import db
from service.journey.models import AwayPeriod, Diagnosis, Event
from service.panel.models import PatientSummary
from service.support.models import Cascade, CascadeStep, SupportRequest, SupportStep
from service.symptoms.models import SymptomReport
from service.treatments.models import DosagePeriod, Dose, Treatment
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck
from tests.cli.synth.real import Real
from tests.conftest import empty

UNTIL = datetime(2026, 3, 2, tzinfo=UTC)
YEARS = 0.5
COMPARED: tuple[type[Any], ...] = (
    SymptomReport, WellbeingCheck, QuestionnaireResponse, Diagnosis, Event, AwayPeriod,
    Treatment, DosagePeriod, Dose, GuidanceGiven, Alert, AlertReason, AlertStep,
    SupportRequest, SupportStep, Cascade, CascadeStep, PatientSummary, Patient,
)  # fmt: skip
# Numbers of changes, digests under a key that each patient gets at random, and ids that each side
# chooses for itself; what is named by them is not left out but written as what it names.
LEFT_OUT = frozenset({"change_no", "created_change_no", "doses_until", "content_hash", "words_key"})
OWN_IDS = frozenset({
    "diagnoses", "away_periods", "dosage_periods", "alerts", "alert_reasons", "alert_steps",
    "support_steps", "cascades", "cascade_steps",
})  # fmt: skip


@pytest.mark.parametrize("number", [35, 37])
def test_a_made_up_life_is_what_the_actions_would_have_written(app: Flask, number: int) -> None:
    clinic = made_clinic(1, 300, name="Made up", years=YEARS, until=UNTIL)
    her = life(1, number, until=UNTIL, years=YEARS, known=numbers())
    book = lived(her, clinic)
    shelf = DatabaseShelf(app)
    shelf.open(clinic)
    shelf.put([book])
    made = _on_file(app)
    empty(app)
    shelf.open(clinic)

    Real(app, clinic, her, book).live()

    real = _on_file(app)
    assert made["alerts"], "a life without an alert proves little"
    for table in made:
        assert _differing(made[table], real[table]) == [], table


def _on_file(app: Flask) -> dict[str, list[dict[str, Any]]]:
    with app.app_context(), db.engine.connect() as connection:
        rows = {
            model.__tablename__: [
                dict(row) for row in connection.execute(sa.select(model.__table__)).mappings()
            ]
            for model in COMPARED
        }
    names = _names(rows)
    rows["doses"] = [row for row in rows["doses"] if row["answered_at"] is not None]
    return {
        table: sorted((_plain(table, row, names) for row in found), key=repr)
        for table, found in rows.items()
    }


def _names(rows: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Say of each id that a side chose for itself what it stands for."""
    names = {str(one["id"]): f"diagnosis of {one['received_at']}" for one in rows["diagnoses"]}
    for one in rows["alerts"]:
        names[str(one["id"])] = f"alert {one['queue']} of {one['opened_at']}"
    for one in rows["support_requests"]:
        names[str(one["id"])] = f"request {one['kind']} {one['queue']} of {one['requested_at']}"
    for one in rows["cascades"]:
        source = str(one["alert_id"] or one["request_id"])
        names[str(one["id"])] = f"cascade of {names[source]}, {one['opened_at']}"
    return names


def _plain(table: str, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    left_out = LEFT_OUT | ({"id"} if table in OWN_IDS else set())
    if row.get("kind") == "bereavement":
        left_out |= {"id"}  # made of the number of the change
    if table == "doses":
        left_out |= {"received_at", "version"}  # of its planning, which is the scheduler's
    return {name: _said(value, names) for name, value in row.items() if name not in left_out}


def _said(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _said(one, names) for name, one in value.items()}
    if isinstance(value, list):
        return [_said(one, names) for one in value]
    return names.get(str(value), value)


def _differing(made: list[dict[str, Any]], real: list[dict[str, Any]]) -> list[Any]:
    """Return what is on one side only, so that a failure can be read."""
    return [
        *(("made up", one) for one in made if one not in real),
        *(("real", one) for one in real if one not in made),
        *([("number", len(made), len(real))] if len(made) != len(real) else []),
    ]
