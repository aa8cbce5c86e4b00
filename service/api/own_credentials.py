"""Changing one's own password, and the address one signs in with."""

from typing import Any

from flask import current_app

from service.accounts import mailed_codes, step_up
from service.accounts import own_credentials as actions
from service.accounts.access import Do, Topic
from service.accounts.account_queries import password_hash_of, profile_of
from service.accounts.mailed_codes import MailedCodeInvalid
from service.accounts.mailed_schemas import AddressIn, AskedOut, MailedCodeIn, PasswordChangeIn
from service.accounts.schemas import MeOut
from service.accounts.tokens import lifetime_seconds
from service.api.attempts import most_a_minute, passwords
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint, problem
from service.notify.code_mail import mail_new_address
from service.notify.ways_in import ADDRESS_ASKED, ADDRESS_CHANGED, tell_owner

blp = ApiBlueprint("own-credentials", __name__, description="One's own password and address")


@blp.route("/auth/password/change", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(PasswordChangeIn)
@blp.response(204)
def change_password(body: dict[str, Any], *, call: Call) -> Any:
    """Set a new password.  All other devices are signed out, and the owner gets a mail.

    With `current_password` (and `totp_code`, if there is a second factor), or within five minutes
    of proving oneself; else 403 `step-up-needed`.  Wrong: 422 `proof-wrong`, and after five
    mistakes the device waits (429).
    """
    actions.check_own_password(call.session, call.viewer, body["password"])
    if body["current_password"] is None:
        step_up.require_fresh_sign_in(call)
    elif not _proves_herself(body, call):
        # Answered, not raised: an error would roll the count back, and with it the limit.
        return problem(422, step_up.ProofWrong.slug, step_up.ProofWrong.title)
    actions.change_password(
        call.session, call.viewer, password_hash=passwords().hash(body["password"]), now=call.now
    )
    tell_owner(call.session, call.viewer, "Your account has a new password.", now=call.now)
    return None


@blp.route("/auth/address", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(AddressIn)
@blp.response(202, AskedOut)
def ask_for_address(body: dict[str, Any], *, call: Call) -> Any:
    """Ask to sign in with another address; needs a fresh sign-in.  Nothing changes yet.

    A code goes to the new address, a note of it to the present one.  The answer is the same
    whether or not the address is somebody else's.  Asking again voids the code before.
    """
    step_up.require_fresh_sign_in(call)
    made = actions.ask_for_address(
        call.session, call.viewer, body["email"], most=most_a_minute(), now=call.now
    )
    mail_new_address(
        call.session, actions.owner_of_viewer(call.viewer), made, to=body["email"],
        public_url=current_app.config["PUBLIC_URL"], now=call.now,
    )  # fmt: skip
    tell_owner(call.session, call.viewer, ADDRESS_ASKED, now=call.now, at=call.viewer.email)
    return {"request": made.request, "expires_in": lifetime_seconds(mailed_codes.LIFETIME)}


@blp.route("/auth/address/confirm", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(MailedCodeIn)
@blp.response(200, MeOut)
def confirm_address(body: dict[str, Any], *, call: Call) -> Any:
    """Sign in with the new address from now on.  Both addresses get a mail.

    Answers 422 `mailed-code-invalid`, after five tries for good, and 422 `email-unavailable` if
    somebody else signs in with this address.
    """
    former = actions.confirm_address(
        call.session, call.viewer, body["request"], body["code"], now=call.now
    )
    if former is None:
        # Answered, not raised: an error would roll the count back, and with it the limit.
        return problem(422, MailedCodeInvalid.slug, MailedCodeInvalid.title)
    tell_owner(call.session, call.viewer, ADDRESS_CHANGED, now=call.now, at=former)
    tell_owner(call.session, call.viewer, ADDRESS_CHANGED, now=call.now)
    return profile_of(call.session, call.viewer.account_id)


def _proves_herself(body: dict[str, Any], call: Call) -> bool:
    kept = password_hash_of(call.session, call.viewer.account_id)
    is_right = passwords().is_right(kept, body["current_password"])
    return step_up.proves_herself(
        call.session, call.viewer, is_right=is_right, code=body["totp_code"],
        most=most_a_minute(), now=call.now,
    )  # fmt: skip
