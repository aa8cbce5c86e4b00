"""Inviting: staff a patient, a patient a member of her family."""

from typing import Any
from uuid import UUID

from flask import current_app

from service.accounts import actions
from service.accounts.access import Do, Topic
from service.accounts.codes import as_written, repeatable_code
from service.accounts.models import Invitation, Role
from service.accounts.schemas import InvitationIn, InvitationOut
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.api.repeats import key_given, minds_key_itself
from service.ids import derived_id

blp = ApiBlueprint("invitations", __name__, description="Inviting people")


@blp.route("/invitations", methods=["POST"])
@allow(Topic.INVITATIONS, Do.WRITE)
@minds_key_itself
@blp.arguments(InvitationIn)
@blp.response(201, InvitationOut)
@blp.alt_response(200, schema=InvitationOut, description="Made out already")
def invite(body: dict[str, Any], *, call: Call) -> Any:
    """Make out an invitation; its code lets one person in, once.

    With the same `Idempotency-Key` and body the same invitation is answered, with 200.
    """
    invitee = actions.Invitee(
        role=Role(body["role"]), email=body["email"], display_name=body["display_name"],
        topics=tuple(body["topics"]),
    )  # fmt: skip
    clinic_id, patient_id = actions.inviter_of(call.viewer, invitee)
    # Behind the #, which no browser sends and no proxy logs.
    page = f"{current_app.config['PUBLIC_URL']}/register"
    return made_out(call, invitee, clinic_id=clinic_id, patient_id=patient_id, page=page)


def made_out(
    call: Call,
    invitee: actions.Invitee,
    *,
    clinic_id: UUID,
    page: str,
    patient_id: UUID | None = None,
) -> tuple[dict[str, Any], int]:
    """Make out an invitation, or the same again; return the answer and its status."""
    again = _same_again(call)
    is_new = not again or call.session.get(Invitation, again["id"]) is None
    invitation, code = actions.invite(
        call.session, invitee, clinic_id=clinic_id, patient_id=patient_id,
        created_by=call.viewer.account_id, lifetime=current_app.config["INVITATION_LIFETIME"],
        now=call.now, **again,
    )  # fmt: skip
    return {
        "code": as_written(code),
        "url": f"{page}#{code}",
        "expires_at": invitation.expires_at,
    }, 201 if is_new else 200


def _same_again(call: Call) -> dict[str, Any]:
    key = key_given()
    if not key:
        return {}
    parts = ("invitation", call.viewer.account_id, key)
    return {
        "id": derived_id(*parts),
        "code": repeatable_code(current_app.config["SECRET_KEY"], *parts),
    }
