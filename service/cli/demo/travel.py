"""Setting a demo to another moment: the time between passes first, with all that falls due."""

import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
import sqlalchemy as sa
from flask import Flask

from service.cli.demo.cast import ZONE
from service.clock import SystemClock
from service.db import transaction
from service.ids import new_id
from service.jobs.passing import HandClock, Passing
from service.notify.channels import KeptChannel
from service.notify.models import Heartbeat

# Further ahead the demo would be an empty clinic in which nobody has reported for a year.
FURTHEST = timedelta(days=366)
# A scheduler that is started a moment later than the last one stopped is no journey in time.
_NEARLY = timedelta(minutes=1)


def moment_of(text: str) -> datetime:
    """Read ``2026-12-24T08:00``, on the clinic's clock unless it says an offset.

    Raises:
        click.BadParameter: it is no moment.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a moment, as 2026-12-24T08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(ZONE))


def check_direction(app: Flask, *, filled_at: datetime | None, at: datetime) -> None:
    """Let a demo past that goes forward in time, and not too far.

    Args:
        app: over the demo's database.
        filled_at: when it was filled, if it was filled just now.
        at: where it is to go.

    Raises:
        click.ClickException: its people have lived through that moment already, or it lies more
            than a year ahead of them.
    """
    last = filled_at or last_round(app)
    if last is not None and at < last - _NEARLY:
        zone = ZoneInfo(ZONE)
        raise click.ClickException(
            f"This clinic has been at {last.astimezone(zone):%Y-%m-%dT%H:%M} already: say a later"
            " moment with --at, or another folder with --data."
        )
    if at > (last or SystemClock().now()) + FURTHEST:
        raise click.ClickException("No further than a year ahead.")


def last_round(app: Flask) -> datetime | None:
    """Return when a scheduler last did its round, ``None`` if none ever has."""
    with app.app_context(), transaction() as session:
        return session.scalar(sa.select(sa.func.max(Heartbeat.beat_at)))


def let_time_pass(app: Flask, *, since: datetime, at: datetime) -> None:
    """Run every round between two moments, and say how far it is: nobody is written to."""
    phone, mail = KeptChannel(), KeptChannel()
    passing = Passing(app, HandClock(since), {"push": phone, "email": mail}, new_id())
    zone = ZoneInfo(ZONE)
    shown = since.astimezone(zone).date()

    def tell(moment: datetime) -> None:
        nonlocal shown
        day = moment.astimezone(zone).date()
        if day != shown:
            shown = day
            # On one line; where nobody looks on, the last line alone says what happened.
            if sys.stderr.isatty():
                click.echo(f"\rLetting time pass: {day}", nl=False, err=True)

    passing.until(at, tell=tell)
    passing.run(at)
    if sys.stderr.isatty():
        click.echo("\r", nl=False, err=True)
    click.echo(
        f"Let time pass until {at.astimezone(zone):%Y-%m-%dT%H:%M}: {len(phone.sent)} pushes and"
        f" {len(mail.sent)} mails were due in it.",
        err=True,
    )
