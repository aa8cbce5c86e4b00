"""A second clinic beside the demo's own, with years of history, for the laboratory."""

from collections.abc import Mapping
from datetime import timedelta

from flask import Flask

from service.accounts import actions
from service.accounts.factor import new_factor_secret
from service.accounts.models import Role
from service.accounts.roster_actions import put_on_roster
from service.cli.demo.cast import ZONE
from service.cli.demo.filling import Login, Order, Progress
from service.cli.synth.clinic import made_clinic
from service.cli.synth.making import Order as Lives
from service.cli.synth.making import make
from service.cli.synth.writing import DatabaseShelf
from service.db import transaction

NAME = "Riverside Cancer Center (made up)"
YEARS = 3.0
_SINCE = timedelta(days=60)
# Who can sign in there: name, role, and what they answer for.
_STAFF: Mapping[str, tuple[str, Role, str | None]] = {
    "rita": ("Rita Solberg", Role.NURSE, "nursing"),
    "ravi": ("Ravi Menon", Role.PHYSICIAN, "nursing"),
    "elin": ("Elin Dahl", Role.EDITOR, None),
    "abel": ("Abel Torres", Role.ADMINISTRATOR, "administrator"),
}


def add_neighbors(app: Flask, order: Order, patients: int, *, progress: Progress) -> list[Login]:
    """Make a clinic of so many patients up, and return who of its staff can sign in.

    Args:
        app: over a database with every migration.
        order: the seed, the password for all, and the moment its history ends.
        patients: how many.
        progress: is told how many patients are written, and of how many.
    """
    clinic = made_clinic(order.seed, patients, name=NAME, years=YEARS, until=order.now)
    lives = Lives(order.seed, patients, YEARS)
    make(clinic, lives, DatabaseShelf(app), frozenset(), progress=progress)
    password_hash = app.extensions["passwords"].hash(order.password)
    logins = []
    with app.app_context(), transaction() as session:
        for key, (name, role, duty) in _STAFF.items():
            secret = new_factor_secret()
            account = actions.add_staff(
                session, clinic_id=clinic.id, role=role, email=f"{key}@example.org",
                display_name=name, password_hash=password_hash, totp_secret=secret,
                time_zone=ZONE, now=order.now - _SINCE,
            )  # fmt: skip
            if duty is not None:
                put_on_roster(session, clinic_id=clinic.id, duty=duty, account_id=account.id)
            logins.append(Login(role.value, account.email, order.password, secret))
    return logins
