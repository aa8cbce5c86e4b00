"""Who gets in, who does not, and for how long."""

from datetime import timedelta

import pytest

from service.app import create_app
from service.config import Config
from service.db import db
from service.environment import BadConfig
from tests.accounts.conftest import PASSWORD
from tests.conftest import MASTER_KEYS, SECRET
from tests.dashboard.conftest import Browser, readable

WRONG = "The e-mail address, the password or the code is not right."


def sign_in(browser, email="nora@example.org", password=PASSWORD, code="", **form):
    return browser.post("/sign-in", {"email": email, "password": password, "code": code, **form})


def test_a_nurse_signs_in_with_password_and_code(stranger, can_sign_in):
    phone = can_sign_in("nora")
    answer = sign_in(stranger, code=phone.code())

    assert (answer.status_code, answer.location) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("waymark=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Patients" in stranger.text("/")


def test_whatever_is_wrong_the_answer_is_the_same(stranger, can_sign_in):
    phone = can_sign_in("nora")
    can_sign_in("ana", factor=False)
    answers = [
        sign_in(stranger, password="another one", code=phone.code()),
        sign_in(stranger, code="000000"),
        sign_in(stranger, code=""),
        sign_in(stranger, email="nobody@example.org", code=phone.code()),
        sign_in(stranger, email="ana@example.org", password="another one"),
        sign_in(stranger, email="", password=""),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert all(WRONG in readable(answer) for answer in answers)
    assert stranger.get("/").status_code == 303


def test_a_code_opens_the_door_once(stranger, can_sign_in, app):
    phone = can_sign_in("nora")

    assert sign_in(stranger, code=phone.code()).status_code == 303
    assert sign_in(Browser(app), code=phone.code()).status_code == 401


def test_too_many_attempts_have_to_wait(stranger, can_sign_in, app):
    phone = can_sign_in("nora")
    for _attempt in range(app.config["SIGN_INS_A_MINUTE"]):
        sign_in(stranger, password="a guess")
    answer = sign_in(stranger, code=phone.code())

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many attempts" in readable(answer)


def test_staff_without_a_second_factor_are_led_to_setting_one_up_and_see_nothing_else(
    stranger, can_sign_in, fever
):
    can_sign_in("nora", factor=False)
    answer = sign_in(stranger)

    assert (answer.status_code, answer.location) == (303, "/second-factor")
    for path in ("/", "/queues/nursing", f"/alerts/{fever}", "/staff", "/roster"):
        refused = stranger.get(path)
        assert (refused.status_code, refused.location) == (303, "/second-factor"), path
    shown = stranger.text("/second-factor")
    assert "Set up your second factor" in shown
    assert "Ana" not in shown
    assert "Nursing" not in shown


def test_a_patient_is_told_to_use_the_app(stranger, can_sign_in):
    can_sign_in("ana", factor=False)
    answer = sign_in(stranger, email="ana@example.org")

    assert answer.status_code == 403
    assert "Waymark app" in readable(answer)
    assert "Set-Cookie" not in answer.headers


def test_s21_who_was_signed_in_on_a_browser_gets_in_there_while_strangers_wait(
    app, stranger, can_sign_in, clock
):
    phone = can_sign_in("nora")
    sign_in(stranger, code=phone.code())
    stranger.post("/sign-out")
    clock.pass_time(days=1)
    for n in range(11):
        there = {"REMOTE_ADDR": f"198.51.100.{n}"}
        form = {"email": "nora@example.org", "password": "a guess"}
        refused = Browser(app).post("/sign-in", form, environ_overrides=there)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")

    assert sign_in(Browser(app), code=phone.code()).status_code == 429
    assert sign_in(stranger, code=phone.code()).status_code == 303


def test_s21_whoever_finds_a_browser_open_has_five_guesses_and_then_waits(browse, can_sign_in):
    can_sign_in("nora")
    nora = browse("nora")
    answers = [nora.post("/step-up", {"password": "a guess"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert answers[5].headers["Retry-After"] == "30"
    nora.post("/second-factor/begin")
    assert nora.post("/second-factor", {"code": "000000"}).status_code == 429


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("/queues/nursing", "/queues/nursing"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/\tevil", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_signing_in_she_is_where_she_wanted_to_be_and_never_elsewhere(
    stranger, can_sign_in, wanted, there
):
    answer = sign_in(stranger, code=can_sign_in("nora").code(), next=wanted)

    assert answer.location == there


def test_each_role_begins_where_its_work_is(app, can_sign_in):
    first = {
        name: sign_in(Browser(app), f"{name}@example.org", code=can_sign_in(name).code()).location
        for name in ("chaya", "cora", "ada")
    }

    assert first == {"chaya": "/", "cora": "/", "ada": "/queues/nursing"}


def test_a_page_asks_who_it_is_and_comes_back(stranger):
    answer = stranger.get("/queues/nursing?after=x")

    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=%2Fqueues%2Fnursing%3Fafter%3Dx"


def test_an_idle_quarter_of_an_hour_ends_the_session(browse, clock):
    nora = browse("nora")
    clock.pass_time(minutes=14)
    assert nora.get("/").status_code == 200
    clock.pass_time(minutes=14)
    assert nora.get("/").status_code == 200
    clock.pass_time(minutes=16)

    assert nora.get("/").status_code == 303


def test_a_site_says_how_long_a_dashboard_may_be_left_alone(app, browse, clock, monkeypatch):
    env = {"SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "DASHBOARD_IDLE_MINUTES": "5"}
    monkeypatch.setitem(app.config, "DASHBOARD_IDLE", Config.from_env(env).DASHBOARD_IDLE)
    nora = browse("nora")
    clock.pass_time(minutes=4)
    assert nora.get("/").status_code == 200
    clock.pass_time(minutes=6)
    assert nora.get("/").status_code == 303


def test_a_dashboard_that_is_idle_at_once_is_refused():
    with pytest.raises(BadConfig, match="DASHBOARD_IDLE_MINUTES"):
        Config.from_env(
            {"SECRET_KEY": SECRET, "MASTER_KEYS": MASTER_KEYS, "DASHBOARD_IDLE_MINUTES": "0"}
        )


def test_a_queue_that_refreshes_itself_keeps_nobody_signed_in(browse, clock):
    nora = browse("nora")
    for _round in range(3):
        clock.pass_time(minutes=6)
        answer = nora.get("/queues/nursing", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/sign-in")
    assert answer.data == b""


def test_after_twelve_hours_even_the_busy_sign_in_again(browse, clock, app):
    nora = browse("nora")
    for _round in range(12 * 6 - 1):
        clock.pass_time(minutes=10)
        assert nora.get("/").status_code == 200
    clock.pass_time(minutes=10)

    assert app.config["DASHBOARD_SESSION_LIFETIME"] == timedelta(hours=12)
    assert nora.get("/").status_code == 303


def test_what_she_has_written_is_not_lost_when_the_session_ends(browse, clock, fever):
    nora = browse("nora")
    clock.pass_time(minutes=20)
    answer = nora.post(f"/alerts/{fever}/close", {"action": "Told her to come <now>"})

    assert answer.status_code == 401
    assert "Told her to come <now>" in readable(answer)


def test_signing_out_ends_the_session_at_once(browse):
    nora = browse("nora")
    token = nora.client.get_cookie("waymark").value

    assert nora.post("/sign-out").status_code == 303
    nora.client.set_cookie("waymark", token)
    assert nora.get("/").status_code == 303


def test_a_token_of_the_app_is_no_cookie(stranger, world):
    token = world["nora"].headers["Authorization"].removeprefix("Bearer ")
    stranger.client.set_cookie("waymark", token)

    assert stranger.get("/").status_code == 303


def test_with_tls_the_cookie_travels_over_tls_alone(database_url, app, can_sign_in, clock):
    phone = can_sign_in("nora")
    config = Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=database_url)
    strict = create_app(config, clock)
    strict.extensions["passwords"] = app.extensions["passwords"]
    answer = sign_in(Browser(strict), code=phone.code())
    with strict.app_context():
        db.engine.dispose()

    name, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("__Host-waymark=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)
