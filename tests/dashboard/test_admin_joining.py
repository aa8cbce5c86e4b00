"""Joining: a code, a password, a second factor; and the devices one is signed in on."""

import re

import pyotp
import pytest
import sqlalchemy as sa

from service.accounts.models import Account, Role
from service.accounts.passwords import Passwords
from service.db import transaction
from tests.accounts.conftest import PASSWORD, Phone
from tests.dashboard.conftest import Browser, readable

DANA = {"email": "dana@example.org", "display_name": "Dana", "role": "nurse", "duties": ["nursing"]}


@pytest.fixture
def code(app, call):
    app.extensions["passwords"] = Passwords(time_cost=1, memory_kib=64)
    return call("ada", "POST /staff", DANA).json["code"]


def form(invited_by, **changes):
    return {
        "code": invited_by, "email": DANA["email"], "password": PASSWORD, "again": PASSWORD, **changes,
    }  # fmt: skip


def secret_on(browser):
    page = browser.get("/second-factor").get_data(as_text=True)
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert 'src="data:image/svg+xml' in page
    return found[1].replace(" ", "")


def dana_of(app):
    with app.app_context(), transaction() as session:
        return session.scalar(sa.select(Account).where(Account.email_key == "dana@example.org"))


def test_a_new_nurse_joins_sets_up_her_factor_and_begins_her_work(stranger, code, app, clock):
    joined = stranger.post("/join", form(code.lower().replace("-", " ")))
    assert (joined.status_code, joined.location) == (303, "/second-factor")
    assert stranger.get("/").location == "/second-factor"

    phone = Phone(secret_on(stranger), clock)
    assert stranger.post("/second-factor", {"code": phone.code()}).location == "/"
    assert "Patients" in stranger.text("/")
    assert "then Dana" in stranger.text("/roster?duty=nursing")
    account = dana_of(app)
    assert (account.role, account.display_name) == (Role.NURSE, "Dana")
    assert account.time_zone == "America/Los_Angeles"


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"code": "0000-0000-0000-0000"}, "code", "This code is not valid here."),
        ({"code": ""}, "code", "This is needed."),
        ({"email": "eve@example.org"}, "email", "This invitation is for another e-mail address."),
        ({"email": "dana"}, "email", "Not an e-mail address."),
        ({"password": "short", "again": "short"}, "password", "Needs 8 to 128 characters."),
        ({"password": "password1", "again": "password1"}, "password", "harder to guess"),
        ({"again": "something else"}, "again", "The two passwords are not the same."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_code_stays_good(
    stranger, code, app, changes, field, said
):
    answer = stranger.post("/join", form(code, **changes))

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in re.search(rf'id="{field}-error">([^<]*)', page)[1]
    assert PASSWORD not in page
    assert dana_of(app) is None
    assert stranger.post("/join", form(code)).status_code == 303


def test_a_patients_code_opens_nothing_here_and_stays_good(stranger, code, call, client):
    invitation = call("nora", "POST /invitations", {"role": "patient"}).json["code"]
    answer = stranger.post("/join", form(invitation))

    assert (answer.status_code, "not valid here" in readable(answer)) == (422, True)
    body = {"invitation_code": invitation, "email": "p@example.org", "password": PASSWORD,
            "display_name": "P", "time_zone": "UTC", "locale": "en"}  # fmt: skip
    assert client.post("/api/v1/auth/register", json=body).status_code == 201


def test_guessing_codes_has_to_wait_and_the_right_one_does_not(stranger, code, app):
    for _ in range(app.config["SIGN_INS_A_MINUTE"]):
        assert stranger.post("/join", form("0000-0000-0000-0000")).status_code == 422
    answer = stranger.post("/join", form("0000-0000-0000-0000"))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many attempts" in readable(answer)
    assert stranger.post("/join", form(code)).status_code == 303


def test_two_who_bring_one_code_get_one_account(stranger, code, app):
    assert stranger.post("/join", form(code)).status_code == 303
    again = Browser(app).post("/join", form(code))
    assert (again.status_code, "not valid here" in readable(again)) == (422, True)


def test_a_form_of_another_site_joins_nobody(stranger, code, app):
    answer = stranger.post("/join", form(code), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert dana_of(app) is None


def test_wrong_digits_and_an_old_key_are_said_so(stranger, code, clock):
    stranger.post("/join", form(code))
    wrong = stranger.post("/second-factor", {"code": "000000"})
    assert (wrong.status_code, "These six digits are not right." in readable(wrong)) == (422, True)
    phone = Phone(secret_on(stranger), clock)
    clock.pass_time(minutes=10)
    late = stranger.post("/second-factor", {"code": phone.code()})
    assert late.status_code == 409
    assert "Begin setting up the second factor again." in readable(late)
    assert stranger.post("/second-factor/begin").location.startswith("/step-up?")
    stranger.post("/step-up", {"password": PASSWORD})
    assert stranger.post("/second-factor/begin").status_code == 303
    assert secret_on(stranger) != phone.secret


def test_replacing_a_factor_signs_the_others_out(browse, can_sign_in, clock, app):
    can_sign_in("nora")
    nora, other = browse("nora"), browse("nora")
    assert "secret" not in nora.get("/second-factor").get_data(as_text=True)
    assert nora.post("/second-factor/begin").location == "/second-factor"
    phone = Phone(secret_on(nora), clock)
    assert other.get("/").status_code == 200

    assert nora.post("/second-factor", {"code": phone.code()}).status_code == 303
    assert nora.get("/").status_code == 200
    assert other.get("/").location.startswith("/sign-in")
    with app.app_context(), transaction() as session:
        account = session.scalar(sa.select(Account).where(Account.email_key == "nora@example.org"))
        assert account.totp_secret == phone.secret


def test_a_forgotten_factor_is_set_up_at_the_next_sign_in(
    stranger, can_sign_in, call, world, clock
):
    can_sign_in("nora")
    call("ada", f"POST /staff/{world['nora'].account_id}/second-factor/reset")
    signed_in = stranger.post("/sign-in", {"email": "nora@example.org", "password": PASSWORD})
    assert signed_in.location == "/second-factor"
    stranger.post("/second-factor/begin")
    code = pyotp.TOTP(secret_on(stranger)).at(int(clock.moment.timestamp()))
    assert stranger.post("/second-factor", {"code": code}).location == "/"


def test_devices_are_listed_and_one_is_signed_out(browse, world):
    nora, other = browse("nora"), browse("nora")
    shown = nora.get("/sessions").get_data(as_text=True)
    assert shown.count("This one") == 1
    assert shown.count("Dashboard in a browser") >= 2
    assert "The Waymark app" in shown
    ids = re.findall(r"/sessions/([0-9a-f-]{36})/end", shown)
    assert len(ids) == 3
    foreign = re.findall(r"/sessions/([0-9a-f-]{36})/end", browse("omar").get("/sessions").text)[0]
    assert nora.post(f"/sessions/{foreign}/end").status_code == 404

    assert nora.post("/sessions/end-others").status_code == 303
    assert len(re.findall(r"/sessions/[0-9a-f-]{36}/end", nora.get("/sessions").text)) == 1
    assert other.get("/").status_code == 303
    assert nora.get("/").status_code == 200


def test_ending_this_one_signs_out_here(browse):
    nora = browse("nora")
    other = browse("nora")
    [mine] = re.findall(
        r'This one.*?/sessions/([0-9a-f-]{36})/end', nora.get("/sessions").text, re.S
    )  # fmt: skip
    answer = nora.post(f"/sessions/{mine}/end")

    assert answer.location == "/sign-in?out=1"
    assert nora.get("/").status_code == 303
    assert other.get("/").status_code == 200


def test_a_dashboard_left_alone_is_no_device_one_is_signed_in_on(browse, clock):
    browse("nora")
    clock.pass_time(minutes=20)
    nora = browse("nora")
    assert (
        nora.get("/sessions").text.count("Dashboard in a browser</")
        + nora.get("/sessions").text.count("Dashboard in a browser <")
        == 1
    )
