"""Where somebody is signed in, and what she proves herself with."""

from typing import Any
from uuid import UUID

from flask import current_app, g

from service.accounts import credential_actions as actions
from service.accounts import session_actions, throttle, wiping
from service.accounts.access import Do, Topic
from service.accounts.account_queries import profile_of, sessions_of
from service.accounts.factor import otpauth_uri
from service.accounts.rules import email_key
from service.accounts.schemas import (
    EndSessionArgs,
    FactorConfirmIn,
    FactorOut,
    ForgotIn,
    MeOut,
    ResetIn,
    SessionsOut,
)  # fmt: skip
from service.accounts.session_models import DeviceSession
from service.accounts.step_up import require_fresh_sign_in, try_on_this_device
from service.api import paging
from service.api.attempts import (
    count_by_address,
    guess_from_here,
    most_a_minute,
    passwords,
)
from service.api.call import Call, allow, public
from service.api.problems import ApiBlueprint, problem
from service.db import transaction
from service.notify.code_mail import mail_reset
from service.notify.ways_in import tell_account, tell_owner

blp = ApiBlueprint("credentials", __name__, description="Devices, passwords, second factor")


@blp.route("/auth/sessions", methods=["GET"])
@allow(Topic.ACCOUNT, Do.READ)
@blp.arguments(paging.PageArgs, location="query")
@blp.response(200, SessionsOut)
def list_sessions(args: dict[str, Any], *, call: Call) -> Any:
    """List the devices one is signed in on, newest first."""
    statement = paging.newest_first(
        sessions_of(call.viewer.account_id, now=call.now),
        at=DeviceSession.created_at,
        id=DeviceSession.id,
        limit=args["limit"],
        last=paging.after(args["cursor"]),
    )
    shown, cursor = paging.page(
        call.session.scalars(statement).all(),
        limit=args["limit"],
        position=lambda device: (device.created_at, device.id),
    )
    return {"items": [_session(device, call) for device in shown], "next_cursor": cursor}


@blp.route("/auth/sessions/<uuid:session_id>", methods=["DELETE"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(EndSessionArgs, location="query")
@blp.response(204)
def end_session(args: dict[str, Any], session_id: UUID, *, call: Call) -> None:
    """Cut one of one's devices off, at once.

    With `wipe=true` its next call is answered 410 `wipe`: it is to forget everything it holds.
    """
    end = wiping.wipe if args["wipe"] else session_actions.cut_off
    end(call.session, session_id, account_id=call.viewer.account_id, now=call.now)


@blp.route("/auth/password/forgot", methods=["POST"])
@public
@blp.arguments(ForgotIn)
@blp.response(202)
def ask_for_reset(body: dict[str, Any]) -> Any:
    """Ask for a mail with a code to set a new password.

    The answer is the same whether or not anybody has this address.
    """
    count_by_address(throttle.of_mail(email_key(body["email"])))
    # The little that is not the same drowns in what a comparison takes, and twenty tries a minute
    # are too few to fish it out.
    passwords().is_right(None, body["email"])
    with transaction() as session:
        code, owner = actions.ask_for_reset(session, body["email"], now=g.now)
        mail_reset(session, owner, code, public_url=current_app.config["PUBLIC_URL"], now=g.now)
    return {}


@blp.route("/auth/password/reset", methods=["POST"])
@public
@blp.arguments(ResetIn)
@blp.response(204)
def reset_password(body: dict[str, Any]) -> None:
    """Set a new password with the code from the mail.  All devices are signed out.

    Its owner gets a mail that says so.
    """
    tried = guess_from_here()
    with transaction() as session:
        actions.check_reset(session, body["code"], body["password"], now=g.now)
    password_hash = passwords().hash(body["password"])
    with transaction() as session:
        account = actions.reset_password(
            session, body["code"], password_hash=password_hash, now=g.now
        )
        throttle.succeed(session, tried)
        tell_account(session, account, "Your account has a new password.", now=g.now)


@blp.route("/auth/totp", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.response(200, FactorOut)
def begin_factor(*, call: Call) -> Any:
    """Begin to set up a second factor, or another one; needs a fresh sign-in.

    The one in force stays so until the new one is confirmed.
    """
    require_fresh_sign_in(call)
    secret = actions.begin_factor(call.session, call.viewer.account_id, now=call.now)
    return {"secret": secret, "otpauth_uri": otpauth_uri(secret, email=call.viewer.email)}


@blp.route("/auth/totp/confirm", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(FactorConfirmIn)
@blp.response(200, MeOut)
def confirm_factor(body: dict[str, Any], *, call: Call) -> Any:
    """Put the new second factor in force.  All other devices are signed out.

    Its owner gets a mail that says so.  Wrong digits are counted as those of `/auth/step-up`.
    """
    viewer = call.viewer
    tried = try_on_this_device(call.session, viewer, most=most_a_minute(), now=call.now)
    try:
        actions.confirm_factor(
            call.session, viewer.account_id, body["totp_code"], on=viewer.session_id, now=call.now
        )
    except actions.FactorCodeWrong as no:
        # Answered, not raised: an error would roll the count back, and with it the limit.
        return problem(422, no.slug, no.title, errors=no.errors)
    throttle.succeed(call.session, tried)
    tell_owner(call.session, viewer, "A new second factor is in force.", now=call.now)
    call.session.flush()
    return profile_of(call.session, viewer.account_id)


def _session(device: DeviceSession, call: Call) -> dict[str, Any]:
    return {
        "id": device.id,
        "kind": device.kind,
        "device_name": device.device_name,
        "created_at": device.created_at,
        "last_used_at": device.last_used_at,
        "expires_at": device.expires_at,
        "is_this_one": device.id == call.viewer.session_id,
    }
