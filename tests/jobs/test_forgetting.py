"""What has run out is let go of once an hour, and nothing that still counts."""

import logging
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.accounts.forgetting import forget_some
from service.accounts.session_models import (
    AttemptWindow,
    DeviceSession,
    MailedCode,
    PasswordReset,
    PendingFactor,
    RefreshToken,
)
from service.accounts.tokens import sha256_of
from service.db import transaction
from service.jobs.forgetting import AT_ONCE, forget_what_is_over
from service.jobs.schedule import Ticker
from service.notify.channels import KeptChannel
from tests.accounts.conftest import slug

KINDS = (AttemptWindow, MailedCode, PasswordReset, PendingFactor, RefreshToken)


@pytest.fixture
def kept(app):
    """Return the keys of all rows there are."""

    def kept():
        with app.app_context(), transaction() as session:
            keys = [sa.inspect(kind).primary_key[0] for kind in KINDS]
            return {str(one) for key in keys for one in session.scalars(sa.select(key))}

    return kept


@pytest.fixture
def of_each(app, world, clock):
    """Keep one of each kind, old or not by an hour and a bit; the token is of a device of Ana's."""

    def of_each(name, *, old, who="ana"):
        now = clock.now()
        at = now - timedelta(hours=1, seconds=1) if old else now - timedelta(minutes=59)
        until = now - timedelta(seconds=1) if old else now
        person = world[who]
        rows = [
            AttemptWindow(key=f"{name} window", window_start=at, attempts=1),
            MailedCode(
                request_sha256=f"{name} request", code_sha256="x", purpose="sign-in",
                account_id=None, expires_at=until,
            ),
            PasswordReset(sha256=f"{name} reset", account_id=None, expires_at=until),
            PendingFactor(account_id=person.account_id, secret="x", expires_at=until),
            RefreshToken(
                sha256=f"{name} token", session_id=person.session_id, issued_at=at,
                expires_at=until,
            ),
        ]  # fmt: skip
        with app.app_context(), transaction() as session:
            session.add_all(rows)

    return of_each


def test_what_has_run_out_goes_and_what_counts_stays(app, clock, world, kept, of_each):
    of_each("old", old=True)
    of_each("new", old=False, who="nora")

    assert forget_what_is_over(app, clock, goes_on=lambda: True) == 5

    nora = str(world["nora"].account_id)
    assert kept() == {"new window", "new request", "new reset", "new token", nora}


def test_it_goes_in_batches_and_ends_between_them_when_told(app, clock, kept, of_each):
    with app.app_context(), transaction() as session:
        session.execute(
            sa.insert(AttemptWindow),
            [
                {"key": str(n), "window_start": clock.now() - timedelta(days=1), "attempts": 1}
                for n in range(AT_ONCE + 1)
            ],
        )
    answers = iter([True, False])
    assert forget_what_is_over(app, clock, goes_on=lambda: next(answers)) == AT_ONCE
    assert len(kept()) == 1
    with app.app_context(), transaction() as session:
        assert forget_some(session, now=clock.now(), limit=5) == 1


def test_a_lost_phone_is_told_to_forget_however_late_it_calls(
    app, call, client, world, clock, of_each
):
    token = "what the phone has kept"
    with app.app_context(), transaction() as session:
        device = session.get_one(DeviceSession, world["ana"].session_id)
        device.revoked_because, device.revoked_at = "wipe", clock.now()
        session.flush()
        session.add(
            RefreshToken(
                sha256=sha256_of(token), session_id=device.id, issued_at=clock.now(),
                expires_at=clock.now(),
            )
        )  # fmt: skip
    clock.pass_time(days=60)

    assert forget_what_is_over(app, clock, goes_on=lambda: True) == 0

    answer = client.post("/api/v1/auth/refresh", json={"refresh_token": token})
    assert (answer.status_code, slug(answer)) == (410, "wipe")


class Heard(logging.Handler):
    """Tells when the scheduler has said that it has let go of something."""

    def __init__(self):
        super().__init__()
        self.it = threading.Event()

    def emit(self, record):
        if "let go" in record.getMessage():
            self.it.set()


def test_the_scheduler_does_it_when_it_starts(app, clock, kept, of_each, caplog):
    of_each("old", old=True)
    caplog.set_level(logging.INFO, logger="service.jobs.schedule")
    heard = Heard()
    logging.getLogger("service.jobs.schedule").addHandler(heard)
    ticker = Ticker(app, clock, {"push": KeptChannel(), "email": KeptChannel()})
    ticker.start()
    try:
        assert heard.it.wait(timeout=20)
    finally:
        ticker.stop()
        logging.getLogger("service.jobs.schedule").removeHandler(heard)

    assert kept() == set()


def test_s21_mistakes_are_remembered_until_they_are_over_and_then_let_go_of(app, clock, kept):
    now, long_ago = clock.now(), clock.now() - timedelta(days=20)
    rows = [
        {"key": "counts", "over_at": now + timedelta(seconds=1), "mistakes": 3},
        {"key": "is over", "over_at": now, "mistakes": 99},
        {"key": "made up for", "over_at": now + timedelta(days=9), "mistakes": 0},
    ]
    with app.app_context(), transaction() as session:
        session.execute(
            sa.insert(AttemptWindow), [{"window_start": long_ago, "attempts": 1, **r} for r in rows]
        )

    assert forget_what_is_over(app, clock, goes_on=lambda: True) == 2
    assert kept() == {"counts"}
