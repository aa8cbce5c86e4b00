"""Inviting somebody, and coming in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.accounts.models import Account, Grant, Invitation, Patient, Role
from service.accounts.tokens import sha256_of
from service.db import transaction
from service.panel.models import PatientSummary
from tests.accounts.conftest import PASSWORD, bearer, newcomer, slug


def test_an_invited_patient_joins_the_clinic_and_is_signed_in(app, call, post, client, world):
    invitation = call("nora", "POST /invitations", {"role": "patient", "display_name": "Dana"})
    assert invitation.status_code == 201
    assert set(invitation.json) == {"code", "url", "expires_at"}

    answer = post("/auth/register", newcomer(invitation_code=invitation.json["code"]))

    assert answer.status_code == 201
    account = answer.json["account"]
    assert (account["role"], account["display_name"]) == ("patient", "Dana")
    assert account["clinic"]["id"] == str(world.clinic_id)
    assert answer.json["expires_in"] == 600
    me = client.get("/api/v1/me", headers=bearer(answer.json["access_token"]))
    assert me.json == account
    assert (
        post("/auth/login", {"email": "dana@example.org", "password": PASSWORD}).status_code == 200
    )
    with app.app_context(), transaction() as session:
        patient = session.get_one(Patient, UUID(account["patient_id"]))
        assert patient.clinic_id == world.clinic_id
        assert session.get_one(PatientSummary, patient.id).name_key == "dana"


def test_family_sees_what_the_patient_chose(app, call, post, world):
    body = {"role": "caregiver", "topics": ["calendar", "treatments"]}
    code = call("ana", "POST /invitations", body).json["code"]

    answer = post("/auth/register", newcomer(invitation_code=code))

    assert answer.status_code == 201
    assert answer.json["account"]["role"] == "caregiver"
    assert answer.json["account"]["patient_id"] is None
    assert answer.json["account"]["clinic"]["id"] == str(world.clinic_id)
    with app.app_context(), transaction() as session:
        grant = session.scalars(sa.select(Grant)).one()
        assert grant.patient_id == world["ana"].patient_id
        assert grant.account_id == UUID(answer.json["account"]["id"])
        assert grant.topics == ["calendar", "treatments"]


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("nora", {"role": "patient"}, 201),
        ("cora", {"role": "patient"}, 201),
        ("ana", {"role": "caregiver"}, 201),
        ("ana", {"role": "patient"}, 403),
        ("nora", {"role": "caregiver"}, 403),  # only the patient lets her family in
        ("hugo", {"role": "caregiver"}, 403),
        ("eva", {"role": "patient"}, 403),
        ("nora", {"role": "nurse"}, 422),
        ("nora", {"role": "patient", "topics": ["calendar"]}, 422),
        ("ana", {"role": "caregiver", "topics": ["everything"]}, 422),
        ("ana", {"role": "caregiver", "email": "not an address"}, 422),
        ("nora", {}, 422),
    ],
)
def test_staff_invite_patients_and_patients_their_family(call, who, body, status):
    assert call(who, "POST /invitations", body).status_code == status


def test_only_a_hash_of_the_code_is_kept(app, call):
    code = call("nora", "POST /invitations", {"role": "patient"}).json["code"].replace("-", "")

    with app.app_context(), transaction() as session:
        kept = session.scalars(sa.select(Invitation)).one()
        assert kept.code_sha256 == sha256_of(code)


def test_the_same_invitation_asked_for_twice_is_one(app, call):
    body = {"role": "patient", "email": "dana@example.org"}
    headers = {"Idempotency-Key": "7f0c"}

    first = call("nora", "POST /invitations", body, headers=headers)
    again = call("nora", "POST /invitations", body, headers=headers)
    other = call("nora", "POST /invitations", {"role": "patient"}, headers=headers)
    omars = call("omar", "POST /invitations", body, headers=headers)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert other.status_code == 409
    assert omars.json["code"] != first.json["code"]
    with app.app_context(), transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 2


def test_a_code_may_be_typed_from_a_letter(post, invited):
    code = invited()

    answer = post("/auth/register", newcomer(invitation_code=f" {code[:8].lower()} - {code[8:]}"))

    assert answer.status_code == 201


def test_an_invitation_made_out_to_an_address_is_good_for_no_other(app, post, invited):
    code = invited(email="Dana@Example.org")

    refused = post("/auth/register", newcomer(invitation_code=code, email="eve@example.org"))

    assert refused.status_code == 422
    assert slug(refused) == "invitation-email"
    accepted = post("/auth/register", newcomer(invitation_code=code, email="dana@EXAMPLE.org"))
    assert accepted.status_code == 201


@pytest.mark.parametrize("code", ["ABCD-EFGH-JKMN-PQRS", "x", "é", "' OR 1=1 --"])
def test_an_unknown_code_lets_nobody_in(post, world, code):
    answer = post("/auth/register", newcomer(invitation_code=code))

    assert answer.status_code == 422
    assert slug(answer) == "invitation-invalid"


def test_a_code_is_good_once(post, invited):
    code = invited()
    assert post("/auth/register", newcomer(invitation_code=code)).status_code == 201

    again = post("/auth/register", newcomer(invitation_code=code, email="eve@example.org"))

    assert slug(again) == "invitation-invalid"


def test_a_code_runs_out_after_a_fortnight(post, invited, clock):
    code = invited()
    clock.pass_time(days=14)

    assert slug(post("/auth/register", newcomer(invitation_code=code))) == "invitation-invalid"


def test_two_who_bring_one_code_at_once_are_not_both_let_in(app, invited, cheap_passwords):
    code = invited()

    def send(n):
        body = newcomer(invitation_code=code, email=f"dana{n}@example.org")
        return app.test_client().post("/api/v1/auth/register", json=body).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(send, range(4)))

    assert statuses == [201, 422, 422, 422]
    with app.app_context(), transaction() as session:
        danas = sa.select(sa.func.count()).where(PatientSummary.name_key == "dana")
        assert session.scalar(danas) == 1


def test_two_codes_for_one_address_at_once_make_one_account(app, invited, cheap_passwords):
    codes = [invited(), invited()]

    def send(code):
        body = newcomer(invitation_code=code)
        return app.test_client().post("/api/v1/auth/register", json=body).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, codes)) == [201, 422]


def test_an_address_in_use_is_told_only_to_who_holds_a_code(app, post, invited):
    code = invited()
    taken = newcomer(email="ana@example.org")

    with_code = post("/auth/register", taken | {"invitation_code": code})
    without = post("/auth/register", taken)
    with_a_guess = post("/auth/register", taken | {"invitation_code": "ABCD"})

    assert (with_code.status_code, slug(with_code)) == (422, "email-unavailable")
    assert slug(without) == slug(post("/auth/register", newcomer())) == "invitation-needed"
    assert slug(with_a_guess) == "invitation-invalid"
    # Nothing came of it, so the code is still good.
    assert post("/auth/register", newcomer(invitation_code=code)).status_code == 201


def test_where_the_site_allows_it_nobody_needs_a_code(app, post, world):
    app.config["SELF_REGISTRATION"] = True
    try:
        of_several = post("/auth/register", newcomer())
        with app.app_context(), transaction() as session:
            _leave_one_clinic(session, world)
        of_one = post("/auth/register", newcomer())
    finally:
        app.config["SELF_REGISTRATION"] = False

    # Nobody could tell which clinic she means.
    assert slug(of_several) == "invitation-needed"
    assert of_one.status_code == 201
    assert of_one.json["account"]["clinic"]["id"] == str(world.clinic_id)


def test_guessing_codes_is_counted_and_a_valid_one_is_not(post, invited):
    valid = [invited() for _ in range(2)]
    for _ in range(20):
        assert post("/auth/register", newcomer(invitation_code="ABCD")).status_code == 422

    assert post("/auth/register", newcomer(invitation_code="ABCD")).status_code == 429
    assert post("/auth/register", newcomer()).status_code == 429
    for n, code in enumerate(valid):
        body = newcomer(invitation_code=code, email=f"{n}@example.org")
        assert post("/auth/register", body).status_code == 201


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "dana"}, "/email"),
        ({"email": "dana@example"}, "/email"),
        ({"email": "dana@example.org\r\nBcc: eve@example.org"}, "/email"),
        ({"email": "d" * 250 + "@example.org"}, "/email"),
        ({"email": "\u0130" * 125 + "@example.org"}, "/email"),  # longer once compared
        ({"email": ["dana@example.org"]}, "/email"),
        ({"password": "seven77"}, "/password"),
        ({"password": "x" * 129}, "/password"),
        ({"password": "x" * 100_000}, "/password"),
        ({"password": " " * 12}, "/password"),
        ({"password": "a long walk\x00 by"}, "/password"),
        ({"password": 12345678}, "/password"),
        ({"password": None}, "/password"),
        ({"display_name": "   "}, "/display_name"),
        ({"display_name": "D" * 201}, "/display_name"),
        ({"display_name": "Da\x00na"}, "/display_name"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": "../../etc/passwd"}, "/time_zone"),
        ({"locale": "english please"}, "/locale"),
        ({"role": "nurse"}, "/role"),
    ],
)
def test_bad_input_is_pointed_at_and_never_repeated(post, invited, changes, pointer):
    answer = post("/auth/register", newcomer(invitation_code=invited(), **changes))

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert PASSWORD not in answer.text
    assert str(next(iter(changes.values()))) not in answer.text or changes == {"password": None}


def test_a_password_that_is_easy_to_guess_is_refused_and_not_repeated(post, invited):
    code = invited()

    answer = post("/auth/register", newcomer(invitation_code=code, password="Waymark20262027!"))

    assert (answer.status_code, slug(answer)) == (422, "password-too-common")
    assert answer.json["errors"][0]["pointer"] == "/password"
    assert "Waymark20262027!" not in answer.text
    assert code not in answer.text


@pytest.mark.parametrize(
    "password",
    [
        " x y z w q  x y ",
        "🌊🌊🏔️🌲🦊🌧️🕯️📚🐚🪁🍂🫖",
        "é" * 5 + "öüäßçøåæñ ẞ",
        "vogelflug linie " * 4 + "7",
    ],
)
def test_any_characters_make_a_password(post, invited, password):
    assert (
        post("/auth/register", newcomer(invitation_code=invited(), password=password)).status_code
        == 201
    )

    assert (
        post("/auth/login", {"email": "dana@example.org", "password": password}).status_code == 200
    )


def test_a_password_is_the_same_however_a_keyboard_composes_it(post, invited):
    body = newcomer(invitation_code=invited(), password="caf\u00e9 in the rain")
    assert post("/auth/register", body).status_code == 201

    decomposed = {"email": "dana@example.org", "password": "cafe\u0301 in the rain"}
    assert post("/auth/login", decomposed).status_code == 200


def test_a_failed_registration_leaves_nothing(app, post, invited):
    post("/auth/register", newcomer(invitation_code=invited(), email="ana@example.org"))

    with app.app_context(), transaction() as session:
        assert session.scalar(sa.select(Account).where(Account.display_name == "Dana")) is None
        assert session.scalars(sa.select(Invitation)).one().used_at is None


def test_the_world_has_no_role_a_code_could_raise(call):
    for role in sorted(set(Role) - {Role.PATIENT, Role.CAREGIVER}):
        assert call("ada", "POST /invitations", {"role": role.value}).status_code == 422


def test_an_invitation_says_until_when_it_is_good(call, clock):
    answer = call("nora", "POST /invitations", {"role": "patient"})

    until = clock.now() + timedelta(days=14)
    assert answer.json["expires_at"] == f"{until:%Y-%m-%dT%H:%M:%SZ}"
    assert answer.json["url"].endswith("/register#" + answer.json["code"].replace("-", ""))


def _leave_one_clinic(session, world):
    from service.accounts.models import Clinic
    from service.accounts.session_models import DeviceSession

    gone = sa.select(Account.id).where(Account.clinic_id == world.other_clinic_id)
    session.execute(sa.delete(DeviceSession).where(DeviceSession.account_id.in_(gone)))
    session.execute(
        sa.delete(PatientSummary).where(PatientSummary.clinic_id == world.other_clinic_id)
    )
    session.execute(sa.delete(Patient).where(Patient.clinic_id == world.other_clinic_id))
    session.execute(sa.delete(Account).where(Account.clinic_id == world.other_clinic_id))
    session.execute(sa.delete(Clinic).where(Clinic.id == world.other_clinic_id))
