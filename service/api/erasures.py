"""Routes: asking to be erased, taking that back, and the receipt."""

from typing import Any
from uuid import UUID

from flask import current_app

from service.accounts.access import Do, Topic
from service.accounts.step_up import require_fresh_sign_in
from service.api.call import Call, allow, public
from service.api.problems import ApiBlueprint, Problem
from service.db import transaction
from service.erasures import actions, queries
from service.erasures.schemas import ErasureIn, ErasureOut, ErasurePage, ErasureReceipt
from service.row_security import reach_every_clinic

blp = ApiBlueprint("erasures", __name__, description="Being erased")

_ERASURE = "/patients/<pid:pid>/erasure"


@blp.route(_ERASURE, methods=["POST"])
@allow(Topic.ERASURE, Do.WRITE)
@blp.arguments(ErasureIn)
@blp.response(202, ErasureOut)
@blp.alt_response(200, schema=ErasureOut, description="Asked for already")
def ask_for_erasure(said: dict[str, Any], *, call: Call) -> Any:
    """Ask to be erased, once a time is over in which it can be taken back.

    Keep the `id`: under it the receipt is answered when nobody can sign in any more.
    """
    require_fresh_sign_in(call)
    request, is_new = actions.ask(
        call.session, call.viewer, call.patient, change=call.change,
        messages_stop=said["stop_messages"], wait=current_app.config["ERASURE_WAIT"],
    )  # fmt: skip
    return request, 202 if is_new else 200


@blp.route(_ERASURE)
@allow(Topic.ERASURE, Do.READ)
@blp.response(200, ErasurePage)
def list_erasure(*, call: Call) -> Any:
    """List her requests to be erased, newest first; one that is under way comes first."""
    return {"items": queries.requests_of(call.session, call.patient.id), "next_cursor": None}


@blp.route(_ERASURE, methods=["DELETE"])
@allow(Topic.ERASURE, Do.WRITE)
@blp.response(200, ErasureOut)
@blp.alt_response(409, schema=Problem, description="Erasing has begun")
def withdraw_erasure(*, call: Call) -> Any:
    """Take the request to be erased back; her record stays as it is."""
    return actions.withdraw(call.session, call.patient.id, now=call.now)


@blp.route("/erasure-receipts/<uuid:receipt_id>")
@public
@blp.response(200, ErasureReceipt)
def read_receipt(receipt_id: UUID) -> Any:
    """Read what was erased and what is kept; who knows the id of the request may."""
    with transaction() as session:
        reach_every_clinic(session)
        return queries.receipt(session, receipt_id)
