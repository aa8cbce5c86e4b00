"""Ten codes on paper, for when the phone is lost."""

import sqlalchemy as sa

from service.accounts.session_models import RecoveryCode
from service.db import db
from tests.accounts.conftest import PASSWORD, slug

NORA = {"email": "nora@example.org", "password": PASSWORD}


def test_s23_each_of_ten_codes_signs_in_once_and_new_ones_replace_them(
    app, call, post, nora_can_sign_in, world, clock
):
    codes = call("nora", "POST /auth/recovery-codes").json["codes"]
    assert len(set(codes)) == 10

    typed = codes[0].lower().replace("-", " ")
    assert post("/auth/login", NORA | {"totp_code": typed}).status_code == 200
    assert post("/auth/login", NORA | {"totp_code": typed}).status_code == 401
    # Without the password a code opens nothing, and is not spent by trying.
    stranger = NORA | {"password": "guessing", "totp_code": codes[1]}
    assert post("/auth/login", stranger).status_code == 401
    clock.pass_time(minutes=1)
    assert post("/auth/login", NORA | {"totp_code": codes[1]}).status_code == 200

    newer = call("nora", "POST /auth/recovery-codes").json["codes"]
    assert post("/auth/login", NORA | {"totp_code": codes[2]}).status_code == 401
    clock.pass_time(minutes=1)
    assert post("/auth/login", NORA | {"totp_code": newer[2]}).status_code == 200
    with app.app_context(), db.engine.connect() as connection:
        kept = repr(connection.execute(sa.select(RecoveryCode.__table__)).all())
    assert not any(code.replace("-", "") in kept for code in newer)


def test_s27_a_lost_factor_is_taken_away_by_the_administrator_with_its_codes(
    app, call, post, nora_can_sign_in, world
):
    call("nora", "POST /auth/recovery-codes")
    there = f"/staff/{world['nora'].account_id}/second-factor/reset"
    assert call("nora", f"POST {there}").status_code == 403

    assert call("ada", f"POST {there}").status_code == 204

    token = post("/auth/login", NORA).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    made = call(None, "POST /auth/recovery-codes", headers=headers)
    assert (made.status_code, slug(made)) == (409, "no-factor")
    assert call(None, "GET /panel", headers=headers).status_code == 403
    with app.app_context(), db.engine.connect() as connection:
        assert connection.execute(sa.select(RecoveryCode.__table__)).all() == []


def test_recovery_codes_take_a_fresh_sign_in(call, nora_can_sign_in, clock):
    clock.pass_time(minutes=5)

    assert slug(call("nora", "POST /auth/recovery-codes")) == "step-up-needed"
