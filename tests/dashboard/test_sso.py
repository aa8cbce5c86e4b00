"""Single sign-on, against a provider that is a process of its own and lies when told to."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import sqlalchemy as sa

from service.accounts.models import Account
from service.accounts.sso_models import SsoAttempt, SsoLink
from service.dashboard.sso_provider import provider_of
from service.db import transaction
from service.environment import BadConfig
from service.notify.models import OutboxMessage
from tests.dashboard.conftest import Browser, readable

SECRET = "only the two of us"
SITE = "http://waymark.test"
BACK = "/sign-in/sso/callback"
NORA = {"sub": "n-1", "email": "Nora@Example.org", "email_verified": True, "amr": ["pwd", "otp"]}


class Stay(urllib.request.HTTPRedirectHandler):
    """Go nowhere by itself: where to is what the test wants to see."""

    def http_error_302(self, _request: Any, answer: Any, *_rest: Any) -> Any:
        return answer


class Hospital:
    """The provider as a process, and what it is told to be."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.dashboard.identity_provider", SECRET, SITE + BACK],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.address = self.process.stdout.readline().strip()

    def be(self, **said: Any) -> None:
        body = json.dumps({"who": NORA, **said}).encode()
        asked = urllib.request.Request(
            f"{self.address}/be", body, {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(asked).close()

    def now(self) -> datetime:
        with urllib.request.urlopen(f"{self.address}/keys") as answer:
            return parsedate_to_datetime(answer.headers["Date"])

    def sign_in(self, asked: str) -> str:
        """Sign in there as a browser is sent, and return where it is sent back to."""
        assert asked.startswith(f"{self.address}/authorize?")
        with urllib.request.build_opener(Stay).open(asked) as answer:
            there = urlsplit(answer.headers["Location"])
        assert f"{there.scheme}://{there.netloc}" == SITE
        return f"{there.path}?{there.query}"


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    hospital = Hospital()
    yield hospital
    hospital.process.terminate()
    hospital.process.wait()
    hospital.process.stdout.close()


@pytest.fixture
def sso(app, hospital, clock) -> Iterator[Any]:
    """Let the hospital vouch for Harbor's staff; the clock is the one it goes by."""
    clock.moment = hospital.now()

    def settle(**changes: Any) -> None:
        settings = {
            **app.config, "PUBLIC_URL": SITE, "OIDC_ISSUER": hospital.address,
            "OIDC_CLIENT_ID": "waymark", "OIDC_CLIENT_SECRET": SECRET, "OIDC_AMR": ("otp",),
            **changes,
        }  # fmt: skip
        app.extensions["sso"] = provider_of(settings)

    settle()
    yield settle
    app.extensions["sso"] = None


@pytest.fixture
def go(sso, world, hospital, stranger) -> Any:
    """Sign in by the hospital, in the stranger's browser."""

    def go(browser: Browser = stranger, first: str = "/sign-in/sso") -> Any:
        return browser.get(hospital.sign_in(browser.get(first).headers["Location"]))

    return go


@pytest.fixture
def links(app) -> Any:
    def links() -> list[Any]:
        with app.app_context(), transaction() as session:
            asked = sa.select(SsoLink.account_id, SsoLink.subject).order_by(SsoLink.subject)
            return [tuple(row) for row in session.execute(asked)]

    return links


@pytest.fixture
def change(app, world) -> Any:
    """Change something of an account."""

    def change(name: str, **columns: Any) -> None:
        with app.app_context(), transaction() as session:
            account = session.get_one(Account, world[name].account_id)
            for column, value in columns.items():
                setattr(account, column, value)

    return change


def test_s23_staff_come_in_by_their_organisation_which_asks_for_the_second_factor(
    app, go, hospital, stranger, links, world, change, post_sign_in
):
    change("nora", totp_confirmed_at=None)
    hospital.be()

    answer = go(first="/sign-in/sso?next=/sessions")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sessions")
    assert stranger.get("/").status_code == 200
    nora = world["nora"].account_id
    assert links() == [(nora, "n-1")]
    with app.app_context(), transaction() as session:
        mails = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)).all()
        assert {(mail.recipient_id, mail.channel) for mail in mails} == {(nora, "email")}
        # A new way in, and this browser, which she has used for the first time.
        assert [mail.title for mail in mails] == [
            "Signing in to Waymark has changed", "A new sign-in to Waymark"
        ]  # fmt: skip
    # Her password does not open what her organisation opens.
    assert post_sign_in("nora").status_code == 401
    # From now on she is known by the subject, whatever her address is.
    hospital.be(who=NORA | {"email": "olga@example.org"})
    assert go().headers["Location"] == "/"
    assert "Nora, nurse" in stranger.text("/sessions")
    stranger.post("/sign-out")
    assert stranger.get("/").headers["Location"].startswith("/sign-in")
    out = stranger.get("/sign-in/sso/out").headers["Location"]
    assert dict(parse_qsl(urlsplit(out).query))["client_id"] == "waymark"


