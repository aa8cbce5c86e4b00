"""The team's notes about a patient, as they stand on her page and on a page of their own."""

from collections.abc import Mapping
from typing import Any

from service.accounts import queries as people
from service.dashboard import forms
from service.dashboard.access import Visit
from service.ids import new_id
from service.journey.models import CareNote
from service.journey.queries import notes_of

_DONE = {"noted": "The note is saved.", "taken-back": "The note is taken back."}
ON_HER_PAGE = 3
PAGE = 50


def notes(
    visit: Visit,
    *,
    most: int = ON_HER_PAGE,
    typed: str = "",
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the latest notes, and what the form needs; it has an id so that two clicks are one."""
    rows = visit.session.scalars(
        notes_of(visit.patient.id)
        .order_by(CareNote.written_at.desc(), CareNote.id.desc())
        .limit(most + 1)
    ).all()
    names = people.names_of(visit.session, {row.entered_by for row in rows})
    return {
        "items": [_shown(visit, row, names) for row in rows[:most]],
        "has_more": len(rows) > most,
        "new_id": new_id(),
        "typed": typed,
        "errors": errors or {},
        "done": _DONE.get(forms.asked("done")),
    }


def _shown(visit: Visit, row: CareNote, names: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "text": row.text,
        "at": row.written_at,
        "by_name": names[row.entered_by].display_name,
        "by_role": row.by_role,
        "is_own": row.entered_by == visit.viewer.account_id,
    }
