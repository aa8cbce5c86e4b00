"""One row in every table that may hold rows of a patient, with a mark of its own in every text.

Rows are made from the tables themselves, so a table added later is filled, and looked for, too.
"""

import hashlib
import re
from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from service.her_rows import tables_of_hers
from service.tables import metadata
from service.words import Words, bound, sealed

DAY = date(2026, 3, 2)
# What stands where a mark, or the plain value of its type, breaks a rule of the table.
SAID: dict[tuple[str, str], Any] = {
    ("cascades", "request_id"): None,
    ("dosage_periods", "ends_at"): None,
    # Not sealed yet, as what was just written is.
    ("access_log", "number"): None,
    ("access_log", "hash"): None,
}
_ONE_OF = re.compile(r"(\w+) IN \('([^']+)'")
# Rows of the clinic that rows of hers refer to.
OF_THE_CLINIC = ("lab_runs", "rule_drafts")


def mark(table: str, column: str, whose: str) -> str:
    """Return the mark of one column of one patient: ten characters, as the shortest column takes."""
    return "Q" + hashlib.sha1(f"{table}.{column}.{whose}".encode()).hexdigest()[:9]


def tables_filled() -> list[sa.Table]:
    """Return the tables rows of hers are put into; what staff alone have is none of them."""
    staffs = {"absences", "roster_entries", "saved_views", "erased_patients", "archive_pieces"}
    return [table for table in tables_of_hers() if table.name not in staffs]


class Filler:
    """Fills every table for one patient."""

    def __init__(
        self, session: Any, person: Any, clinic_id: UUID, staff_id: UUID, now: Any
    ) -> None:
        self.session, self.person, self.clinic_id = session, person, clinic_id
        self.staff_id, self.now = staff_id, now
        self.made: dict[str, Any] = {
            "patients": person.patient_id, "accounts": person.account_id, "clinics": clinic_id,
        }  # fmt: skip

    def fill(self) -> None:
        for name in OF_THE_CLINIC:
            self._insert(metadata.tables[name])
        for table in tables_filled():
            self._mark_there(table) if table.name in THERE else self._insert(table)

    def _insert(self, table: sa.Table) -> None:
        row = {column.name: self._value(table, column) for column in table.columns}
        self.session.execute(sa.insert(table), [sealed(self.session, table, row)])
        [key, *_] = table.primary_key.columns
        self.made[table.name] = row[key.name]

    def _mark_there(self, table: sa.Table) -> None:
        """Put marks into the row that is there already."""
        row = {name: mark(table.name, name, self.person.name) for name in THERE[table.name]}
        own = table.c.patient_id if "patient_id" in table.c else table.c.id
        id = self.person.account_id if table.name == "accounts" else self.person.patient_id
        named = bound(self.session, table, {"id": id}, row)
        self.session.execute(sa.update(table).where(own == id).values(named))

    def _value(self, table: sa.Table, column: sa.Column[Any]) -> Any:
        if (table.name, column.name) in SAID:
            return SAID[table.name, column.name]
        if column.name in {"patient_id", "account_id", "recipient_id", "entered_by"}:
            return self._who(column.name)
        for key in column.foreign_keys:
            if key.column.table.name == "accounts":
                return None if column.nullable else self.staff_id
            return self.made[key.column.table.name]
        return self._plain(table, column)

    def _who(self, name: str) -> UUID:
        return self.person.patient_id if name == "patient_id" else self.person.account_id

    def _plain(self, table: sa.Table, column: sa.Column[Any]) -> Any:
        marked = mark(table.name, column.name, self.person.name)
        if isinstance(column.type, sa.Enum):
            return list(column.type.enum_class)[-1]
        if isinstance(column.type, Words):
            return {"said": marked} if column.type.is_json else marked
        if isinstance(column.type, sa.String):
            return only_these(table).get(column.name, marked)
        plain = {
            sa.JSON: [marked], sa.LargeBinary: marked.encode().ljust(32), sa.Date: DAY,
            sa.Uuid: self.clinic_id if column.name == "clinic_id" else uuid4(),
            sa.Boolean: False, sa.Float: 37.5, sa.Integer: 1,
        }  # fmt: skip
        of = (value for kind, value in plain.items() if isinstance(column.type, kind))
        return next(of, self.now)


def only_these(table: sa.Table) -> dict[str, str]:
    """Return a word for each column that takes some only, from the constraints of the table."""
    checks = (one.sqltext.text for one in table.constraints if isinstance(one, sa.CheckConstraint)
              and isinstance(one.sqltext, sa.TextClause))  # fmt: skip
    return {found[1]: found[2] for check in checks for found in _ONE_OF.finditer(check)}


# Rows the small world has already, and their columns that take a mark.
THERE = {
    "patients": ("display_name", "phone", "what_matters"),
    "accounts": ("display_name",),
    "patient_summaries": ("name_key",),
}


def marks_in(table: sa.Table, whose: str) -> dict[str, str]:
    """Return the marks a filled table holds of somebody, by column."""
    if table.name in THERE:
        columns = [table.c[name] for name in THERE[table.name]]
    else:
        named = {"patient_id", "account_id"}
        columns = [
            column
            for column in table.columns
            if (table.name, column.name) not in SAID
            and column.name not in only_these(table)
            and column.name not in named
            and not column.foreign_keys
            and not isinstance(column.type, sa.Enum)
            and isinstance(column.type, sa.String | sa.JSON | Words)
        ]
    return {column.name: mark(table.name, column.name, whose) for column in columns}


def all_marks(whose: str, *, but: Collection[str] = ()) -> list[str]:
    """Return the marks of somebody in all tables that are filled, but those named."""
    tables = [table for table in tables_filled() if table.name not in but]
    return [one for table in tables for one in marks_in(table, whose).values()]
