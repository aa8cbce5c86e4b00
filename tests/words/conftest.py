"""A row in every table of private words."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.emergency_models import BreakGlass
from service.accounts.models import Account, Patient
from service.accounts.session_models import PendingFactor
from service.alerts.models import Alert, AlertHold, AlertStep
from service.db import db, transaction
from service.journey.models import AwayPeriod, CareNote, Event, Question
from service.notify.webhook_models import WebhookEndpoint
from service.records import hash_of
from service.support.models import Cascade, CascadeStep, SupportRequest, SupportStep
from service.symptoms.models import SymptomReport
from service.treatments.models import Treatment
from service.wellbeing.models import SafetyPlan, WellbeingCheck
from service.words import Words, sealed, words_of
from tests.conftest import MONDAY_MORNING

CANARY = "kanarie"


@pytest.fixture
def every_place(app, world):
    """Write a canary into every column of private words there is; return those columns."""
    ana, nora = world["ana"].patient_id, world["nora"].account_id
    record = {
        "patient_id": ana, "version": 1, "created_change_no": 1, "change_no": 1,
        "entered_by": nora, "received_at": MONDAY_MORNING, "content_hash": hash_of({"a": 1}),
    }  # fmt: skip
    columns = []
    for table in db.metadata.sorted_tables:
        columns += [table.c[name] for name, _ in words_of(table)]
    models = (
        SymptomReport, WellbeingCheck, Event, AwayPeriod, Question, CareNote, Treatment, Alert,
        AlertHold, AlertStep, SupportRequest, SupportStep, Cascade, CascadeStep, SafetyPlan,
        BreakGlass, WebhookEndpoint,
    )  # fmt: skip
    ids = {model.__tablename__: uuid4() for model in models}
    with app.app_context(), transaction() as session:
        for model in models:
            table = model.__table__
            row = {c.name: _some(c, ids, record, world) for c in table.c}
            session.execute(sa.insert(table).values(sealed(session, table, row)))
        session.get_one(Patient, ana).what_matters = CANARY
        session.get_one(Account, nora).totp_secret = CANARY
        session.add(PendingFactor(account_id=nora, secret=CANARY, expires_at=MONDAY_MORNING))
    return columns


_SAID = {
    "care_status": "active", "queue": "nursing", "severity": "urgent", "state": "closed",
    "by_role": "nurse", "role": "nurse", "outcome": "resolved", "status": "stopped", "name": "A tablet", "ends_on": None,
}  # fmt: skip
_KINDS = {"events": "other", "away_periods": "other", "cascades": "social_work"}


def _some(column, ids, record, world):
    """Return a value that this column takes; the canary where it is of private words."""
    table, name = column.table.name, column.name
    if isinstance(column.type, Words):
        return {"said": CANARY} if column.type.is_json else CANARY
    known = record | {
        "id": ids[table], "clinic_id": world.clinic_id, "kind": _KINDS.get(table, "other"),
    }  # fmt: skip
    if name in known:
        return known[name]
    if column.foreign_keys and (not column.nullable or (table, name) == ("cascades", "alert_id")):
        [key] = column.foreign_keys
        return ids.get(key.column.table.name, world["nora"].account_id)
    if name in _SAID:
        enums = getattr(column.type, "enum_class", None)
        return enums(_SAID[name]) if enums else _SAID[name]
    return None if column.nullable else _plain(column)


def _plain(column):
    plain = {
        sa.JSON: [], sa.Boolean: False, sa.Integer: 1, sa.Date: MONDAY_MORNING.date(),
        sa.String: "x",
    }  # fmt: skip
    found = (value for kind, value in plain.items() if isinstance(column.type, kind))
    return next(found, MONDAY_MORNING)
