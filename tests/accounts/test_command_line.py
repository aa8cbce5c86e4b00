"""Setting up a site from the command line."""

import pyotp
import pytest
import sqlalchemy as sa

from service.accounts.models import Account, Clinic, Role, RosterEntry
from service.accounts.roster_actions import put_on_roster
from service.cli.clinics import clinic, invite, staff
from service.clock import SystemClock
from service.db import transaction
from tests.accounts.conftest import PASSWORD, newcomer

CLINIC = [
    "add", "Lakeside", "--time-zone", "America/Chicago", "--hours", "Mon-Fri 08:00-17:00",
    "--oncology-line", "312-555-0100", "--emergency-number", "911", "--crisis-line", "988",
]  # fmt: skip
NURSE = [
    "add", "Nina@example.org", "--clinic", "Lakeside", "--role", "nurse", "--name", "Nina",
    "--password-stdin", "--duty", "nursing", "--duty", "supervisor",
]  # fmt: skip


@pytest.fixture
def run(app, cheap_passwords):
    runner = app.test_cli_runner()

    def run(command, arguments, typed=""):
        return runner.invoke(command, arguments, input=typed)

    return run


def test_a_clinic_is_opened(app, run):
    done = run(clinic, CLINIC)

    assert (done.exit_code, done.output) == (0, "Clinic Lakeside is open.\n")
    with app.app_context(), transaction() as session:
        opened = session.scalars(sa.select(Clinic)).one()
        assert opened.hours["fri"] == ["08:00", "17:00"]
        assert opened.phones == {
            "oncology_line": "312-555-0100", "emergency_number": "911", "crisis_line": "988",
        }  # fmt: skip


def test_staff_can_sign_in_with_the_secret_printed(app, run, post, clock):
    run(clinic, CLINIC)

    done = run(staff, NURSE, PASSWORD + "\n")

    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    secret = done.output.partition("from now on: ")[2].split()[0]
    with app.app_context(), transaction() as session:
        nina = session.scalars(sa.select(Account)).one()
        assert (nina.email, nina.email_key) == ("Nina@example.org", "nina@example.org")
        assert (nina.role, nina.time_zone) == (Role.NURSE, "America/Chicago")
        assert nina.totp_secret == secret
        assert nina.totp_confirmed_at is not None
        duties = session.scalars(sa.select(RosterEntry.duty).order_by(RosterEntry.duty)).all()
        assert duties == ["nursing", "supervisor"]
    nina = {"email": "nina@example.org", "password": PASSWORD}
    assert post("/auth/login", nina).status_code == 401
    code = pyotp.TOTP(secret).at(clock.moment)
    assert post("/auth/login", nina | {"totp_code": code}).status_code == 200


def test_a_printed_code_lets_a_patient_in(run, post, clock):
    run(clinic, CLINIC)
    clock.moment = SystemClock().now()  # the command line has only the machine's

    done = run(invite, ["dana@example.org", "--clinic", "Lakeside", "--role", "patient"])

    assert done.exit_code == 0
    code = done.output.partition("Code: ")[2].split()[0]
    assert post("/auth/register", newcomer(invitation_code=code)).status_code == 201


@pytest.mark.parametrize(
    ("command", "arguments", "typed", "code", "says"),
    [
        (clinic, CLINIC, "", 1, "There is a clinic of this name already."),
        (clinic, [*CLINIC, "--hours", "always"], "", 2, "is not written as"),
        (clinic, [*CLINIC, "--time-zone", "Mars/Olympus"], "", 2, "no IANA time zone"),
        (clinic, ["add", "Nameless"], "", 2, "Missing option"),
        (staff, NURSE, "short\n", 1, "Needs 8 to 128 characters."),
        (staff, NURSE, "password123\n", 1, "too easy to guess"),
        (staff, NURSE, "", 1, "Needs 8 to 128 characters."),
        (staff, [*NURSE, "--clinic", "Nowhere"], PASSWORD, 1, "There is no clinic of this name."),
        (staff, [*NURSE, "--role", "patient"], PASSWORD, 2, "is not one of"),
        (staff, [*NURSE, "--duty", "cooking"], PASSWORD, 2, "is not one of"),
        (staff, ["add", "nobody", *NURSE[2:]], PASSWORD, 2, "is no e-mail address"),
        (invite, ["--clinic", "Nowhere"], "", 1, "There is no clinic of this name."),
        (invite, ["--clinic", "Lakeside", "--role", "nurse"], "", 2, "'nurse' is not"),
    ],
)
def test_a_mistake_is_said_in_one_line(run, command, arguments, typed, code, says):
    run(clinic, CLINIC)

    done = run(command, arguments, typed)

    assert done.exit_code == code, done.output
    assert says in done.output.splitlines()[-1]
    assert "Traceback" not in done.output


def test_an_address_is_hired_once(run):
    run(clinic, CLINIC)
    assert run(staff, NURSE, PASSWORD).exit_code == 0

    again = run(staff, NURSE, PASSWORD)

    assert again.exit_code == 1
    assert again.output.splitlines()[-1] == "Error: This e-mail address cannot be used."


@pytest.mark.parametrize("command", [clinic, staff, invite])
def test_every_command_explains_itself(run, command):
    done = run(command, ["--help"])

    assert done.exit_code == 0
    assert "Usage:" in done.output


def test_a_roster_keeps_the_order_people_were_put_on_it(app, world):
    with app.app_context(), transaction() as session:
        for name in ("sol", "nora", "sol", "chaya"):
            put_on_roster(
                session, clinic_id=world.clinic_id, duty="supervisor",
                account_id=world[name].account_id,
            )  # fmt: skip
        entries = session.scalars(
            sa.select(RosterEntry)
            .where(RosterEntry.duty == "supervisor")
            .order_by(RosterEntry.position)
        ).all()

    assert [entry.account_id for entry in entries] == [
        world[name].account_id for name in ("sol", "nora", "chaya")
    ]
