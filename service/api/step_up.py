"""Proving oneself again, before what is dangerous, and codes for a phone that is lost."""

from typing import Any

from service.accounts import second_factor, session_actions, step_up
from service.accounts.access import Do, Topic
from service.accounts.account_queries import password_hash_of
from service.accounts.codes import as_written
from service.accounts.schemas import RecoveryCodesOut, StepUpIn, TokensOut
from service.api.attempts import most_a_minute, passwords
from service.api.auth import tokens_of
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint, Problem, problem
from service.notify.ways_in import tell_owner

blp = ApiBlueprint("step-up", __name__, description="Proving oneself again")


@blp.route("/auth/step-up", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(StepUpIn)
@blp.response(200, TokensOut)
def prove_again(body: dict[str, Any], *, call: Call) -> Any:
    """Prove oneself again; for five minutes nothing answers 403 `step-up-needed` then.

    The device gets new tokens, and those it called with are dead.  Password or code wrong: 422
    `proof-wrong`.  After five mistakes the device waits, longer after each: 429 `too-many`.
    """
    viewer = call.viewer
    kept = password_hash_of(call.session, viewer.account_id)
    is_right = passwords().is_right(kept, body["password"])
    if not step_up.proves_herself(
        call.session, viewer, is_right=is_right, code=body["totp_code"],
        most=most_a_minute(), now=call.now,
    ):  # fmt: skip
        # Answered, not raised: an error would roll the count back, and with it the limit.
        return problem(422, step_up.ProofWrong.slug, step_up.ProofWrong.title)
    device = step_up.renew_session(call.session, viewer.session_id, now=call.now)
    token = session_actions.issue_refresh_token(call.session, device, now=call.now)
    return tokens_of(device, token)


@blp.route("/auth/recovery-codes", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.response(201, RecoveryCodesOut)
@blp.alt_response(409, schema=Problem, description="There is no second factor they could stand for")
def make_recovery_codes(*, call: Call) -> Any:
    """Make ten codes that stand in for a lost phone, once each; needs a fresh sign-in.

    They are given as `totp_code`.  They are shown here and nowhere else, and those made before
    are void.  Their owner gets a mail that they were made.
    """
    step_up.require_fresh_sign_in(call)
    if not call.viewer.has_second_factor:
        raise second_factor.NoFactor
    codes = second_factor.new_recovery_codes(call.session, call.viewer.account_id, now=call.now)
    tell_owner(call.session, call.viewer, "New recovery codes were made.", now=call.now)
    return {"codes": [as_written(code) for code in codes]}
