"""Her record as a page: one file, no script, nothing loaded from elsewhere, in plain words."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from jinja2 import Environment, StrictUndefined, Template
from sqlalchemy.orm import Session

from service.accounts.models import Account, Clinic, Patient
from service.exports.reading import Reader, Row, exported_columns, exported_tables
from service.exports.recipients import Recipient
from service.exports.words import place_of, title_of

# What the books need and nobody reads.
_BOOKKEEPING = frozenset({"version", "created_change_no", "change_no", "request_id", "route"})


class Section(NamedTuple):
    """One part of the page: ``rows`` is read while the page is written."""

    anchor: str
    title: str
    rows: Iterator[Sequence[tuple[str, str]]]


def her_page(reader: Reader, recipients: Sequence[Recipient], *, now: datetime) -> Iterator[str]:
    """Give the page, bit by bit."""
    about = reader.ask(lambda session: _about(session, reader.hers.patient_id))
    shown = _Shown(reader, ZoneInfo(about.time_zone))
    tables = sorted(exported_tables(), key=lambda table: (place_of(table.name), table.name))
    style = _file("her-record.css")
    yield from _template().generate(
        name=about.display_name, clinic=about.clinic, made_at=shown.moment(now), style=style,
        style_digest=b64encode(sha256(style.encode()).digest()).decode(),
        contents=[(_anchor(table), title_of(table.name)) for table in tables],
        recipients=recipients, moment=shown.moment,
        sections=(
            Section(_anchor(table), title_of(table.name), shown.rows(table)) for table in tables
        ),
    )  # fmt: skip


class _Shown:
    """Turns rows into words: moments on her clock, people by name."""

    def __init__(self, reader: Reader, zone: ZoneInfo) -> None:
        self._reader, self._zone = reader, zone
        self._names: dict[UUID, str] = {}

    def rows(self, table: sa.Table) -> Iterator[Sequence[tuple[str, str]]]:
        columns = [
            (column, column.name.replace("_", " ").removesuffix(" id"))
            for column in exported_columns(table)
            if column.name not in _BOOKKEEPING
        ]
        for row in self._reader.rows(table):
            yield self._row(columns, row)

    def moment(self, at: datetime | None) -> str:
        """Write a moment on her clock; nothing for ``None``."""
        return "" if at is None else at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _row(
        self, columns: Sequence[tuple[sa.Column[Any], str]], row: Row
    ) -> Sequence[tuple[str, str]]:
        said = ((label, self._words(row[column.name], column)) for column, label in columns)
        return [(label, words) for label, words in said if words]

    def _words(self, value: Any, column: sa.Column[Any]) -> str:
        if isinstance(value, UUID):
            return self._name(value) if _is_account(column) else ""
        return self._plain(value)

    def _plain(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Enum):
            return str(value.value).replace("_", " ")
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Mapping):
            pairs = ((str(name), self._plain(one)) for name, one in value.items())
            return "; ".join(f"{name.replace('_', ' ')}: {one}" for name, one in pairs if one)
        if isinstance(value, list):
            return " · ".join(filter(None, map(self._plain, value)))
        return str(value)

    def _name(self, account_id: UUID) -> str:
        if account_id not in self._names:
            self._names[account_id] = self._reader.ask(lambda session: _name(session, account_id))
        return self._names[account_id]


def _is_account(column: sa.Column[Any]) -> bool:
    # The log refers to people without a foreign key: it outlives them.
    return column.name == "account_id" or any(
        key.column.table.name == "accounts" for key in column.foreign_keys
    )


def _name(session: Session, account_id: UUID) -> str:
    found = session.execute(
        sa.select(Account.display_name, Account.role).where(Account.id == account_id)
    ).one_or_none()
    if found is None:
        return "somebody who is no longer here"
    return f"{found.display_name} ({found.role.value.replace('_', ' ')})"


def _about(session: Session, patient_id: UUID) -> Any:
    return session.execute(
        sa.select(Patient.display_name, Patient.time_zone, Clinic.name.label("clinic"))
        .join(Clinic, Clinic.id == Patient.clinic_id)
        .where(Patient.id == patient_id)
    ).one()


def _anchor(table: sa.Table) -> str:
    return table.name.replace("_", "-")


def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_file("her-record.html"))


def _file(name: str) -> str:
    return files("service.exports").joinpath("templates", name).read_text("utf-8")
