"""What sealing costs: a note of a report stored and read back, sealed and plain, in one process.

    python -m benchmarks.words

Prints medians in µs and, first, the ratio: figures of one machine are no other's.  The plain
store is the same statement with a patient marked ``open``.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service import schema, sealing
from service.accounts.models import Account, Clinic, Patient, Role
from service.app import create_app
from service.config import Config
from service.db import db, transaction
from service.ids import new_id
from service.journey.models import Question
from service.patient_keys import OPEN
from service.records import Change, store

_NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
_TEXT = "Slept badly, the tingling in my feet is back since Tuesday. " * 3
_TIMES = 2000


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'words.sqlite'}"
        app = create_app(Config(SECRET_KEY="x" * 40, SQLALCHEMY_DATABASE_URI=url))
        with app.app_context():
            schema.upgrade(db.engine)
            stored: dict[str, float] = {}
            read: dict[str, float] = {}
            for how in ("plain", "sealed"):
                change = _patient(how)
                stored[how] = _median(lambda change=change: _store(change))  # type: ignore[misc]
                read[how] = _median(lambda change=change: _read(change.patient_id))  # type: ignore[misc]
            key = sealing.held().unwrap(sealing.held().new_wrapped_key())
            sealing_alone = _median(lambda: key.seal("questions.text.0", _TEXT))
    print(f"store: sealed / plain = {stored['sealed'] / stored['plain']:.2f}  {stored}")
    print(f"read one: sealed / plain = {read['sealed'] / read['plain']:.2f}  {read}")
    print(f"sealing alone: {sealing_alone:.1f} µs")


def _patient(how: str) -> Change:
    with transaction() as session:
        clinic = Clinic(name=how, time_zone="UTC", hours={}, phones={}, created_at=_NOW)
        session.add(clinic)
        session.flush()
        account = Account(
            clinic_id=clinic.id, role=Role.PATIENT, email=how, email_key=how, password_hash="!",
            display_name=how, time_zone="UTC", locale="en", created_at=_NOW,
        )  # fmt: skip
        session.add(account)
        session.flush()
        patient = Patient(
            clinic_id=clinic.id, account_id=account.id, display_name=how, time_zone="UTC",
            locale="en", joined_at=_NOW,
        )  # fmt: skip
        session.add(patient)
        session.flush()
        if how == "plain":
            session.execute(
                sa.update(Patient).where(Patient.id == patient.id).values(words_key=OPEN)
            )
        return Change(patient.id, 1, account.id, _NOW)


def _store(change: Change) -> Any:
    content = {"text": _TEXT, "asked_at": _NOW, "answered_at": None, "answer": None}
    with transaction() as session:
        return store(session, Question, change=change, id=new_id(), content=content)


def _read(patient_id: UUID) -> Any:
    with transaction() as session:
        return session.scalars(
            sa.select(Question.text).where(Question.patient_id == patient_id).limit(1)
        ).one()


def _median(work: Callable[[], Any]) -> float:
    taken = []
    for _ in range(_TIMES):
        before = time.perf_counter()
        work()
        taken.append(time.perf_counter() - before)
    return statistics.median(taken) * 1e6


if __name__ == "__main__":
    main()
