"""People who can really sign in: passwords that cost little, and a phone that shows codes."""

from dataclasses import dataclass
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from service.accounts import actions
from service.accounts.models import Account, Role
from service.accounts.passwords import Passwords
from service.db import db, transaction
from service.notify.models import OutboxMessage
from service.notify.sealed_urls import opened_url
from tests.conftest import FixedClock, World

PASSWORD = "a long walk by the sea"


@dataclass
class Phone:
    """An authenticator app on a phone with the right time."""

    secret: str
    clock: FixedClock

    def code(self, *, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(int(self.clock.moment.timestamp()) + 30 * steps)


@pytest.fixture
def cheap_passwords(app: Flask) -> Passwords:
    passwords = Passwords(time_cost=1, memory_kib=64)
    app.extensions["passwords"] = passwords
    return passwords


@pytest.fixture
def post(client: Any, cheap_passwords: Passwords) -> Any:
    """Call a public route: ``post("/auth/login", {...})``."""

    def post(path: str, body: Any, **kwargs: Any) -> Any:
        return client.post(f"/api/v1{path}", json=body, **kwargs)

    return post


@pytest.fixture
def ana_can_sign_in(app: Flask, world: World, cheap_passwords: Passwords) -> None:
    _set_password(app, world, "ana", cheap_passwords)


@pytest.fixture
def nora_can_sign_in(
    app: Flask, world: World, clock: FixedClock, cheap_passwords: Passwords
) -> Phone:
    """Nora has a second factor, and the phone that shows it."""
    phone = Phone(pyotp.random_base32(), clock)
    _set_password(app, world, "nora", cheap_passwords, totp_secret=phone.secret)
    return phone


@pytest.fixture
def invited(app: Flask, world: World, clock: FixedClock) -> Any:
    """Make out an invitation of Harbor's and return its code."""

    def invited(**invitee: Any) -> str:
        invitee.setdefault("role", Role.PATIENT)
        patient_id = invitee.pop("patient_id", None)
        with app.app_context(), transaction() as session:
            _invitation, code = actions.invite(
                session, actions.Invitee(**invitee), clinic_id=world.clinic_id,
                patient_id=patient_id, lifetime=app.config["INVITATION_LIFETIME"],
                now=clock.now(),
            )  # fmt: skip
        return code

    return invited


@pytest.fixture
def tokens_of_ana(ana_can_sign_in: None, post: Any) -> dict[str, Any]:
    """What Ana's phone holds after signing in."""
    answer = post("/auth/login", {"email": "ana@example.org", "password": PASSWORD})
    assert answer.status_code == 200
    return answer.json


def newcomer(**changes: Any) -> dict[str, Any]:
    """Return what a phone sends to register Dana."""
    return {
        "email": "dana@example.org", "password": PASSWORD, "display_name": "Dana",
        "time_zone": "America/Los_Angeles", "locale": "en", **changes,
    }  # fmt: skip


def bearer(access_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access_token}"}


def slug(answer: Any) -> str:
    return answer.json["type"].rsplit("/", 1)[-1]


def _set_password(
    app: Flask, world: World, name: str, passwords: Passwords, **changes: Any
) -> None:
    with app.app_context(), transaction() as session:
        account = session.get_one(Account, world[name].account_id)
        account.password_hash = passwords.hash(PASSWORD)
        for column, value in changes.items():
            setattr(account, column, value)


@pytest.fixture
def mailed(app: Flask) -> Any:
    """Return the codes that were mailed, oldest first."""

    def mailed() -> list[str]:
        with app.app_context(), transaction() as session:
            messages = session.scalars(
                sa.select(OutboxMessage)
                .where(OutboxMessage.channel == "email")
                .order_by(OutboxMessage.id)
            ).all()
            return [
                opened_url(message.recipient_id, message.body).partition("#")[2]
                for message in messages
            ]

    return mailed


@pytest.fixture
def counted(app: Flask) -> Any:
    """Return how many SQL statements something takes."""

    def counted(act: Any) -> int:
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            act()
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    return counted
