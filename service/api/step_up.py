"""Proving oneself again, before what is dangerous (``accounts.step_up``)."""

from typing import Any

from service.accounts import session_actions, step_up
from service.accounts.access import Do, Topic
from service.accounts.account_queries import password_hash_of
from service.accounts.schemas import StepUpIn, TokensOut
from service.api.attempts import passwords
from service.api.auth import tokens_of
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint, problem

blp = ApiBlueprint("step-up", __name__, description="Proving oneself again")


@blp.route("/auth/step-up", methods=["POST"])
@allow(Topic.ACCOUNT, Do.WRITE)
@blp.arguments(StepUpIn)
@blp.response(200, TokensOut)
def prove_again(body: dict[str, Any], *, call: Call) -> Any:
    """Prove oneself again; for five minutes nothing answers 403 `step-up-needed` then.

    The device gets new tokens, and those it called with are dead.  Password or code wrong: 422
    `proof-wrong`, and after five tries in a minute nothing is right.
    """
    viewer = call.viewer
    kept = password_hash_of(call.session, viewer.account_id)
    is_right = passwords().is_right(kept, body["password"])
    if not step_up.proves_herself(
        call.session, viewer.account_id, is_right=is_right, code=body["totp_code"], now=call.now
    ):
        # Answered, not raised: an error would roll the count back, and with it the limit.
        return problem(422, step_up.ProofWrong.slug, step_up.ProofWrong.title)
    device = step_up.renew_session(call.session, viewer.session_id, now=call.now)
    token = session_actions.issue_refresh_token(call.session, device, now=call.now)
    return tokens_of(device, token)
