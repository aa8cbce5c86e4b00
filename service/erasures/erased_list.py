"""The list of who was erased, as lines of JSON: what a restored backup is gone through with.

A line is ``{"patient_id", "account_id", "clinic_id", "erased_at", "mode", "keep_until"}``: ids and
days.  It has to lie elsewhere than the database, whose backups do not know who was erased later.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient, Role
from service.erasures.actions import under_way
from service.erasures.models import ErasedPatient, ErasureRequest


class BadLine(ValueError):
    """A line is none of ours; the message has its number."""


class Erased(NamedTuple):
    """Somebody who was erased; ``keep_until`` is ``None`` if nothing is kept sealed."""

    patient_id: UUID
    account_id: UUID | None
    clinic_id: UUID
    erased_at: datetime
    mode: str
    keep_until: datetime | None

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read a line.

        Raises:
            ValueError, KeyError, TypeError: it is none of ours.
        """
        said = orjson.loads(line)
        account, until = said["account_id"], said["keep_until"]
        return cls(
            UUID(said["patient_id"]), UUID(account) if account else None,
            UUID(said["clinic_id"]), datetime.fromisoformat(said["erased_at"]), str(said["mode"]),
            datetime.fromisoformat(until) if until else None,
        )  # fmt: skip

    def line(self) -> bytes:
        """Write the line."""
        return orjson.dumps(self._asdict(), option=orjson.OPT_APPEND_NEWLINE)


def append(file: Path, erased: Erased) -> None:
    """Add a line, and see it onto the disk."""
    with file.open("ab") as there:
        there.write(erased.line())
        there.flush()
        os.fsync(there.fileno())


def read(lines: Iterable[bytes]) -> Iterator[Erased]:
    """Read lines; blank ones are passed over.

    Raises:
        BadLine: one is none of ours.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield Erased.read(line)
            except (ValueError, KeyError, TypeError):
                raise BadLine(f"line {number} is none of a list of erased patients") from None


def in_database(session: Session) -> Iterator[Erased]:
    """Give those the database knows of, in the order they were erased."""
    rows = session.scalars(
        sa.select(ErasedPatient).order_by(ErasedPatient.erased_at, ErasedPatient.patient_id)
    )
    for row in rows:
        yield Erased(
            row.patient_id, row.account_id, row.clinic_id, row.erased_at, row.mode, row.keep_until
        )


def bring_back_requests(session: Session, erased: Iterable[Erased], *, now: datetime) -> int:
    """Let those who are there again be erased at once, as they asked; return how many those are.

    What is kept by law is kept until the day it was to be kept before, and not longer for it.
    """
    there = there_again(session, erased)
    for one, patient in there:
        request = under_way(session, patient.id)
        if request is None:
            request = ErasureRequest(
                patient_id=patient.id, account_id=patient.account_id, clinic_id=patient.clinic_id,
                asked_at=now, asked_by=patient.account_id or patient.id, by_role=Role.PATIENT,
                messages_stop=False,
            )  # fmt: skip
            session.add(request)
        request.carry_out_at, request.keep_until, request.lease_until = now, one.keep_until, None
        session.flush()
    return len(there)


def there_again(session: Session, erased: Iterable[Erased]) -> list[tuple[Erased, Patient]]:
    """Return those of a list who have a record, as no erased patient should."""
    found = ((one, session.get(Patient, one.patient_id)) for one in erased)
    return [(one, patient) for one, patient in found if patient is not None]
