"""Erasing itself: every row of hers in one transaction, counted before and after.

``KEPT`` are the only tables that still know her id afterwards, each with its reason, which stands
in the receipt.  Her account stays as an empty shell: the log knows people by the number of their
account, and PostgreSQL would have to look through every large table for a row that names it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import Account
from service.accounts.word_keys import shred
from service.db import insert_if_new
from service.erasures.actions import Work, write
from service.erasures.models import ErasedPatient, ErasureState
from service.erasures.retention import Retention
from service.errors import NotFound
from service.her_rows import Hers, hers_of, rows_of, tables_of_hers
from service.notify.webhooks.event_types import DELETED
from service.notify.webhooks.happenings import happened
from service.wire import moment_text

KEPT: Mapping[str, str] = {
    "access_log": "The law asks who saw a record and when. Entries hold ids, no name and no word.",
    "erasure_requests": "This receipt: ids, days and counts.",
    "erased_patients": "Her id, so that a restored backup does not bring her back.",
}
_SHELL = (
    "An empty account, which the entries of the access log name by its number: no name, no"
    " address, no password, and nobody can sign in to it."
)
_BY_LAW = "The record as it was, sealed: nobody here can open it. Kept by law: {}"
_SEALED = "archive_pieces"
_NO_PASSWORD = "!"  # noqa: S105 - no hash at all: nothing matches it

Counts = dict[str, int]


class NotErased(Exception):
    """Rows were left where none should be: the transaction is not to be committed."""


class RecordChanged(Exception):
    """Something was entered while her record was being sealed: it has to be sealed anew."""


class Archive(NamedTuple):
    """What was sealed for the law: how many pieces, and her record's number when it began."""

    pieces: int
    writer_key: bytes
    change_no: int


def carry_out(
    session: Session, work: Work, archive: Archive | None, retention: Retention,
    *, now: datetime, keep_until: datetime | None,
) -> None:  # fmt: skip
    """Erase a patient, and write the receipt; all of it or nothing.

    Args:
        session: in a transaction of its own.
        work: the request.
        archive: what was sealed before, where the site keeps by law.
        retention: what the site does.
        now: the moment on the receipt.
        keep_until: when what was sealed is erased as well.

    Raises:
        LeaseLost: the request is another worker's.
        RecordChanged: what was sealed is not all there is.
        NotErased: a row of hers was left.
    """
    write(session, work, {"lease_until": now})
    _prepare(session)
    _hold(session, work, archive)
    hers = hers_of(session, work.patient_id) or Hers(work.patient_id, work.account_id, None)
    before = _counts(session, hers)
    # Her words' key goes first, and with it what lies of them in files the database has let go of.
    shred(session, work.patient_id)
    _erase(session, hers)
    happened(session, DELETED, clinic_id=work.clinic_id, patient_id=work.patient_id, now=now)
    _empty_account(session, hers, now=now)
    after = _counts(session, hers)
    if any(after.values()):
        raise NotErased(", ".join(sorted(after)))
    insert_if_new(
        session, ErasedPatient.__table__,  # type: ignore[arg-type]
        {"patient_id": work.patient_id, "account_id": hers.account_id, "clinic_id": work.clinic_id,
         "erased_at": now, "mode": retention.mode, "keep_until": keep_until},
        conflict_on="patient_id",
    )  # fmt: skip
    write(
        session, work,
        {"state": ErasureState.DONE, "done_at": now, "mode": retention.mode, "before": before,
         "after": {table: after.get(table, 0) for table in before}, "lease_until": None,
         "keep_until": keep_until, "pieces": archive.pieces if archive else None,
         "writer_key": archive.writer_key if archive else None,
         "kept": _kept(session, hers, retention, archive, keep_until)},
    )  # fmt: skip


def _prepare(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # Rows others may refer to are looked for in tables without an index for that: seconds
        # each, in which nobody waits.
        session.execute(sa.text("SET LOCAL statement_timeout = '10min'"))
    else:
        # What is deleted is written over, and not only let go of.  Later deletes may be, too.
        session.execute(sa.text("PRAGMA secure_delete = ON"))


def _hold(session: Session, work: Work, archive: Archive | None) -> None:
    try:
        change_no = people.lock_patient(session, work.patient_id).change_no
    except NotFound:
        return  # she is gone already, as after a backup that was gone through twice
    # Our own hold took a number too.
    if archive is not None and change_no != archive.change_no + 1:
        raise RecordChanged


def _erase(session: Session, hers: Hers) -> None:
    for table in reversed(_tables()):
        session.execute(sa.delete(table).where(rows_of(table, hers)))  # type: ignore[arg-type]


def _empty_account(session: Session, hers: Hers, *, now: datetime) -> None:
    session.execute(
        sa.update(Account)
        .where(Account.id == hers.account_id)
        .values(
            email="", email_key=f"erased:{hers.account_id}", display_name="",
            password_hash=_NO_PASSWORD,
            totp_secret=None, totp_confirmed_at=None, totp_last_step=None, quiet_hours=None,
            channels={}, time_zone="UTC", locale="en", disabled_at=now,
        )
    )  # fmt: skip


def _tables() -> list[sa.Table]:
    gone = {*KEPT, _SEALED, "accounts"}
    return [table for table in tables_of_hers() if table.name not in gone]


def _counts(session: Session, hers: Hers) -> Counts:
    """Return how many rows each table holds of her; nothing for those that hold none."""
    # SQLAlchemy's names are no plain text, which JSON wants.
    counted = {str(table.name): _count(session, table, hers) for table in _tables()}
    return {name: rows for name, rows in counted.items() if rows}


def _count(session: Session, table: sa.Table, hers: Hers) -> int:
    whose = rows_of(table, hers)
    rows = sa.select(sa.func.count()).select_from(table).where(whose)  # type: ignore[arg-type]
    return session.execute(rows).scalar_one()


def _kept(
    session: Session, hers: Hers, retention: Retention, archive: Archive | None,
    keep_until: datetime | None,
) -> list[dict[str, Any]]:  # fmt: skip
    by_name = {table.name: table for table in tables_of_hers()}
    kept: list[dict[str, Any]] = [
        {"what": name, "rows": _count(session, by_name[name], hers), "why": why, "until": None}
        for name, why in KEPT.items()
    ]
    if hers.account_id is not None:
        kept.append({"what": "accounts", "rows": 1, "why": _SHELL, "until": None})
    if archive is not None and keep_until is not None:
        kept.append(
            {"what": _SEALED, "rows": archive.pieces, "why": _BY_LAW.format(retention.basis),
             "until": moment_text(keep_until)}
        )  # fmt: skip
    return kept
