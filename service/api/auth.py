"""Coming in, signing in, staying signed in.  Passwords are hashed outside any transaction."""

from typing import Any
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy.orm import Session

from service.accounts import queries, registering, wiping
from service.accounts import session_actions as actions
from service.accounts import sign_in_actions as signing_in
from service.accounts.access import Do, Topic
from service.accounts.account_queries import profile_of
from service.accounts.credential_actions import check_password
from service.accounts.known_devices import KNOWN, KNOWN_FOR
from service.accounts.models import STAFF, Role
from service.accounts.schemas import LoginIn, RefreshIn, RegisteredOut, RegisterIn, TokensOut
from service.accounts.session_models import DeviceSession
from service.accounts.tokens import lifetime_seconds
from service.api.attempts import (
    check_rate,
    device_named,
    guess_from_here,
    most_a_minute,
    passwords,
)
from service.api.call import Call, allow, log_marks, public
from service.api.contract import IDEMPOTENCY_KEY
from service.api.problems import ApiBlueprint
from service.audit.actions import log_sign_in
from service.db import transaction
from service.errors import NotSignedIn
from service.notify.ways_in import tell_of_new_device
from service.notify.webhooks.event_types import JOINED
from service.notify.webhooks.happenings import happened
from service.panel.actions import open_summary

blp = ApiBlueprint("auth", __name__, description="Signing in")


@blp.route("/auth/register", methods=["POST"])
@public
@blp.arguments(RegisterIn)
@blp.response(201, RegisteredOut)
def register(body: dict[str, Any]) -> Any:
    """Register, most often with the code of an invitation.

    A patient joins the clinic that invited her; a member of a patient's family sees what the
    patient chose.  Answers 422 `invitation-invalid`, `invitation-email` or `invitation-needed`
    if the code does not let this person in.
    """
    code = body.pop("invitation_code")
    role, clinic_name = _invited(code)
    check_password(
        body["password"], email=body["email"], is_staff=role in STAFF,
        names=(body["display_name"], clinic_name),
    )  # fmt: skip
    newcomer = registering.Newcomer(password_hash=passwords().hash(body.pop("password")), **body)
    with transaction() as session:
        account, patient = registering.register(
            session, newcomer, invitation_code=code, now=g.now,
            asks_before_sharing=current_app.config["ASK_BEFORE_SHARING"],
        )  # fmt: skip
        if patient is not None:
            happened(session, JOINED, clinic_id=patient.clinic_id, patient_id=patient.id, now=g.now)
            open_summary(
                session, patient_id=patient.id, clinic_id=patient.clinic_id,
                name=patient.display_name, is_shared=patient.is_shared, now=g.now,
            )  # fmt: skip
        device = open_app_session(session, account.id, None)
        tokens = tokens_of(device, actions.issue_refresh_token(session, device, now=g.now))
        return {"account": profile_of(session, account.id), **tokens}


@blp.route("/auth/login", methods=["POST"])
@public
@blp.arguments(LoginIn)
@blp.response(200, TokensOut)
def sign_in(body: dict[str, Any]) -> Any:
    """Sign in on a device.

    Address, password or code wrong, or none of them known: the same 401 `sign-in-failed`, after
    the same time.  After ten mistakes an account waits, longer after each: 429 `too-many`.  A
    device that brings the `known_device` it was given waits for its own mistakes alone.
    """
    with transaction() as session:
        attempt = signing_in.begin_sign_in(
            session, email=body["email"], address=request.remote_addr,
            known=device_named(body["known_device"]),
            most=most_a_minute(), now=g.now,
        )  # fmt: skip
    check_rate(attempt.tried)
    is_right = passwords().is_right(attempt.password_hash, body["password"])
    new_hash = passwords().renewed(attempt.password_hash, body["password"]) if is_right else None
    with transaction() as session:
        account = signing_in.finish_sign_in(
            session, attempt, is_right=is_right, totp_code=body["totp_code"],
            new_hash=new_hash, now=g.now,
        )  # fmt: skip
        log_sign_in(session, body["email"], is_in=account is not None, **log_marks())
        if account is not None:
            device = open_app_session(session, account.id, body["device_name"])
            tell_of_new_device(session, account, device, now=g.now)
            return tokens_of(device, actions.issue_refresh_token(session, device, now=g.now))
    # Raised out here: what was counted stays counted.
    raise signing_in.SignInFailed


@blp.route("/auth/refresh", methods=["POST"])
@public
@blp.doc(parameters=[IDEMPOTENCY_KEY])
@blp.arguments(RefreshIn)
@blp.response(200, TokensOut)
def refresh(body: dict[str, Any]) -> Any:
    """Exchange a refresh token for the next pair; the old one is spent.

    A spent one used again signs the device out: 401 `token-reused`.  Who sends an
    `Idempotency-Key` and loses the answer may repeat the request for ten seconds.
    """
    token, config = body["refresh_token"], current_app.config
    with transaction() as session:
        rotation = actions.rotate(
            session,
            token,
            successor=current_app.extensions["tokens"].successor_of(token),
            request_key=request.headers.get("Idempotency-Key"),
            lifetime=config["REFRESH_TOKEN_LIFETIME"],
            longest=config["REFRESH_TOKEN_LONGEST"],
            now=g.now,
        )
        if rotation.device is not None and rotation.refresh_token is not None:
            return tokens_of(rotation.device, rotation.refresh_token)
    # Raised out here: cutting the device off is committed first.
    with transaction() as session:
        wiping.check_token(session, body["refresh_token"])
    raise actions.TokenReused if rotation.was_reused else NotSignedIn


@blp.route("/auth/logout", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.response(204)
def sign_out(*, call: Call) -> None:
    """Sign out on this device."""
    actions.sign_out(
        call.session, call.viewer.session_id, account_id=call.viewer.account_id, now=call.now
    )


def _invited(code: str | None) -> tuple[Role, str]:
    """Return as what a code lets somebody in, and the name of the clinic if it is known."""
    # Looked at before the password is hashed: guessing codes must not cost us more than them.
    # Whoever has a valid one is not counted: a whole ward may register from one address.
    if code is not None:
        with transaction() as session:
            invitation = registering.open_invitation(session, code, now=g.now)
            if invitation is not None:
                return invitation.role, queries.clinic(session, invitation.clinic_id).name
    guess_from_here()
    if code is not None:
        raise registering.InvitationInvalid
    if not current_app.config["SELF_REGISTRATION"]:
        raise registering.InvitationNeeded
    return Role.PATIENT, ""


def open_app_session(
    session: Session, account_id: UUID, device_name: str | None, *, proof: str = "password"
) -> DeviceSession:
    """Sign an account in on a phone; ``proof`` is what its owner proved herself with."""
    return actions.open_session(
        session, account_id, kind="app", device_name=device_name, proof=proof,
        lifetime=current_app.config["REFRESH_TOKEN_LIFETIME"], now=g.now,
    )  # fmt: skip


def tokens_of(device: DeviceSession, refresh_token: str) -> dict[str, Any]:
    """Return what a device is handed to stay signed in."""
    lifetime = current_app.config["ACCESS_TOKEN_LIFETIME"]
    access_token = current_app.extensions["tokens"].sign(
        device.id, kind="app", expires_at=g.now + lifetime
    )
    return {
        "access_token": access_token,
        "refresh_token": refresh_token,
        "known_device": current_app.extensions["tokens"].sign(
            device.id, kind=KNOWN, expires_at=g.now + KNOWN_FOR
        ),
        "token_type": "Bearer",
        "expires_in": lifetime_seconds(lifetime),
    }
