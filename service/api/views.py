"""Routes: named ways of looking at the panel."""

from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.panel import saving
from service.panel.looks import look_of
from service.panel.queries import views_of
from service.panel.schemas import ViewIn, ViewOut, ViewsOut

blp = ApiBlueprint("views", __name__, description="Named ways of looking at the panel")


@blp.route("/views")
@allow(Topic.VIEWS, Do.READ)
@blp.response(200, ViewsOut)
def read_views(*, call: Call) -> Any:
    """List one's saved views by name."""
    return {"items": views_of(call.session, call.viewer.account_id), "next_cursor": None}


@blp.route("/views", methods=["POST"])
@allow(Topic.VIEWS, Do.WRITE)
@blp.arguments(ViewIn)
@blp.response(201, ViewOut)
def save_view(body: dict[str, Any], *, call: Call) -> Any:
    """Save a way of looking at the panel under a name of one's own.

    Answers 409 `view-exists` or `too-many-views`, and 422 `look-unusable` for an order, a filter
    and a search that do not go together.
    """
    query = body["query"]
    look = look_of(
        call.viewer, sort=query["sort"], only=query["kept"], search=query["search"]
    )  # fmt: skip
    return saving.save_view(call.session, call.viewer, name=body["name"], look=look, now=call.now)


@blp.route("/views/<uuid:view_id>", methods=["DELETE"])
@allow(Topic.VIEWS, Do.WRITE)
@blp.response(204)
def delete_view(view_id: UUID, *, call: Call) -> None:
    """Delete one of one's saved views."""
    saving.delete_view(call.session, call.viewer, view_id)
