"""Signing in with a link from a mail."""

from typing import Any

from flask import current_app, g

from service.accounts import mailed_codes, throttle
from service.accounts import sign_in_links as links
from service.accounts.mailed_schemas import AskedOut, LinkLoginIn
from service.accounts.rules import email_key
from service.accounts.schemas import ForgotIn, TokensOut
from service.accounts.session_actions import BY_MAIL, issue_refresh_token
from service.accounts.sign_in_actions import SignInFailed
from service.accounts.tokens import lifetime_seconds
from service.api.attempts import (
    count_by_address,
    device_named,
    guess_from_here,
    most_a_minute,
    passwords,
)
from service.api.auth import open_app_session, tokens_of
from service.api.call import log_marks, public
from service.api.problems import ApiBlueprint
from service.audit.actions import log_way_in
from service.db import transaction
from service.notify.code_mail import mail_sign_in_link
from service.notify.ways_in import tell_of_new_device

blp = ApiBlueprint("sign-in-links", __name__, description="Signing in with a link from a mail")


@blp.route("/auth/login/link", methods=["POST"])
@public
@blp.arguments(ForgotIn)
@blp.response(202, AskedOut)
def ask_for_link(body: dict[str, Any]) -> Any:
    """Ask for a mail with a link to sign in with, good once, for ten minutes, on this device.

    The answer is the same whether or not anybody has this address.
    """
    count_by_address(throttle.of_mail(email_key(body["email"])))
    # As where a new password is asked for: what is not the same drowns in a comparison.
    passwords().is_right(None, body["email"])
    with transaction() as session:
        made, owner = links.ask(session, body["email"], now=g.now)
        mail_sign_in_link(
            session, owner, made, public_url=current_app.config["PUBLIC_URL"], now=g.now
        )
    return {"request": made.request, "expires_in": lifetime_seconds(mailed_codes.LIFETIME)}


@blp.route("/auth/login/link/redeem", methods=["POST"])
@public
@blp.arguments(LinkLoginIn)
@blp.response(200, TokensOut)
def redeem(body: dict[str, Any]) -> Any:
    """Sign in with the code from the mail and the `request` that asked for it.

    Whatever is wrong with them or with the second factor: the same 401 `sign-in-failed`, and after
    five tries the code is dead.  It is no fresh sign-in: `step-up-needed` asks for the password.
    """
    known = device_named(body["known_device"])
    tried = guess_from_here(known=known)
    with transaction() as session:
        account, is_in = links.redeem(
            session, body["request"], body["code"], totp_code=body["totp_code"], known=known,
            most=most_a_minute(), now=g.now,
        )  # fmt: skip
        log_way_in(session, account, is_in=is_in, **log_marks())
        if account is not None and is_in:
            throttle.succeed(session, tried)
            device = open_app_session(session, account.id, body["device_name"], proof=BY_MAIL)
            tell_of_new_device(session, account, device, now=g.now)
            return tokens_of(device, issue_refresh_token(session, device, now=g.now))
    # Raised out here: what was tried stays tried.
    raise SignInFailed
