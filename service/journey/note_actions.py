"""What can be done with the team's notes: write one, take one's own back.  None is changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.errors import NotAllowed
from service.journey.models import CareNote
from service.records import Change, bury, find, store


def write_note(session: Session, *, change: Change, note: Mapping[str, Any], by: Viewer) -> bool:
    """Write a note down for the others of the team, and for her; tell whether it is new.

    Raises:
        IdConflict: the id is taken for something else.
    """
    derived = {"written_at": change.now, "by_role": by.role}
    content = {"text": note["text"]}
    return store(session, CareNote, change=change, id=note["id"], content=content, derived=derived)


def take_back_note(session: Session, *, change: Change, id: UUID, if_version: int | None) -> None:
    """Leave a tombstone where a note of one's own was.

    Raises:
        NotFound: no such note about her.
        NotAllowed: somebody else wrote it.
        Outdated: it has a newer version than the caller has seen.
    """
    note = find(session, CareNote, change.patient_id, id)
    if note.entered_by != change.by:
        raise NotAllowed
    bury(note, change=change, if_version=if_version)
