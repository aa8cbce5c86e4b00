"""What could not be sent, for the administrator of a clinic."""

from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, page
from service.api.problems import ApiBlueprint, Problem
from service.errors import NotFound
from service.notify import dead_letters
from service.notify.outbox_schemas import DeadLetterPage, OutboxFilter

blp = ApiBlueprint("outbox", __name__, description="What could not be sent")


@blp.route("/outbox")
@allow(Topic.OUTBOX, Do.READ)
@blp.arguments(OutboxFilter, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, DeadLetterPage)
def list_dead_letters(_which: dict[str, Any], args: dict[str, Any], *, call: Call) -> Any:
    """List messages that could not be sent, newest first; never what they said or to whom."""
    rows = dead_letters.dead_page(
        call.session, _clinic_of(call), limit=args["limit"], last=after(args["cursor"])
    )
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.created_at, row.id))
    count = dead_letters.count_dead(call.session, _clinic_of(call))
    return {"items": items, "next_cursor": cursor, "count": count}


@blp.route("/outbox/<uuid:message_id>/retry", methods=["POST"])
@allow(Topic.OUTBOX, Do.WRITE)
@blp.response(204)
@blp.alt_response(409, schema=Problem, description="It did not fail, or is of no use any more")
def retry_message(message_id: UUID, *, call: Call) -> None:
    """Send a message that failed after all."""
    dead_letters.try_again(call.session, message_id, clinic_id=_clinic_of(call), now=call.now)


def _clinic_of(call: Call) -> UUID:
    if call.viewer.clinic_id is None:
        raise NotFound
    return call.viewer.clinic_id
