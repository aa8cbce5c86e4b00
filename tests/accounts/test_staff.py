"""Staff: invited, changed, signed out and let go by an administrator; never by password."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts import staff_actions
from service.accounts.models import Account, Role, RosterEntry
from service.accounts.session_models import DeviceSession
from service.db import db, transaction
from tests.accounts.conftest import PASSWORD, bearer, newcomer, slug
from tests.conftest import _add

DANA = {"email": "dana@example.org", "display_name": "Dana", "role": "nurse"}


@pytest.fixture
def hire(call, post):
    """Invite Dana as the administrator and register her; return what her phone holds."""

    def hire(**changes):
        code = call("ada", "POST /staff", {**DANA, **changes}).json["code"]
        answer = post("/auth/register", newcomer(invitation_code=code))
        assert answer.status_code == 201, answer.json
        return answer.json

    return hire


@pytest.fixture
def second_administrator(app, world, clock):
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "abe", Role.ADMINISTRATOR, world.clinic_id)


def test_an_invitation_lets_one_person_in_and_onto_the_rosters(call, hire, app, world):
    hire(duties=["nursing", "supervisor"])

    [dana] = [
        one for one in call("ada", "GET /staff").json["items"] if one["display_name"] == "Dana"
    ]
    assert (dana["role"], dana["duties_today"]) == ("nurse", ["nursing", "supervisor"])
    assert (dana["email"], dana["second_factor"]) == ("dana@example.org", False)
    nursing = call("ada", "GET /rosters?duty=nursing").json["items"]
    assert [row["account_id"] for row in nursing][-1] == dana["id"]
    assert [row["position"] for row in nursing] == [0, 1, 2]


def test_a_new_member_sees_no_patient_before_a_second_factor_is_set_up(hire, client):
    headers = bearer(hire()["access_token"])

    assert client.get("/api/v1/me", headers=headers).json["role"] == "nurse"
    for path in ("/panel", "/alerts", "/staff", "/rosters"):
        answer = client.get(f"/api/v1{path}", headers=headers)
        assert (answer.status_code, slug(answer)) == (403, "second-factor-needed"), path


def test_the_code_is_good_once_for_its_address_alone_and_for_a_time(call, post, clock):
    code = call("ada", "POST /staff", DANA).json["code"]
    other = post("/auth/register", newcomer(invitation_code=code, email="eve@example.org"))
    assert (other.status_code, slug(other)) == (422, "invitation-email")
    assert post("/auth/register", newcomer(invitation_code=code)).status_code == 201
    again = post("/auth/register", newcomer(invitation_code=code, email="dana2@example.org"))
    assert slug(again) == "invitation-invalid"
    late = call("ada", "POST /staff", {**DANA, "email": "eli@example.org"}).json["code"]
    clock.pass_time(days=15)
    answer = post("/auth/register", newcomer(invitation_code=late, email="eli@example.org"))
    assert slug(answer) == "invitation-invalid"


def test_the_answer_names_the_page_to_join_and_is_the_same_for_the_same_key(call):
    headers = {"Idempotency-Key": "one"}
    first = call("ada", "POST /staff", DANA, headers=headers)
    second = call("ada", "POST /staff", DANA, headers=headers)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert "/join#" in first.json["url"]
    other = call("ada", "POST /staff", {**DANA, "duties": ["nursing"]}, headers=headers)
    assert (other.status_code, slug(other)) == (409, "id-conflict")


def test_a_role_is_not_put_on_a_roster_it_does_not_answer_for(call):
    answer = call("ada", "POST /staff", {**DANA, "duties": ["nursing", "chaplaincy"]})

    assert (answer.status_code, slug(answer)) == (422, "roster-unusable")
    assert answer.json["errors"] == [
        {"pointer": "/duties", "detail": "This role does not answer for: chaplaincy."}
    ]


@pytest.mark.parametrize("role", ["patient", "caregiver", "king"])
def test_only_staff_are_invited_as_staff(call, role):
    assert call("ada", "POST /staff", {**DANA, "role": role}).status_code == 422


def test_an_address_is_shown_to_administrators_alone(call):
    for name in ("nora", "eva", "per"):
        items = call(name, "GET /staff").json["items"]
        assert len(items) == 8
        assert not any("email" in one or "second_factor" in one for one in items)


def test_staff_are_listed_by_name_a_page_at_a_time_and_no_patient_among_them(call):
    seen, cursor = [], ""
    while cursor is not None:
        page = call("nora", f"GET /staff?limit=3{cursor and f'&cursor={cursor}'}").json
        seen += [one["display_name"] for one in page["items"]]
        cursor = page["next_cursor"]

    assert seen == ["Ada", "Chaya", "Cora", "Eva", "Nora", "Omar", "Per", "Sol"]


def test_another_clinics_staff_are_nobody(call, world):
    olga = world["olga"].account_id
    for what, body in (
        (f"GET /staff/{olga}", None), (f"PATCH /staff/{olga}", {"disabled": True}),
        (f"POST /staff/{olga}/sign-out", {}), (f"POST /staff/{olga}/second-factor/reset", {}),
        (f"GET /staff/{world['ana'].account_id}", None), (f"GET /staff/{uuid4()}", None),
        (f"PATCH /staff/{world['hugo'].account_id}", {"disabled": True}),
    ):  # fmt: skip
        assert call("ada", what, body).status_code == 404, what


def test_who_has_left_is_cut_off_at_once_and_no_longer_on_duty(call, world, app):
    nora = world["nora"].account_id
    answer = call("ada", f"PATCH /staff/{nora}", {"disabled": True})

    assert (answer.json["disabled"], answer.json["duties_today"]) == (True, [])
    assert call("nora", "GET /me").status_code == 401
    with app.app_context(), transaction() as session:
        ended = session.scalars(
            sa.select(DeviceSession.revoked_because).where(DeviceSession.account_id == nora)
        ).all()
    assert set(ended) == {"disabled"}
    on_duty = call("ada", "GET /rosters?duty=nursing").json["on_duty_now"]["nursing"]
    assert on_duty == [str(world["omar"].account_id)]


def test_who_comes_back_signs_in_anew_and_has_her_shifts(call, world):
    nora = world["nora"].account_id
    call("ada", f"PATCH /staff/{nora}", {"disabled": True})
    call("ada", f"PATCH /staff/{nora}", {"disabled": False})

    assert call("nora", "GET /me").status_code == 401
    on_duty = call("ada", "GET /rosters?duty=nursing").json["on_duty_now"]["nursing"]
    assert on_duty == [str(world["nora"].account_id), str(world["omar"].account_id)]


def test_another_role_takes_her_off_the_rosters_it_does_not_answer_for(call, world):
    omar = world["omar"].account_id
    call("ada", "POST /rosters", {"duty": "supervisor", "account_id": str(omar)})
    answer = call("ada", f"PATCH /staff/{omar}", {"role": "editor", "display_name": "Omar H."})

    assert answer.json["duties_today"] == ["supervisor"]
    assert (answer.json["role"], answer.json["display_name"]) == ("editor", "Omar H.")
    [nora] = call("ada", "GET /rosters?duty=nursing").json["items"]
    assert (nora["account_id"], nora["position"]) == (str(world["nora"].account_id), 0)
    assert call("omar", "GET /panel").status_code == 403


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "nurse"}])
def test_a_clinic_keeps_an_administrator(call, world, change):
    answer = call("ada", f"PATCH /staff/{world['ada'].account_id}", change)

    assert (answer.status_code, slug(answer)) == (409, "last-administrator")
    assert call("ada", f"GET /staff/{world['ada'].account_id}").json["role"] == "administrator"


def test_with_another_administrator_one_may_go(call, world, second_administrator):
    assert (
        call("ada", f"PATCH /staff/{world['ada'].account_id}", {"role": "nurse"}).status_code == 200
    )
    assert call("ada", "POST /staff", DANA).status_code == 403


def test_of_two_administrators_who_let_each_other_go_at_once_one_stays(
    app, world, clock, second_administrator
):
    begin = threading.Barrier(2)
    refused = []

    def let_go(name):
        with app.app_context():
            begin.wait()
            try:
                with transaction() as session:
                    staff_actions.change_staff(
                        session, world.clinic_id, world[name].account_id, {"disabled": True},
                        now=clock.now(),
                    )  # fmt: skip
            except staff_actions.LastAdministrator:
                refused.append(name)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=let_go, args=(name,)) for name in ("ada", "abe")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1


def test_signing_somebody_out_leaves_the_others(call, world):
    assert call("ada", f"POST /staff/{world['nora'].account_id}/sign-out").status_code == 204

    assert call("nora", "GET /me").status_code == 401
    assert call("omar", "GET /me").status_code == 200


def test_a_lost_second_factor_is_taken_away_and_set_up_anew(call, post, world, nora_can_sign_in):
    nora = world["nora"].account_id
    assert call("ada", f"POST /staff/{nora}/second-factor/reset").status_code == 204

    assert call("nora", "GET /me").status_code == 401
    tokens = post("/auth/login", {"email": "nora@example.org", "password": PASSWORD}).json
    headers = bearer(tokens["access_token"])
    refused = call(None, "GET /panel", headers=headers)
    assert slug(refused) == "second-factor-needed"
    assert call(None, "POST /auth/totp", {}, headers=headers).status_code == 200
    assert call("ada", f"GET /staff/{nora}").json["second_factor"] is False


def test_nobody_takes_her_own_second_factor_away_without_her_password(call, world):
    answer = call("ada", f"POST /staff/{world['ada'].account_id}/second-factor/reset")

    assert answer.status_code == 403
    assert call("ada", "GET /panel").json["type"].endswith("not-allowed")


def test_only_an_administrator_changes_anything(call, world):
    nora = world["nora"].account_id
    for name in ("nora", "omar", "eva", "per"):
        assert call(name, "POST /staff", DANA).status_code == 403
        assert call(name, f"PATCH /staff/{nora}", {"display_name": "N"}).status_code == 403
        assert call(name, f"POST /staff/{nora}/sign-out").status_code == 403


def test_a_list_of_staff_costs_the_same_however_many_patients_there_are(
    call, app, world, clock, counted
):
    few = counted(lambda: call("nora", "GET /staff"))
    with app.app_context(), transaction() as session:
        for number in range(30):
            _add(app, session, clock, world, f"p{number}", Role.PATIENT, world.clinic_id)
        for number in range(20):
            _add(app, session, clock, world, f"n{number}", Role.NURSE, world.clinic_id)
            session.add(
                RosterEntry(
                    clinic_id=world.clinic_id, duty="nursing", position=number + 2,
                    account_id=world[f"n{number}"].account_id,
                )
            )  # fmt: skip
    assert counted(lambda: call("nora", "GET /staff")) == few


def test_away_until_is_said_while_it_lasts(call, world, clock):
    back = clock.now() + timedelta(days=2)
    body = {
        "account_id": str(world["nora"].account_id), "starts_at": clock.now().isoformat(),
        "ends_at": back.isoformat(),
    }  # fmt: skip
    assert call("ada", "POST /absences", body).status_code == 201
    path = f"GET /staff/{world['nora'].account_id}"

    assert call("sol", path).json["away_until"] == "2026-03-04T17:00:00Z"
    clock.pass_time(days=3)
    assert call("sol", path).json["away_until"] is None


def test_a_code_for_staff_makes_no_patient(hire, app):
    hire()
    with app.app_context(), transaction() as session:
        account = session.scalar(sa.select(Account).where(Account.email_key == "dana@example.org"))
        assert account.role is Role.NURSE
        patients = session.scalar(sa.text("SELECT count(*) FROM patients"))
    assert patients == 2
