"""Setting up from the command line: clinics, the people who work there, invitations."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import available_timezones

import click
from flask import current_app
from flask.cli import with_appcontext
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from service.accounts import actions
from service.accounts.account_queries import clinic_named
from service.accounts.codes import as_written
from service.accounts.credential_actions import check_password
from service.accounts.factor import new_factor_secret, otpauth_uri
from service.accounts.models import STAFF, Role
from service.accounts.roster_actions import DUTIES, put_on_roster
from service.accounts.rules import BadHours, parse_hours
from service.accounts.schemas import Email, NewPassword
from service.clock import SystemClock
from service.db import transaction
from service.errors import DomainError

STAFF_ROLES = sorted(role.value for role in STAFF)


def _hours(_context: click.Context, _param: click.Parameter, text: str) -> dict[str, list[str]]:
    try:
        return parse_hours(text)
    except BadHours as bad:
        raise click.BadParameter(str(bad)) from None


def _zone(_context: click.Context, _param: click.Parameter, name: str | None) -> str | None:
    if name is not None and name not in available_timezones():
        raise click.BadParameter(f"{name!r} is no IANA time zone, as America/Los_Angeles")
    return name


def _email(_context: click.Context, _param: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else Email().deserialize(text)
    except ValidationError:
        raise click.BadParameter(f"{text!r} is no e-mail address") from None


@click.group()
def clinic() -> None:
    """Clinics: the places of care that patients belong to."""


@clinic.command("add")
@click.argument("name")
@click.option("--time-zone", required=True, callback=_zone, help="IANA name, Europe/Berlin.")
@click.option(
    "--hours",
    required=True,
    callback=_hours,
    help="'Mon-Fri 08:00-17:00'; days left out are closed.",
)
@click.option("--oncology-line", required=True, help="Number patients call about treatment.")
@click.option("--emergency-number", required=True, help="Number of the ambulance: 911, 112.")
@click.option("--crisis-line", required=True, help="Number for thoughts of suicide: 988.")
@with_appcontext
def add_clinic(name: str, time_zone: str, hours: dict[str, list[str]], **phones: str) -> None:
    """Open a clinic called NAME."""
    with _one_step() as session:
        actions.add_clinic(
            session, name=name, time_zone=time_zone, hours=hours, phones=phones,
            now=SystemClock().now(),
        )  # fmt: skip
    click.echo(f"Clinic {name} is open.")


@click.group()
def staff() -> None:
    """Staff: the people who work for a clinic."""


@staff.command("add")
@click.argument("email", callback=_email)
@click.option("--clinic", "clinic_name", required=True, help="Name of the clinic.")
@click.option("--role", required=True, type=click.Choice(STAFF_ROLES))
@click.option("--name", "display_name", required=True, help="As patients and colleagues read it.")
@click.option("--time-zone", callback=_zone, help="IANA name; the clinic's if left out.")
@click.option(
    "--duty",
    "duties",
    multiple=True,
    type=click.Choice(DUTIES),
    help="Put last on this roster; may be given several times.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_appcontext
def add_staff(
    email: str,
    clinic_name: str,
    role: str,
    display_name: str,
    time_zone: str | None,
    duties: tuple[str, ...],
    password_stdin: bool,
) -> None:
    """Let the person with this EMAIL work for a clinic.

    Prints the secret of the second factor, once.  It is in force at once: hand it over in
    person, to be entered into an authenticator app.
    """
    password_hash = current_app.extensions["passwords"].hash(_password(email, password_stdin))
    secret = new_factor_secret()
    with _one_step() as session:
        at = clinic_named(session, clinic_name)
        account = actions.add_staff(
            session, clinic_id=at.id, role=Role(role), email=email, display_name=display_name,
            password_hash=password_hash, totp_secret=secret,
            time_zone=time_zone or at.time_zone, now=SystemClock().now(),
        )  # fmt: skip
        for duty in duties:
            put_on_roster(session, clinic_id=at.id, duty=duty, account_id=account.id)
    click.echo(f"{display_name} ({role}) can sign in with {email}.")
    click.echo(f"Second factor, in force from now on: {secret}")
    click.echo(otpauth_uri(secret, email=email))


@click.command()
@click.argument("email", required=False, callback=_email)
@click.option("--clinic", "clinic_name", required=True, help="Name of the clinic.")
@click.option(
    "--role",
    default=Role.PATIENT.value,
    type=click.Choice([Role.PATIENT.value]),
    help="Family is invited by the patient herself.",
)
@click.option("--name", "display_name", help="Whom it is for.")
@with_appcontext
def invite(email: str | None, clinic_name: str, role: str, display_name: str | None) -> None:
    """Print a code that lets one patient in, once; with an EMAIL only that address."""
    invitee = actions.Invitee(role=Role(role), email=email, display_name=display_name)
    with _one_step() as session:
        invitation, code = actions.invite(
            session, invitee, clinic_id=clinic_named(session, clinic_name).id,
            lifetime=current_app.config["INVITATION_LIFETIME"], now=SystemClock().now(),
        )  # fmt: skip
    click.echo(f"Code: {as_written(code)}")
    click.echo(f"Link: {current_app.config['PUBLIC_URL']}/register#{code}")
    click.echo(f"Good once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC.")


@contextmanager
def _one_step() -> Iterator[Session]:
    """Open a transaction; what the domain says no to becomes one line and exit code 1."""
    try:
        with transaction() as session:
            yield session
    except DomainError as no:
        raise click.ClickException(no.title) from None


def _password(email: str, from_stdin: bool) -> str:
    if from_stdin:
        typed = sys.stdin.readline().rstrip("\r\n")
    else:
        typed = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        password = str(NewPassword().deserialize(typed))
        check_password(password, email=email, is_staff=True)
    except ValidationError as bad:
        raise click.ClickException(f"Password: {bad.messages[0]}") from None
    except DomainError as no:
        raise click.ClickException(no.title) from None
    return password