@pytest.fixture
def post_sign_in(stranger, can_sign_in) -> Any:
    """Sign in with the password alone."""

    def post_sign_in(name: str) -> Any:
        can_sign_in(name, factor=False)
        body = {"email": f"{name}@example.org", "password": "a long walk by the sea"}
        return stranger.post("/sign-in", body)

    return post_sign_in


def test_s16_a_token_that_lies_lets_nobody_in(go, hospital, stranger, links, clock, caplog):
    now = clock.moment.timestamp()
    lies: dict[str, Any] = {
        "nonce": {"lies": {"nonce": "another"}},
        "nonce left out": {"lies": {"nonce": None}},
        "aud": {"lies": {"aud": "another"}},
        "azp": {"lies": {"aud": ["waymark", "another"]}},
        "azp of another": {"lies": {"azp": "another"}},
        "iss": {"lies": {"iss": "https://evil.example"}},
        "exp": {"lies": {"exp": int(now) - 120}},
        "exp left out": {"lies": {"exp": None}},
        "iat": {"lies": {"iat": int(now) + 3600}},
        "nbf": {"lies": {"nbf": int(now) + 3600}},
        "sub": {"lies": {"sub": ""}},
        "amr": {"lies": {"amr": ["pwd"]}},
        "amr left out": {"lies": {"amr": None}},
        "signature none": {"alg": "none"},
        "signature with the public key": {"alg": "HS256"},
        "signature by another key": {"key": "another"},
    }
    for why, said in lies.items():
        hospital.be(**said)
        caplog.clear()
        answer = go()
        assert answer.status_code == 403, why
        assert "That sign-in did not work" in readable(answer)
        assert why.split()[0] in caplog.text, why
        assert stranger.get("/").status_code == 303
        clock.pass_time(seconds=10)
    hospital.be()
    for fault in ("html", "huge", "elsewhere"):
        hospital.be(fault=fault)
        assert go().status_code == 503, fault
    assert links() == []


def test_s24_an_answer_counts_once_soon_and_in_the_browser_that_asked(
    app, sso, world, go, hospital, stranger, links, clock
):
    hospital.be()
    back = hospital.sign_in(stranger.get("/sign-in/sso").headers["Location"])

    assert Browser(app).get(back).status_code == 403, "another browser"
    elsewhere = f"{back}&{urlencode({'iss': 'https://evil.example'})}"
    assert stranger.get(elsewhere).status_code == 403, "another provider's answer"
    back = hospital.sign_in(stranger.get("/sign-in/sso").headers["Location"])
    assert stranger.get(back).status_code == 303
    state = dict(parse_qsl(urlsplit(back).query))["state"]
    stranger.client.set_cookie("waymark-sso", state)
    assert stranger.get(back).status_code == 403, "a second time"
    late = hospital.sign_in(stranger.get("/sign-in/sso").headers["Location"])
    clock.pass_time(minutes=10)
    assert stranger.get(late).status_code == 403, "too late"
    assert stranger.get(f"{BACK}?error=access_denied&state=x").status_code == 403
    stranger.get("/sign-in/sso")
    with app.app_context(), transaction() as session:
        assert len(session.scalars(sa.select(SsoAttempt)).all()) == 1, "what is over is removed"


def test_it_makes_no_account_and_gives_nobody_more_than_she_has(
    app, go, sso, hospital, links, change, world, clock
):
    sso(OIDC_CLINIC_ID=world.clinic_id)
    change("omar", disabled_at=clock.moment)
    strangers = {
        "nobody here": {"email": "zed@example.org"},
        "not verified": {"email_verified": False},
        "verified, it says": {"email_verified": "true"},
        "no address": {"email": None},
        "a patient": {"email": "ana@example.org"},
        "another clinic's nurse": {"email": "olga@example.org"},
        "somebody who has left": {"email": "omar@example.org"},
    }
    for why, who in strangers.items():
        hospital.be(who=NORA | who)
        answer = go()
        assert answer.status_code == 403, why
        assert "you have no account here yet" in readable(answer), why
        clock.pass_time(seconds=10)
    assert links() == []
    hospital.be()
    assert go().status_code == 303
    # Her address is given to somebody else, whose account this is not.
    hospital.be(who=NORA | {"sub": "n-2"})
    assert go().status_code == 403
    assert links() == [(world["nora"].account_id, "n-1")]
    change("nora", disabled_at=clock.moment)
    hospital.be()
    assert go().status_code == 403


def test_a_site_says_how_a_second_factor_is_known_and_asks_over_tls(app, hospital):
    ours = {**app.config, "OIDC_CLIENT_ID": "waymark", "OIDC_CLIENT_SECRET": SECRET}
    with pytest.raises(BadConfig, match="OIDC_MFA_IS_ENFORCED"):
        provider_of(ours | {"OIDC_ISSUER": "https://id.example"})
    with pytest.raises(BadConfig, match="https"):
        provider_of(ours | {"OIDC_ISSUER": "http://id.example", "OIDC_ACR": ("mfa",)})
    assert provider_of(ours) is None


def test_without_a_provider_there_is_no_such_page(stranger):
    assert stranger.get("/sign-in/sso").status_code == 404
    assert stranger.get(BACK).status_code == 404
