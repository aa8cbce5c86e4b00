"""Whom of her family she has let in: by topic, until a day, ended at once."""

from typing import Any
from uuid import UUID

from service.accounts import grant_actions as actions
from service.accounts import grant_queries as queries
from service.accounts.access import Do, Topic
from service.accounts.grant_schemas import GrantIn, GrantOut, GrantPage
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, page
from service.api.problems import ApiBlueprint, Problem

blp = ApiBlueprint("grants", __name__, description="Whom of her family she has let in")


@blp.route("/patients/<pid:pid>/grants")
@allow(Topic.CONSENTS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, GrantPage)
def list_grants(args: dict[str, Any], *, call: Call) -> Any:
    """List whom of her family she lets see what, and whom she did."""
    rows = queries.grants_page(
        call.session, call.patient, limit=args["limit"], last=after(args["cursor"])
    )
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.granted_at, row.id))
    shown = [queries.shown(row, call.patient, now=call.now) for row in items]
    return {"items": shown, "next_cursor": cursor}


@blp.route("/patients/<pid:pid>/grants", methods=["POST"])
@allow(Topic.CONSENTS, Do.WRITE)
@blp.arguments(GrantIn)
@blp.response(201, GrantOut)
@blp.alt_response(200, schema=GrantOut, description="Given already")
@blp.alt_response(409, schema=Problem, description="The id is taken")
def give_access(given: dict[str, Any], *, call: Call) -> Any:
    """Change what a member of her family may see, and until when."""
    is_new = actions.grant(call.session, call.patient, change=call.change, **given)
    row = queries.grant_of(call.session, call.patient, given["id"])
    return queries.shown(row, call.patient, now=call.now), 201 if is_new else 200


@blp.route("/patients/<pid:pid>/grants/<uuid:grant_id>", methods=["DELETE"])
@allow(Topic.CONSENTS, Do.WRITE)
@blp.response(204)
def end_access(grant_id: UUID, *, call: Call) -> None:
    """End what a member of her family may see; her next call finds nothing."""
    actions.revoke(call.session, call.patient, grant_id, change=call.change)
