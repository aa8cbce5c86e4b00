"""Routes of the care team's overview: panel and trends."""

from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic, check_relation, check_role
from service.api.answers import json_answer
from service.api.call import Call, allow
from service.api.paging import BadCursor, PageArgs, cursor_of, place_in
from service.api.problems import ApiBlueprint
from service.care.schemas import TrendOut, TrendQuery
from service.care.trends import topic_of, trend
from service.panel import queries
from service.panel.looks import look_of, shown_to
from service.panel.schemas import PanelPage, PanelQuery

blp = ApiBlueprint("panel", __name__, description="Every patient in one row, and lines over time")


class PanelArgs(PanelQuery, PageArgs):
    """How the panel is sorted, how many rows, and from where."""


@blp.route("/panel")
@allow(Topic.PANEL, Do.READ)
@blp.arguments(PanelArgs, location="query")
@blp.response(200, PanelPage)
def read_panel(args: dict[str, Any], *, call: Call) -> Any:
    """List patients of the clinic, whoever needs somebody first.

    A filter comes in one order, and a search (how names begin) in that of names; another `sort`
    with them is answered 422 `look-unusable`.  `sort=silence` lists only those who are silent.
    """
    assert call.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    look = look_of(call.viewer, sort=args["sort"], only=args["kept"], search=args["search"])
    limit = args["limit"]
    rows = queries.panel_page(
        call.session, call.viewer.clinic_id, look=look, limit=limit,
        last=_position(args["cursor"], look.sort),
    )  # fmt: skip
    cursor = None
    if len(rows) > limit:
        last = rows[limit - 1]
        cursor = cursor_of(look.sort, queries.sort_value(last, look.sort), str(last.patient_id))
    shown = shown_to(call.viewer)
    return json_answer({"items": [shown(row) for row in rows[:limit]], "next_cursor": cursor})


@blp.route("/patients/<pid:pid>/trends")
@allow(Topic.SYMPTOMS, Do.READ)
@blp.arguments(TrendQuery, location="query")
@blp.response(200, TrendOut)
def read_trend(args: dict[str, Any], *, call: Call) -> Any:
    """Read one line over time, with what happened to her treatment beside it."""
    _check_topic(call, topic_of(args["measure"]))
    return trend(
        call.session, call.patient, args["measure"], since=args["since"], until=args["until"],
        now=call.now,
    )  # fmt: skip


def _check_topic(call: Call, topic: Topic) -> None:
    """Let only those past who may read what the line is about: her husband sees no distress."""
    if topic is Topic.SYMPTOMS:
        return
    check_role(call.viewer, topic, Do.READ)
    check_relation(call.viewer, call.patient, topic, Do.READ, call.grants)


def _position(cursor: str | None, sort: str) -> queries.Position | None:
    if cursor is None:
        return None
    try:
        sorted_by, value, id = place_in(cursor)
        if sorted_by != sort:
            raise BadCursor
        return queries.bound(sort, value), UUID(str(id))
    except (ValueError, TypeError):
        raise BadCursor from None
