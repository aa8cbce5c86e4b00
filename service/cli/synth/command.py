"""``waymark synth``: a clinic of made-up patients with years of history."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import ScriptInfo

from service.accounts.models import Clinic, Patient
from service.cli import startup
from service.cli.synth.clinic import (
    MadeClinic,
    clinic_id,
    opened_at,
    until_of,
)  # fmt: skip
from service.cli.synth.hands import Task, many_hands
from service.cli.synth.making import LIVES_AT_ONCE, Order, make
from service.cli.synth.tally import Tally
from service.cli.synth.writing import DatabaseShelf, LineShelf, Shelf
from service.clock import SystemClock
from service.db import transaction

MARK = "(made up)"


def _day(_context: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    try:
        day = None if text is None else date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no day, as 2026-03-02") from None
    if day is not None and not 2010 <= day.year <= 2099:
        raise click.BadParameter("must lie from 2010 to 2099")
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


@click.command()
@click.option("--patients", default=1_000, show_default=True, type=click.IntRange(1, 1_000_000))
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, 2**31),
    help="Other numbers make other people.",
)  # fmt: skip
@click.option(
    "--years", default=3.0, show_default=True, type=click.FloatRange(0.1, 10),
    help="For how long the clinic has been at work.",
)  # fmt: skip
@click.option(
    "--until", metavar="DAY", callback=_day,
    help="The history ends as this day begins, in UTC.  [default: today]",
)  # fmt: skip
@click.option(
    "--ndjson", metavar="FILE", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write lines of JSON, a row each, instead of into the database; - is standard output.",
)  # fmt: skip
@click.option(
    "--clinic", "name", default="Synthetic clinic", show_default=True,
    help=f"Its name, to which {MARK} is added.",
)  # fmt: skip
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64),
    help="Processes that work side by side, into the database only.",
)  # fmt: skip
def synth(
    patients: int, seed: int, years: float, until: datetime | None, ndjson: Path | None,
    name: str, workers: int,
) -> None:  # fmt: skip
    """Make up a clinic: patients, years of their days, what the rules and the staff did.

    It goes into the database of the settings (DATABASE_URL), as a clinic of its own; each patient
    is there whole or not at all.  Stopped or killed, the same command goes on where it was.
    Nobody of it can sign in, nothing that is made up to have happened is ever sent.  Not for a
    database with real patients.

    Exit codes: 0 all of them are there, 1 they are not (the database lacks migrations, the name
    is another clinic's, it was stopped, …).
    """
    label = name if name.endswith(MARK) else f"{name} {MARK}"
    order = Order(seed, patients, years)
    if ndjson is not None:
        with _stream(ndjson) as stream:
            _make(Task(order, label, until or _today()), LineShelf(stream), frozenset())
        return
    app = click.get_current_context().ensure_object(ScriptInfo).load_app()
    startup.check(app)
    ends, there = _what_is_there(app, order, label, until)
    if ends > SystemClock().now():
        raise click.ClickException("--until lies ahead: nothing can have happened by then.")
    if there:
        click.echo(f"{len(there)} are there already.", err=True)
    _make(Task(order, label, ends), DatabaseShelf(app), there, workers=workers)


def _make(task: Task, shelf: Shelf, there: frozenset[UUID], *, workers: int = 1) -> None:
    clinic = task.clinic()
    maker = partial(many_hands, task, workers) if workers > 1 else None
    began = time.monotonic()
    try:
        tally = make(clinic, task.order, shelf, there, maker=maker, progress=_show)
    except KeyboardInterrupt:
        click.echo(err=True)
        raise click.ClickException("Stopped.  The same command goes on where it was.") from None
    _tell(clinic, tally, time.monotonic() - began)


def _what_is_there(
    app: Flask, order: Order, name: str, until: datetime | None
) -> tuple[datetime, frozenset[UUID]]:
    """Return when the history ends, and who of the clinic is there already.

    Raises:
        click.ClickException: the name, or the seed, is another clinic's.
    """
    id = clinic_id(order.seed)
    with app.app_context(), transaction() as session:
        found = session.execute(
            sa.select(Clinic.id, Clinic.name, Clinic.created_at).where(
                sa.or_(Clinic.id == id, Clinic.name == name)
            )
        ).all()
        there = frozenset(session.scalars(sa.select(Patient.id).where(Patient.clinic_id == id)))
    if any(clinic.id != id for clinic in found):
        raise click.ClickException(f"There is another clinic called {name}: take --clinic.")
    if not found:
        return until or _today(), there
    [known] = found
    if known.name != name:
        raise click.ClickException(
            f"The patients of seed {order.seed} are in {known.name}: take another --seed, "
            f'or go on with --clinic "{known.name}".'
        )
    if until is not None and opened_at(order.years, until) != known.created_at:
        raise click.ClickException(
            f"{known.name} was begun with another --until or --years; leave --until out to go on."
        )
    return until_of(order.years, known.created_at), there


def _today() -> datetime:
    return SystemClock().now().replace(hour=0, minute=0, second=0, microsecond=0)


@contextmanager
def _stream(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with path.open("wb") as stream:
            yield stream
    except OSError as bad:
        raise click.ClickException(f"{path}: {bad.strerror}") from None


def _show(done: int, of: int) -> None:
    """Count on one line; where nobody looks on, in a line about every tenth."""
    text = f"Made up: {done} of {of} patients, {100 * done // max(of, 1)} %"
    if sys.stderr.isatty():
        click.echo(f"\r{text}", nl=done == of, err=True)
    elif done == of or done % max(of // 10, 1) < LIVES_AT_ONCE:
        click.echo(text, err=True)


def _tell(clinic: MadeClinic, tally: Tally, seconds: float) -> None:
    rows = tally.rows
    click.echo(
        f"{clinic.name}: {tally.lives} patients, {rows.get('symptom_reports', 0)} reports, "
        f"{rows.get('alerts', 0)} alerts (to be answered: {tally.alerts_in_100_weeks:.1f} in 100 "
        f"patient-weeks), "
        f"{100 * tally.completion:.0f} % of the weeks with a report; {tally.all_rows} rows in "
        f"{seconds:.0f} s, {tally.all_rows / max(seconds, 0.001):.0f} a second.",
        err=True,
    )
