"""Whether somebody has an account, or there is a patient, is no secret of the clock's either.

What takes time is counted: every statement the database is asked, by its text, and every hash
worked out.  Where both are the same for a person who is there and for one who is not, so is the
time it takes, on any machine.
"""

from typing import Any
from uuid import uuid4

import pyotp
import pytest
import sqlalchemy as sa

from service.accounts.passwords import Passwords
from service.db import db
from tests.accounts.conftest import (
    PASSWORD,
    ana_can_sign_in,
    cheap_passwords,
    newcomer,
    nora_can_sign_in,
    post,
)
from tests.test_access_matrix import about_a_patient, crowd, knock
from tests.test_bad_input import ids

__all__ = [
    "ana_can_sign_in",
    "cheap_passwords",
    "crowd",
    "ids",
    "knock",
    "nora_can_sign_in",
    "post",
]


class CountedPasswords(Passwords):
    """Passwords that tell how many hashes they have worked out."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_kib=64)
        self.hashes = 0

    def hash(self, password: str) -> str:
        self.hashes += 1
        return super().hash(password)

    def is_right(self, kept: str | None, password: str) -> bool:
        self.hashes += 1
        return super().is_right(kept, password)


@pytest.fixture
def work(app: Any, world: Any) -> Any:
    """Return what a request was answered, and all that was done for it."""
    passwords = CountedPasswords()

    def work(ask: Any) -> Any:
        app.extensions["passwords"] = passwords
        asked: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            asked.append(statement)

        with app.app_context():
            engine = db.engine
        before = passwords.hashes
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            answer = ask()
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
        said = (answer.json or {}) if answer.is_json or "problem" in answer.content_type else {}
        said = {name: value for name, value in said.items() if name != "instance"}
        return answer.status_code, said, passwords.hashes - before, *asked

    return work


def login(post, email, **more):
    body = {"email": email, "password": "guessing", **more}
    return lambda: post("/auth/login", body)


def test_s22_signing_in_is_the_same_work_whoever_is_there(
    post, work, ana_can_sign_in, nora_can_sign_in
):
    right, code = {"password": PASSWORD}, nora_can_sign_in.code()
    wrong = pyotp.TOTP(pyotp.random_base32()).at(0)
    nobody = [
        work(login(post, f"nobody{n}@example.org", **body))
        for n, body in enumerate(({}, {"totp_code": code}, right | {"totp_code": wrong}))
    ]
    assert nobody[0] == nobody[1] == nobody[2]
    assert nobody[0][0] == 401
    assert nobody[0][2] == 1
    for somebody in (
        login(post, "ana@example.org"), login(post, "nora@example.org"),
        login(post, "nora@example.org", totp_code=wrong),
        login(post, "nora@example.org", password=PASSWORD),
        login(post, "nora@example.org", password=PASSWORD, totp_code=wrong),
    ):  # fmt: skip
        assert work(somebody) == nobody[0]


def test_s22_asking_for_a_new_password_is_the_same_work(post, work, world):
    nobody, ana, nora = (
        work(lambda name=name: post("/auth/password/forgot", {"email": f"{name}@example.org"}))
        for name in ("nobody", "ana", "nora")
    )
    assert nobody == ana == nora
    assert (nobody[0], nobody[2]) == (202, 1)


def test_s22_asking_for_a_link_is_the_same_work(post, work, world):
    def ask(name):
        status, said, *rest = work(
            lambda: post("/auth/login/link", {"email": f"{name}@example.org"})
        )
        return status, sorted(said), *rest

    nobody = ask("nobody")
    assert nobody == ask("ana") == ask("nora")
    assert (nobody[0], nobody[2]) == (202, 1)


def test_s22_a_wrong_code_of_a_link_is_the_same_work_whoever_it_is_for(
    post, work, ana_can_sign_in, nora_can_sign_in
):
    def guess(name):
        asked = post("/auth/login/link", {"email": f"{name}@example.org"}).json
        body = {"request": asked["request"], "code": "0000-0000"}
        return work(lambda: post("/auth/login/link/redeem", body))

    nobody = guess("nobody")
    assert nobody == guess("ana") == guess("nora")
    assert nobody[0] == 401


def test_s22_asking_for_another_address_is_the_same_work_whose_ever_it_is(call, work, world):
    def ask(name):
        status, said, *rest = work(
            lambda: call("ana", "POST /auth/address", {"email": f"{name}@example.org"})
        )
        return status, sorted(said), *rest

    ask("first")  # one that is there to be taken back, as for those that follow
    assert ask("nobody") == ask("ben") == ask("olga")


def test_s22_codes_and_invitations_nobody_has_are_the_same_work_for_every_address(
    post, work, world
):
    def register(email):
        return lambda: post(
            "/auth/register",
            newcomer(email=email, invitation_code="nobody-was-invited"),
        )

    def reset(code):
        return lambda: post("/auth/password/reset", {"code": code, "password": PASSWORD})

    first = work(register("nobody@example.org"))
    assert work(register("ana@example.org")) == work(register("ben@example.org")) == first
    assert (first[0], first[2]) == (422, 0)
    assert work(reset("nobody-asked")) == work(reset("nobody-asked-either"))


def test_s22_inviting_is_the_same_work_whether_or_not_she_has_an_account(call, work, world):
    def invite(email):
        answer = work(
            lambda: call("nora", "POST /invitations", {"role": "patient", "email": email})
        )
        return answer[0], answer[2:]

    assert invite("nobody@example.org") == invite("ana@example.org") == invite("ben@example.org")


@pytest.mark.parametrize("what", ["GET", "PATCH", "POST sign-out", "POST second-factor/reset"])
def test_s22_looking_for_a_colleague_of_another_clinic_is_the_same_work_as_for_nobody(
    call, work, world, what
):
    method, _, more = what.partition(" ")

    def look(id):
        path = f"{method} /staff/{id}" + (f"/{more}" if more else "")
        return work(lambda: call("ada", path, {"display_name": "X"} if method == "PATCH" else None))

    olga, nobody = look(world["olga"].account_id), look(uuid4())
    assert olga == nobody
    assert nobody[0] == 404


@pytest.mark.parametrize("who", ["nora", "ana", "hugo"])
def test_s03_what_is_anothers_is_the_same_work_as_what_is_not_there(app, crowd, knock, work, who):
    looked_at = 0
    for route in about_a_patient(app):
        bens = work(lambda route=route: knock(route, who, crowd["ben"].patient_id))
        nobodys = work(lambda route=route: knock(route, who, uuid4()))
        assert bens == nobodys, str(route)
        looked_at += bens[0] in {403, 404}
    assert looked_at > 50


def test_s03_an_alert_of_another_clinic_is_the_same_work_as_none(call, corners, work):
    _hers, his = corners
    for what in ("GET /alerts/{}", "POST /alerts/{}/acknowledge"):
        body = None if what.startswith("GET") else {}
        bens, nobodys = (
            work(lambda what=what, id=id, body=body: call("nora", what.format(id), body))
            for id in (his.ids["alert"], uuid4())
        )
        assert bens == nobodys, what
        assert nobodys[0] == 404
