"""Routes: notes of the care team about a patient."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, newest_first, page
from service.api.problems import ApiBlueprint
from service.api.versions import if_version
from service.journey import note_actions, queries
from service.journey.models import CareNote
from service.journey.visit_schemas import NoteIn, NoteOut, NotePage
from service.records import find

blp = ApiBlueprint("notes", __name__, description="Notes of the care team about a patient")


@blp.route("/patients/<pid:pid>/notes", methods=["POST"])
@allow(Topic.NOTES, Do.WRITE)
@blp.arguments(NoteIn)
@blp.response(201, NoteOut)
@blp.alt_response(200, schema=NoteOut, description="On file already")
def write_note(note: dict[str, Any], *, call: Call) -> Any:
    """Write a note for the others of the team.  She may read it."""
    is_new = note_actions.write_note(call.session, change=call.change, note=note, by=call.viewer)
    [shown] = _shown(call, [find(call.session, CareNote, call.patient.id, note["id"])])
    return shown, 201 if is_new else 200


@blp.route("/patients/<pid:pid>/notes")
@allow(Topic.NOTES, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, NotePage)
def list_notes(args: dict[str, Any], *, call: Call) -> Any:
    """List what the team has noted, newest first, with who wrote it."""
    rows = call.session.scalars(
        newest_first(
            queries.notes_of(call.patient.id),
            at=CareNote.written_at, id=CareNote.id, limit=args["limit"],
            last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    found, cursor = page(
        rows, limit=args["limit"], position=lambda row: (row.written_at, row.id)
    )  # fmt: skip
    return {"items": _shown(call, found), "next_cursor": cursor}


@blp.route("/patients/<pid:pid>/notes/<uuid:note_id>", methods=["DELETE"])
@allow(Topic.NOTES, Do.WRITE)
@blp.versioned
@blp.response(204)
def take_back_note(note_id: UUID, *, call: Call) -> None:
    """Take back a note one wrote oneself."""
    note_actions.take_back_note(
        call.session, change=call.change, id=note_id, if_version=if_version()
    )


def _shown(call: Call, found: Sequence[CareNote]) -> list[dict[str, Any]]:
    names = people.names_of(call.session, {note.entered_by for note in found})
    return [
        {**vars(note), "by_name": names[note.entered_by].display_name} for note in found
    ]  # fmt: skip
