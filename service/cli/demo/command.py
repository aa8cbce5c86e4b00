"""``waymark demo``: a clinic with people in it, ready to be looked at."""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pyotp

from service import schema
from service.app import create_app
from service.cli import startup
from service.cli.demo import travel
from service.cli.demo.cast import ZONE
from service.cli.demo.children import Asked, children
from service.cli.demo.filling import Login, Order, fill
from service.cli.demo.folder import (
    Folder,
    accounts_text,
    new_password,
    url_of,
    write_for_owner,
)  # fmt: skip
from service.cli.demo.neighbors import add_neighbors
from service.clock import ShiftedClock, SystemClock
from service.config import Config
from service.db import db

HOST = "127.0.0.1"
_SHOWN = ("nora@example.org", "sol@example.org", "omar@example.org", "ana@example.org")
_PROVIDERS = ("VAPID_", "WEB_PUSH_", "FCM_", "APNS_", "SMTP_", "MAIL_")


@click.command()
@click.option(
    "--data",
    default="demo-data",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of its own; a second start keeps what is in it.",
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--accounts-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write who can sign in as well.  [default: accounts.json in the folder]",
)
@click.option("--seed", default=1, show_default=True, help="Other numbers make other people.")
@click.option(
    "--at",
    metavar="MOMENT",
    callback=lambda _context, _option, text: text and travel.moment_of(text),
    help="Set the demo to this moment, as 2026-12-24T08:00; what falls due until then is done.",
)
@click.option(
    "--neighbors",
    metavar="NUMBER",
    default=0,
    type=click.IntRange(0, 20_000),
    help="When it is filled: add a second clinic of so many patients with three years of history.",
)
@click.option("--patients", default=40, type=click.IntRange(1, 500), hidden=True)
def demo(
    data: Path,
    port: int,
    accounts_file: Path | None,
    seed: int,
    at: datetime | None,
    neighbors: int,
    patients: int,
) -> None:
    """Start Waymark with a clinic, its staff and forty made-up patients.

    At the first start it makes a folder with a secret, an SQLite database and the accounts, and
    writes two to three months of reports, alerts and answers through the same code as the API.
    Then it runs the web server and the scheduler on this machine only, until Ctrl-C.  With --at
    both go by a clock that was set to that moment; a clinic that is filled anew is filled up to it.

    Exit codes: 0 stopped as asked, 1 it could not start (the port is in use, …) or one of its
    two processes ended by itself.
    """
    os.umask(0o077)  # what is made here, here and by the two processes, is its owner's alone
    startup.check_port(HOST, port)
    folder = Folder(data)
    folder.prepare()
    filled_at = None
    if not folder.is_filled:
        real = SystemClock().now().replace(microsecond=0)
        filled_at = min(at, real) if at else real
        _fill(
            folder,
            port,
            Order(seed=seed, patients=patients, password=new_password(), now=filled_at),
            neighbors,
        )
    config = _set_to(at, folder, port, filled_at)
    logins = folder.logins()
    if accounts_file is not None:
        write_for_owner(accounts_file, accounts_text(logins))
    try:
        with children(environment(config)) as processes:
            processes.start("The scheduler", "jobs")
            processes.start("The web server", "serve", "--host", HOST, "--port", str(port))
            processes.wait_until_it_answers(port)
            _tell(logins, accounts_file or folder.accounts, config)
            processes.wait()
    except Asked:
        click.echo("Stopped.")


def _config(folder: Folder, database: Path, port: int, shift: timedelta) -> Config:
    return Config(
        SECRET_KEY=folder.secret_key(),
        MASTER_KEYS=folder.master_keys(),
        SQLALCHEMY_DATABASE_URI=url_of(database),
        PUBLIC_URL=f"http://{HOST}:{port}",
        COOKIES_NEED_TLS=False,  # this machine talks to itself
        DEMO_CLOCK_SHIFT=shift,
    )


def _set_to(at: datetime | None, folder: Folder, port: int, filled_at: datetime | None) -> Config:
    """Bring the demo to the moment asked for, the real one by default; return its settings."""
    app = create_app(_config(folder, folder.database, port, timedelta(0)))
    with app.app_context():
        schema.upgrade(db.engine)
    now = SystemClock().now()
    travel.check_direction(app, filled_at=filled_at, at=at or now)
    if at is not None:
        travel.let_time_pass(app, since=filled_at or travel.last_round(app) or now, at=at)
    with app.app_context():
        db.engine.dispose()
    shift = at - SystemClock().now() if at else timedelta(0)
    return _config(folder, folder.database, port, timedelta(seconds=round(shift.total_seconds())))


def _fill(folder: Folder, port: int, order: Order, neighbors: int) -> None:
    """Fill a database beside the place where it belongs, and move it there when it is whole."""
    app = create_app(_config(folder, folder.unfinished, port, timedelta(0)))
    with app.app_context():
        schema.upgrade(db.engine)

    logins = fill(app, order, progress=_show)
    click.echo(err=True)
    if neighbors:
        logins += add_neighbors(app, order, neighbors, progress=_show)
        click.echo(err=True)
    with app.app_context():
        # The last connection to go writes everything back into the one file that is moved.
        db.engine.dispose()
    folder.finish(logins)


def _show(done: int, of: int) -> None:
    """Count on one line; where nobody looks on, in one line a quarter."""
    if sys.stderr.isatty():
        click.echo(f"\rWriting patients: {done} of {of}", nl=False, err=True)
    elif done % max(of // 4, 1) == 0:
        click.echo(f"Writing patients: {done} of {of}", err=True)


def environment(config: Config) -> dict[str, str]:
    """Return what the demo's processes are started with.

    Its people are invented: nothing of theirs goes to a provider this machine may have.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(_PROVIDERS)}
    return {
        **own,
        "SECRET_KEY": config.SECRET_KEY,
        "MASTER_KEYS": config.master_keys,
        "DATABASE_URL": config.SQLALCHEMY_DATABASE_URI,
        "PUBLIC_URL": config.PUBLIC_URL,
        "COOKIES_NEED_TLS": "no",
        "DEMO_CLOCK_SHIFT_SECONDS": str(round(config.DEMO_CLOCK_SHIFT.total_seconds())),
    }


def _tell(logins: list[Login], file: Path, config: Config) -> None:
    url = config.PUBLIC_URL
    now = ShiftedClock(config.DEMO_CLOCK_SHIFT).now()
    click.echo()
    for login in sorted(_shown(logins), key=lambda one: _SHOWN.index(one.email)):
        click.echo(f"  {login.role:<14} {login.email:<20} {login.password}{_code(login, now)}")
    click.echo(f"\n  Everybody else: {file}")
    if config.DEMO_CLOCK_SHIFT:
        click.echo(f"  It is {now.astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M} there.")
    click.echo(f"  Waymark runs at {url} (the dashboard) and {url}/api/docs.  Ctrl-C stops it.\n")


def _shown(logins: list[Login]) -> list[Login]:
    return [login for login in logins if login.email in _SHOWN]


def _code(login: Login, now: datetime) -> str:
    if login.totp_secret is None:
        return ""
    return f"  code now: {pyotp.TOTP(login.totp_secret).at(now)}"
