"""After a breach: whom an account has reached, from the command line."""

import csv
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import click
import orjson
from flask.cli import with_appcontext
from marshmallow import ValidationError

from service.accounts.account_queries import account_with_email
from service.audit.incidents import Reached, reached_by
from service.db import transaction
from service.wire import Moment, moment_text


def _moment(_context: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    try:
        found: datetime | None = None if text is None else Moment().deserialize(text)
    except ValidationError:
        raise click.BadParameter(f"{text!r} is no moment, as 2026-03-02T09:00:00Z") from None
    return found


@click.group()
def incident() -> None:
    """A breach: who is affected by it."""


@incident.command("affected")
@click.option("--since", required=True, callback=_moment, help="From this moment on (RFC 3339).")
@click.option("--until", callback=_moment, help="Before this moment; left out, until now.")
@click.option("--actor", required=True, help="An account: its id or its e-mail address.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv")
@with_appcontext
def affected(since: datetime, until: datetime | None, actor: str, form: str) -> None:
    """List the patients whose records an account has read or changed, and which topics of them.

    One line for each patient and topic, on standard output: CSV with a heading, or JSON lines.

    Exit codes: 0 listed, 1 there is no such account.
    """
    with transaction() as session:
        account_id = _account(session, actor)
        rows = (_row(one) for one in reached_by(session, account_id, since=since, until=until))
        if form == "json":
            for row in rows:
                sys.stdout.write(orjson.dumps(row).decode() + "\n")
        else:
            _write_csv(rows)


def _write_csv(rows: Iterator[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, Reached._fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _row(one: Reached) -> dict[str, Any]:
    return one._asdict() | {
        "patient_id": str(one.patient_id), "clinic_id": str(one.clinic_id),
        "first_at": moment_text(one.first_at), "last_at": moment_text(one.last_at),
    }  # fmt: skip


def _account(session: Any, actor: str) -> UUID:
    try:
        # An account that is gone has its entries still.
        return UUID(actor)
    except ValueError:
        account_id = account_with_email(session, actor)
    if account_id is None:
        raise click.ClickException("There is no account of this address.")
    return account_id
