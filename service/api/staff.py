"""Routes: who works for the clinic."""

from typing import Any
from uuid import UUID

from flask import current_app

from service.accounts import actions, staff_actions, staff_queries
from service.accounts.access import Do, Topic
from service.accounts.models import Role
from service.accounts.schemas import InvitationOut
from service.accounts.staff_schemas import StaffIn, StaffOut, StaffPage, StaffPatch
from service.accounts.step_up import require_fresh_sign_in
from service.api.call import Call, allow
from service.api.invitations import made_out
from service.api.paging import BadCursor, PageArgs, cursor_of, place_in
from service.api.problems import ApiBlueprint, Problem
from service.api.repeats import minds_key_itself
from service.api.versions import if_version
from service.errors import NotFound
from service.notify.ways_in import tell_colleague

blp = ApiBlueprint("staff", __name__, description="Who works for the clinic")


@blp.route("/staff")
@allow(Topic.STAFF, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, StaffPage)
def list_staff(args: dict[str, Any], *, call: Call) -> Any:
    """List who works for the clinic, by name."""
    limit = args["limit"]
    rows = staff_queries.staff_page(
        call.session, clinic_of(call), limit=limit, last=_position(args["cursor"])
    )
    page = rows[:limit]
    last = page[-1] if len(rows) > limit else None
    return {
        "items": _shown(call, page),
        "next_cursor": cursor_of(last.display_name, str(last.id)) if last else None,
    }


@blp.route("/staff", methods=["POST"])
@allow(Topic.STAFF, Do.WRITE)
@minds_key_itself
@blp.arguments(StaffIn)
@blp.response(201, InvitationOut)
@blp.alt_response(200, schema=InvitationOut, description="Made out already")
def invite_staff(body: dict[str, Any], *, call: Call) -> Any:
    """Invite somebody to work for the clinic; the code is shown here and nowhere else.

    It lets the owner of the address in, once: by `POST /auth/register`, or on the page `/join`.
    With the same `Idempotency-Key` and body the same invitation is answered, with 200.
    """
    require_fresh_sign_in(call)
    invitee = actions.Invitee(
        role=Role(body["role"]), email=body["email"], display_name=body["display_name"],
        duties=tuple(body["duties"]),
    )  # fmt: skip
    actions.check_duties(invitee)
    public_url = current_app.config["PUBLIC_URL"]
    return made_out(call, invitee, clinic_id=clinic_of(call), page=f"{public_url}/join")


@blp.route("/staff/<uuid:staff_id>")
@allow(Topic.STAFF, Do.READ)
@blp.response(200, StaffOut)
def read_staff(staff_id: UUID, *, call: Call) -> Any:
    """Read one who works for the clinic."""
    account = staff_queries.staff_member(call.session, clinic_of(call), staff_id)
    return _shown(call, [account])[0]


@blp.route("/staff/<uuid:staff_id>", methods=["PATCH"])
@allow(Topic.STAFF, Do.WRITE)
@blp.versioned
@blp.arguments(StaffPatch)
@blp.response(200, StaffOut)
@blp.alt_response(409, schema=Problem, description="Nobody else is an administrator")
def change_staff(changes: dict[str, Any], staff_id: UUID, *, call: Call) -> Any:
    """Change somebody's name or role, or let her in no more.

    Disabling signs her out everywhere at once and takes her off duty; alerts she has taken stay
    hers until somebody else takes them.
    """
    require_fresh_sign_in(call)
    account = staff_actions.change_staff(
        call.session, clinic_of(call), staff_id, changes, now=call.now, if_version=if_version()
    )
    return _shown(call, [account])[0]


@blp.route("/staff/<uuid:staff_id>/sign-out", methods=["POST"])
@allow(Topic.STAFF, Do.WRITE)
@blp.response(204)
def sign_out_staff(staff_id: UUID, *, call: Call) -> None:
    """Sign somebody out on all her devices, at once."""
    require_fresh_sign_in(call)
    staff_actions.sign_out_staff(call.session, clinic_of(call), staff_id, now=call.now)


@blp.route("/staff/<uuid:staff_id>/second-factor/reset", methods=["POST"])
@allow(Topic.STAFF, Do.WRITE)
@blp.response(204)
def reset_factor(staff_id: UUID, *, call: Call) -> None:
    """Take away a second factor that is lost, of somebody else; she sets up another one.

    She gets a mail that says so.
    """
    require_fresh_sign_in(call)
    staff_actions.reset_factor(call.session, call.viewer, clinic_of(call), staff_id, now=call.now)
    tell_colleague(call.session, staff_id, staff_actions.FACTOR_TAKEN, now=call.now)


def clinic_of(call: Call) -> UUID:
    """Return the clinic the caller works for.

    Raises:
        NotFound: none.
    """
    if call.viewer.clinic_id is None:
        raise NotFound
    return call.viewer.clinic_id


def _shown(call: Call, accounts: Any) -> list[dict[str, Any]]:
    return staff_queries.shown(
        call.session, clinic_of(call), accounts,
        in_full=call.viewer.role is Role.ADMINISTRATOR, now=call.now,
    )  # fmt: skip


def _position(cursor: str | None) -> tuple[str, UUID] | None:
    if cursor is None:
        return None
    try:
        name, id = place_in(cursor)
        if not isinstance(name, str) or "\x00" in name:
            raise BadCursor
        return name, UUID(str(id))
    except (ValueError, TypeError):
        raise BadCursor from None
