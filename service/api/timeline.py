"""The route of the timeline: everything that happened to her in one line."""

from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic, readable_topics
from service.api.answers import json_answer
from service.api.call import Call, allow
from service.api.paging import BadCursor, PageArgs, cursor_of, moment_in, place_in
from service.api.problems import ApiBlueprint
from service.care.schemas import TimelinePage, TimelineQuery
from service.care.timeline import KINDS, TOPIC_OF, Place, page_of

blp = ApiBlueprint("timeline", __name__, description="Everything in one line")


class TimelineArgs(TimelineQuery, PageArgs):
    """Which kinds, how many things, and from where."""


@blp.route("/patients/<pid:pid>/timeline")
@allow(Topic.TIMELINE, Do.READ)
@blp.arguments(TimelineArgs, location="query")
@blp.response(200, TimelinePage)
def read_timeline(args: dict[str, Any], *, call: Call) -> Any:
    """Read what happened, newest first; of each kind only what the caller may read anyway."""
    readable = readable_topics(call.viewer, call.grants)
    kinds = frozenset(kind for kind in args["kinds"] or KINDS if TOPIC_OF[kind] in readable)
    items, last = page_of(
        call.session, call.patient, kinds=kinds, limit=args["limit"], last=_last(args["cursor"]),
        for_staff=call.viewer.is_staff,
    )  # fmt: skip
    cursor = last and cursor_of(last.at.isoformat(), last.kind, str(last.id))
    return json_answer({"items": items, "kinds": sorted(kinds), "next_cursor": cursor})


def _last(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        at, kind, id = place_in(cursor)
        if kind not in KINDS:
            raise BadCursor
        return Place(moment_in(at), kind, UUID(str(id)))
    except (ValueError, TypeError):
        raise BadCursor from None
