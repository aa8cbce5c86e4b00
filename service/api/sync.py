"""Routes of sync: everything a phone needs to work without a line, by the WatermelonDB protocol."""

from typing import Any

from flask import Response, current_app, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from service.accounts.access import Do, Topic
from service.api import strict_json
from service.api.answers import json_answer
from service.api.bounds import TooMuchToRead
from service.api.call import Call, allow
from service.api.carrying import packed, packs
from service.api.problems import ApiBlueprint, Problem
from service.api.spool import Spool
from service.care.safety_card import safety_card
from service.sync import pulling
from service.sync.numbers import seen_until
from service.sync.pulling import NO_MIGRATION, Migration
from service.sync.pushing import push
from service.sync.reading import Rejection
from service.sync.schemas import ChangesOut, PullOut, PullQuery, PushOut, PushQuery, SafetyCardOut
from service.sync.taking import Push

blp = ApiBlueprint("sync", __name__, description="For apps that work offline (WatermelonDB)")

# Both are about the caller alone: there is no path to another patient's.
_SYNC = "/patients/me/sync"
# Asked for anew each day; without a line, what was kept a month ago is better than nothing.
_KEPT_ON_THE_PHONE = "private, max-age=86400, stale-if-error=2592000"
# Twice as many as there are in so long a push of reports.
_MOST_VALUES = 2_000_000
MOST_PUSHED = 16 * 1024 * 1024


@blp.route(_SYNC)
@allow(Topic.SYNC, Do.READ, of_caller=True)
@blp.arguments(PullQuery, location="query")
@blp.response(200, PullOut)
def pull(asked: dict[str, Any], *, call: Call) -> Any:
    """Pull what has changed since the last pull, on all her devices and at her clinic.

    `timestamp` is the number of a change, not a clock: send it back as `last_pulled_at`. Where
    the site came back from a backup since, everything is told again. Packed with gzip for
    whoever takes it.
    """
    migration = _migration(asked["migration"])
    seen = seen_until(asked["last_pulled_at"], change_no=call.patient.change_no)
    if seen and seen == call.patient.change_no and not migration.concerns_us():
        return _as_json(pulling.nothing_since(seen))
    pieces = pulling.changes_since(call.session, call.patient.id, seen=seen, migration=migration)
    is_packed = packs()
    spool = Spool()
    spool.fill(packed(pieces) if is_packed else pieces)
    answer = _as_json(spool.read(), length=spool.size)
    answer.vary.update(("Accept-Encoding", "Authorization"))
    if is_packed:
        answer.content_encoding = "gzip"
    answer.call_on_close(spool.close)  # also if she hangs up half-way
    return answer


@blp.route(_SYNC, methods=["POST"])
@allow(Topic.SYNC, Do.WRITE, of_caller=True, most_bytes=MOST_PUSHED)
@blp.doc(requestBody={"required": True, "content": {"application/json": {"schema": ChangesOut}}})
@blp.arguments(PushQuery, location="query")
@blp.response(200, PushOut)
@blp.alt_response(409, schema=Problem, description="Changed since the last pull: pull first")
def push_changes(asked: dict[str, Any], *, call: Call) -> Any:
    """Push what has changed on the phone: all or nothing, and safe to repeat.

    The body is the bare `changes` object. A record that cannot be taken is rejected and does not
    hold up the others.
    """
    outcome = push(
        Push(call.session, call.patient, call.change, call.viewer), _changes(),
        last_pulled_at=asked["last_pulled_at"],
    )  # fmt: skip
    rejected: dict[str, list[str]] = {}
    for one in outcome.rejected:
        if one.id is not None:
            rejected.setdefault(one.table, []).append(one.id)
    body = {
        "experimentalRejectedIds": rejected,
        "rejections": [_rejection(one) for one in outcome.rejected],
        "guidance": [
            {"table": one.table, "id": one.id, "at": one.at, "guidance": one.guidance.as_json()}
            for one in outcome.told
        ],
    }
    # Without its schema: of thousands of rejections, checking each field would be most of the work.
    return json_answer(body)


@blp.route("/patients/me/safety-card")
@allow(Topic.SYNC, Do.READ, of_caller=True)
@blp.response(200, SafetyCardOut)
def read_safety_card(*, call: Call) -> Any:
    """Read the crisis and emergency texts and numbers: to be kept on the phone, for use offline.

    With an `ETag`: ask again with `If-None-Match`, and `304` says that nothing has changed.
    """
    answer = json_answer(safety_card(call.session, call.patient))
    answer.headers["Cache-Control"] = _KEPT_ON_THE_PHONE
    answer.add_etag()
    return answer.make_conditional(request)


def _rejection(one: Rejection) -> dict[str, Any]:
    return {
        "table": one.table, "id": one.id,
        "type": current_app.config["PROBLEM_BASE_URL"] + one.why.slug, "title": one.why.title,
        "errors": one.errors, **one.why.extra,
    }  # fmt: skip


def _migration(asked: Any) -> Migration:
    if asked is None:
        return NO_MIGRATION
    return Migration(
        frozenset(asked["tables"]),
        {one["table"]: frozenset(one["columns"]) for one in asked["columns"]},
    )


def _changes() -> Any:
    if not request.is_json:
        raise UnsupportedMediaType
    body = request.get_data()
    # Every value but a first one follows a comma, in what is nested as text too.
    if body.count(b",") > _MOST_VALUES:
        raise TooMuchToRead
    try:
        return strict_json.read_records(body)
    except strict_json.NotStrict:
        raise BadRequest from None


def _as_json(pieces: Any, *, length: int | None = None) -> Response:
    answer = Response(pieces, mimetype="application/json")
    if length is not None:
        answer.content_length = length
    return answer
