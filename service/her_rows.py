"""Which rows are about one patient: the one place that says so, for export and for erasure.

No table is listed.  Whose a row is follows from the tables themselves, so what a later migration
adds is exported and erased as well:

* ``patient_id`` names her,
* the one row of hers in ``patients`` and in ``accounts``,
* ``account_id``, where no patient is named, names her account: devices, sign-ins, tokens,
* else a foreign key to a row that is hers: the steps of a request, the tokens of a sign-in.

Three tables hold rows of hers that none of these finds; they are in ``_ALSO``.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import db


class Hers(NamedTuple):
    """How her rows know her; what is of her account is ``None`` if she never signed in."""

    patient_id: UUID
    account_id: UUID | None
    email_key: str | None


Whose = sa.ColumnElement[bool]

_ALSO: Mapping[str, Callable[[sa.Table, Hers], Whose]] = {
    # What her account was answered about nobody.
    "kept_answers": lambda table, hers: table.c.account_id == hers.account_id,
    # Mail about her account names no patient.
    "outbox_messages": lambda table, hers: table.c.recipient_id == hers.account_id,
    # The one that let her in: it was written when she had no row yet.
    "invitations": lambda table, hers: sa.and_(
        table.c.role == "patient", table.c.email_key == hers.email_key
    ),
}


def tables_of_hers() -> list[sa.Table]:
    """Return every table that may hold a row of hers, each after those it refers to."""
    nobody = Hers(UUID(int=0), UUID(int=0), "")
    return [table for table in db.metadata.sorted_tables if rows_of(table, nobody) is not None]


def rows_of(table: sa.Table, hers: Hers) -> Whose | None:
    """Return the condition under which a row of a table is hers, ``None`` if none ever is."""
    found = _rows_of(table, hers)
    if found is not None and table.name in _ALSO:
        return sa.or_(found, _ALSO[table.name](table, hers))
    return found


def hers_of(session: Session, patient_id: UUID) -> Hers | None:
    """Return how the rows of a patient know her, ``None`` if there is no such patient."""
    patients, accounts = (db.metadata.tables[name].c for name in ("patients", "accounts"))
    row = session.execute(
        sa.select(patients.id, patients.account_id, accounts.email_key)
        .outerjoin_from(patients.id.table, accounts.id.table, accounts.id == patients.account_id)
        .where(patients.id == patient_id)
    ).one_or_none()
    return None if row is None else Hers(*row)


def _rows_of(table: sa.Table, hers: Hers) -> Whose | None:
    columns = table.c
    if table.name == "patients":
        return columns.id == hers.patient_id
    if table.name == "accounts":
        return columns.id == hers.account_id
    if "patient_id" in columns:
        return columns.patient_id == hers.patient_id
    if "account_id" in columns:
        return columns.account_id == hers.account_id
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        parent = key.column.table
        # Clinics are nobody's, and an account in another role's column is somebody who did this.
        if parent is table or parent.name in {"clinics", "accounts", "patients"}:
            continue
        whose = rows_of(parent, hers)
        if whose is not None:
            return key.parent.in_(sa.select(key.column).where(whose))
    return None
