"""The page that asks who it is once more, and where it leads."""

import re

import pytest
import sqlalchemy as sa

from service.accounts.models import Account
from service.accounts.session_models import DeviceSession
from service.db import transaction
from tests.accounts.conftest import PASSWORD
from tests.dashboard.conftest import OURS, readable


@pytest.fixture
def stale(browse, can_sign_in, clock):
    """Ada's browser, in which she proved herself six minutes ago, and her phone."""
    phone = can_sign_in("ada")
    ada = browse("ada")
    clock.pass_time(minutes=6)
    return ada, phone


def test_s13_what_is_dangerous_asks_first_and_comes_back_with_a_new_cookie(stale, world):
    ada, phone = stale
    there = f"/staff/{world['nora'].account_id}"
    before = ada.client.get_cookie("waymark").value
    headers = {**OURS, "Referer": f"http://localhost{there}"}

    asked = ada.post(f"{there}/sign-out", headers=headers)
    assert asked.location == f"/step-up?again=1&next={there.replace('/', '%2F')}"
    assert "press its button once more" in ada.text(asked.location)
    form = {"password": PASSWORD, "code": phone.code(), "next": there}
    assert ada.post("/step-up", form).location == there

    assert ada.post(f"{there}/sign-out", headers=headers).location == f"{there}?done=out"
    ada.client.set_cookie("waymark", before)
    assert ada.get("/staff").location.startswith("/sign-in")


def test_a_wrong_code_is_said_so_and_opens_nothing(stale, world):
    ada, _phone = stale
    refused = ada.post("/step-up", {"password": PASSWORD, "code": "000000", "next": "/staff"})

    assert (refused.status_code, "That did not work." in readable(refused)) == (422, True)
    assert ada.post(f"/staff/{world['nora'].account_id}/sign-out").location.startswith("/step-up")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil"])
def test_it_never_leads_to_another_site(stale, elsewhere):
    ada, phone = stale
    form = {"password": PASSWORD, "code": phone.code(), "next": elsewhere}

    assert ada.post("/step-up", form).location == "/queues/nursing"


def test_recovery_codes_are_shown_once_and_open_the_door(browse, can_sign_in, stranger):
    can_sign_in("nora")
    nora = browse("nora")
    assert "You have no codes." in nora.text("/recovery-codes")
    shown = re.findall(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}", readable(nora.post("/recovery-codes")))
    assert len(shown) == 10

    form = {"email": "nora@example.org", "password": PASSWORD, "code": shown[0]}
    assert stranger.post("/sign-in", form).location == "/"
    again = nora.text("/recovery-codes")
    assert ("You have 9 codes left." in again, shown[1] in again) == (True, False)


def test_who_comes_in_with_a_passkey_is_asked_for_no_six_digits(app, browse, world):
    nora = browse("nora")
    assert "Six-digit code" in readable(nora.get("/step-up"))
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["nora"].account_id).totp_confirmed_at = None
        session.execute(sa.update(DeviceSession).values(proof="passkey"))

    asked = readable(nora.get("/step-up"))

    assert "Six-digit code" not in asked
    assert "come in again that way" in asked
