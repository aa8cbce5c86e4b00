"""Putting dosage periods and answered doses on file, whoever makes them in the service."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from service.db import transaction
from service.ids import derived_id
from service.treatments.models import DosagePeriod, Dose
from tests.conftest import MONDAY_MORNING

DAILY = {"type": "daily", "times": ["09:00"]}
HERE = ZoneInfo("America/Los_Angeles")


def prescribe(app, patient_id, treatment, starts_at, ends_at=None, **what):
    """Say what was prescribed from a local date-time on, instead of what is on file from then on."""
    values = {
        "status": "active", "day_one": date.fromisoformat(starts_at[:10]), "schedule": DAILY,
        "dose": "2.5 mg", **what,
    }  # fmt: skip
    with app.app_context(), transaction() as session:
        session.execute(
            sa.delete(DosagePeriod).where(
                DosagePeriod.treatment_id == UUID(treatment), DosagePeriod.starts_at >= starts_at
            )
        )
        session.add(
            DosagePeriod(
                patient_id=patient_id, treatment_id=UUID(treatment), starts_at=starts_at,
                ends_at=ends_at, made_at=MONDAY_MORNING, **values,
            )
        )  # fmt: skip


def dose(person, treatment, local, status="taken", reason=None, *, answered_at=MONDAY_MORNING):
    """Return one answered dose of a person's, due at a local date-time."""
    return Dose(
        id=derived_id(treatment, local), patient_id=person.patient_id, version=1,
        created_change_no=1, change_no=1, entered_by=person.account_id, received_at=MONDAY_MORNING,
        content_hash=b"", treatment_id=UUID(treatment), local_at=local,
        due_at=datetime.fromisoformat(local).replace(tzinfo=HERE).astimezone(UTC), cycle=1,
        status=status, reason=reason, answered_at=answered_at,
    )  # fmt: skip


def answer(app, person, treatment, first, days=1, status="taken", reason=None):
    """Answer the doses of some days in a row, whatever has made rows of them already."""
    with app.app_context(), transaction() as session:
        for number in range(days):
            local = f"{date.fromisoformat(first) + timedelta(days=number)}T09:00"
            session.merge(dose(person, treatment, local, status, reason))
