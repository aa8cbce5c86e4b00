"""Passkeys: adding them, naming and removing them, and signing in with one."""

from typing import Any
from uuid import UUID

from flask import current_app, g

from service.accounts import passkey_actions as actions
from service.accounts import throttle
from service.accounts.access import Do, Topic
from service.accounts.passkey_rules import NoPasskeys, RelyingParty, relying_party
from service.accounts.passkey_schemas import (
    PasskeyIn,
    PasskeyLoginIn,
    PasskeyNameIn,
    PasskeyOptionsOut,
    PasskeyOut,
    PasskeysOut,
)
from service.accounts.schemas import TokensOut
from service.accounts.session_actions import issue_refresh_token
from service.accounts.sign_in_actions import SignInFailed
from service.accounts.step_up import require_fresh_sign_in
from service.api.attempts import count_by_address, device_named, guess_from_here
from service.api.auth import open_app_session, tokens_of
from service.api.call import Call, allow, log_marks, public
from service.api.problems import ApiBlueprint
from service.audit.actions import log_way_in
from service.db import transaction
from service.notify.ways_in import tell_of_new_device, tell_owner

blp = ApiBlueprint("passkeys", __name__, description="Passkeys (WebAuthn)")


@blp.route("/auth/passkeys/options", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.response(200, PasskeyOptionsOut)
def begin_adding(*, call: Call) -> Any:
    """Ask what a browser or an app needs to make a passkey, within five minutes of signing in.

    Answers 403 `step-up-needed`, 404 `no-passkeys` or 409 `too-many-passkeys`.
    """
    party = _party()
    require_fresh_sign_in(call)
    options = actions.begin_adding(call.session, call.viewer, party, now=call.now)
    return {"public_key": options}


@blp.route("/auth/passkeys", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(PasskeyIn)
@blp.response(201, PasskeyOut)
def add(body: dict[str, Any], *, call: Call) -> Any:
    """Add the passkey that was made.  It counts for two factors, and its owner gets a mail.

    Answers 403 `step-up-needed`, 409 `passkey-known`, and 422 `passkey-refused` for one made for
    another site or in answer to no challenge of the last five minutes.
    """
    party = _party()
    require_fresh_sign_in(call)
    made = actions.add(
        call.session, call.viewer, party, body["credential"], name=body["name"], now=call.now
    )
    tell_owner(call.session, call.viewer, "A passkey was added to your account.", now=call.now)
    return made


@blp.route("/auth/passkeys", methods=["GET"])
@allow(Topic.ACCOUNT, Do.READ)
@blp.response(200, PasskeysOut)
def list_passkeys(*, call: Call) -> Any:
    """List one's passkeys, oldest first: twenty at most."""
    found = actions.passkeys_of(call.session, call.viewer.account_id)
    return {"items": found, "next_cursor": None}


@blp.route("/auth/passkeys/<uuid:passkey_id>", methods=["PATCH"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(PasskeyNameIn)
@blp.response(200, PasskeyOut)
def rename(body: dict[str, Any], passkey_id: UUID, *, call: Call) -> Any:
    """Give one of one's passkeys another name."""
    return actions.rename(call.session, call.viewer.account_id, passkey_id, name=body["name"])


@blp.route("/auth/passkeys/<uuid:passkey_id>", methods=["DELETE"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.response(204)
def remove(passkey_id: UUID, *, call: Call) -> None:
    """Remove one of one's passkeys.  All other devices are signed out, and its owner gets a mail.

    Answers 403 `step-up-needed`, and 409 `last-second-factor` to staff who have no other.
    """
    require_fresh_sign_in(call)
    actions.remove(call.session, call.viewer, passkey_id, now=call.now)
    tell_owner(call.session, call.viewer, "A passkey was removed from your account.", now=call.now)


@blp.route("/auth/login/passkey/options", methods=["POST"])
@public
@blp.response(200, PasskeyOptionsOut)
def begin_sign_in() -> Any:
    """Ask what a browser or an app needs to sign in with a passkey: the same for everybody."""
    party = _party()
    count_by_address()
    with transaction() as session:
        return {"public_key": actions.begin_sign_in(session, party, now=g.now)}


@blp.route("/auth/login/passkey", methods=["POST"])
@public
@blp.arguments(PasskeyLoginIn)
@blp.response(200, TokensOut)
def sign_in_with_passkey(body: dict[str, Any]) -> Any:
    """Sign in on a device with a passkey, without a password or a code.

    Whatever is wrong with it: the same 401 `sign-in-failed`.
    """
    party = _party()
    tried = guess_from_here(known=device_named(body["known_device"]))
    with transaction() as session:
        account = actions.finish_sign_in(session, party, body["credential"], now=g.now)
        log_way_in(session, account, **log_marks())
        if account is not None:
            throttle.succeed(session, tried)
            device = open_app_session(session, account.id, body["device_name"], proof="passkey")
            tell_of_new_device(session, account, device, now=g.now)
            return tokens_of(device, issue_refresh_token(session, device, now=g.now))
    # Raised out here: the challenge stays spent.
    raise SignInFailed


def _party() -> RelyingParty:
    config = current_app.config
    party = relying_party(config["PUBLIC_URL"], config["PASSKEY_ORIGINS"])
    if party is None:
        raise NoPasskeys
    return party
