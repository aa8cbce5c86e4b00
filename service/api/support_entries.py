"""Routes: whom patients can turn to, as a clinic's own people write it."""

from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, page
from service.api.problems import ApiBlueprint, Problem
from service.api.repeats import key_given, minds_key_itself
from service.api.versions import if_version
from service.ids import derived_id, new_id
from service.support import entries_actions as actions
from service.support import entries_queries as queries
from service.support.entries_schemas import (
    EntryFilter,
    EntryIn,
    EntryOut,
    EntryPage,
    EntryPatch,
)  # fmt: skip

blp = ApiBlueprint("support-entries", __name__, description="Whom patients can turn to")

_ONE = "/support-entries/<uuid:entry_id>"


@blp.route("/support-entries")
@allow(Topic.SUPPORT_ENTRIES, Do.READ)
@blp.arguments(EntryFilter, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, EntryPage)
def list_entries(which: dict[str, Any], args: dict[str, Any], *, call: Call) -> Any:
    """List the versions of the clinic's own entries, newest first."""
    rows = queries.latest(
        call.session, call.viewer.clinic_id, limit=args["limit"], last=after(args["cursor"]),
        **which,
    )  # fmt: skip
    rows, cursor = page(rows, limit=args["limit"], position=lambda row: (row.written_at, row.id))
    return {"items": [queries.shown(row) for row in rows], "next_cursor": cursor}


@blp.route("/support-entries", methods=["POST"])
@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
@minds_key_itself
@blp.arguments(EntryIn)
@blp.response(201, EntryOut)
@blp.alt_response(200, schema=EntryOut, description="Written already")
def write_entry(said: dict[str, Any], *, call: Call) -> Any:
    """Begin a new version of an entry, as a draft.

    With the same `Idempotency-Key` and body the same version is answered, with 200.
    """
    key = key_given()
    id = derived_id("support-entry", call.viewer.account_id, key) if key else new_id()
    is_new = actions.write(call.session, call.viewer, said, id=id, now=call.now)
    return _shown(call, id), 201 if is_new else 200


@blp.route(_ONE)
@allow(Topic.SUPPORT_ENTRIES, Do.READ)
@blp.response(200, EntryOut)
def read_entry(entry_id: UUID, *, call: Call) -> Any:
    """Read one version of an entry."""
    return _shown(call, entry_id)


@blp.route(_ONE, methods=["PATCH"])
@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
@blp.arguments(EntryPatch(partial=True))
@blp.versioned
@blp.response(200, EntryOut)
@blp.alt_response(409, schema=Problem, description="It is no draft any more")
def change_entry(changes: dict[str, Any], entry_id: UUID, *, call: Call) -> Any:
    """Change what a draft of an entry says."""
    return queries.shown(
        actions.change(call.session, call.viewer, entry_id, changes, if_version=if_version())
    )


@blp.route(f"{_ONE}/publish", methods=["POST"])
@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
@blp.versioned
@blp.response(200, EntryOut)
@blp.alt_response(409, schema=Problem, description="It is no draft any more")
def publish_entry(entry_id: UUID, *, call: Call) -> Any:
    """Show a draft of an entry to the clinic's patients."""
    return queries.shown(
        actions.publish(
            call.session, call.viewer, entry_id, if_version=if_version(), now=call.now
        )
    )  # fmt: skip


@blp.route(f"{_ONE}/retire", methods=["POST"])
@allow(Topic.SUPPORT_ENTRIES, Do.WRITE)
@blp.versioned
@blp.response(200, EntryOut)
@blp.alt_response(409, schema=Problem, description="It is out of use already")
def retire_entry(entry_id: UUID, *, call: Call) -> Any:
    """Take an entry out of use; the project's shows again."""
    return queries.shown(
        actions.retire(call.session, call.viewer, entry_id, if_version=if_version())
    )


def _shown(call: Call, entry_id: UUID) -> dict[str, Any]:
    return queries.shown(queries.entry(call.session, call.viewer.clinic_id, entry_id))
