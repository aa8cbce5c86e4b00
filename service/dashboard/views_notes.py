"""Notes of the care team about a patient."""

from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.dashboard import forms, patient_notes
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.errors import IdConflict
from service.journey import note_actions
from service.journey.visit_schemas import NoteIn
from service.records import Change

_NOTE = NoteIn()
_WORDS = {
    "text": "Write a note of at most 10,000 characters.",
    "id": "This form has been changed. Please send it again.",
}
_TAKEN = "This form was sent before with other words. Your note is below: please send it again."


@allow(Topic.NOTES, Do.READ)
def show_notes(*, visit: Visit) -> Response:
    """Show what the team has noted about her."""
    return page(
        "notes", patient=visit.patient, notes=patient_notes.notes(visit, most=patient_notes.PAGE)
    )


@allow(Topic.NOTES, Do.WRITE)
def write_note(*, visit: Visit) -> Response:
    """Write a note down; what was typed comes back if it cannot be."""
    try:
        note = forms.read(_NOTE, _WORDS)
        note_actions.write_note(
            visit.session, change=_change(visit), note=note, by=visit.viewer
        )  # fmt: skip
    except forms.FormUnusable as wrong:
        return _again(visit, 422, wrong.errors.get("text") or wrong.errors["id"])
    except IdConflict:
        return _again(visit, 409, _TAKEN)
    return _back(visit, "noted")


@allow(Topic.NOTES, Do.WRITE)
def take_back_note(*, visit: Visit, note_id: UUID) -> Response:
    """Take back a note of one's own."""
    note_actions.take_back_note(
        visit.session, change=_change(visit), id=note_id, if_version=None
    )  # fmt: skip
    return _back(visit, "taken-back")


def _change(visit: Visit) -> Change:
    """Take her lock: whoever changes anything of hers waits for whoever does so now."""
    locked = people.lock_patient(visit.session, visit.patient.id)
    return Change(
        patient_id=locked.id, change_no=locked.change_no, by=visit.viewer.account_id,
        now=visit.now,
    )  # fmt: skip


def _again(visit: Visit, status: int, complaint: str) -> Response:
    typed = forms.typed().get("text", "")
    notes = patient_notes.notes(
        visit, most=patient_notes.PAGE, typed=typed, errors={"text": complaint}
    )  # fmt: skip
    return page("notes", status=status, patient=visit.patient, notes=notes)


def _back(visit: Visit, done: str) -> Response:
    return make_response(redirect(f"/patients/{visit.patient.id}?done={done}", 303))


_NOTES = "/patients/<uuid:patient_id>/notes"
ROUTES: tuple[Route, ...] = (
    Route(_NOTES, "notes", show_notes),
    Route(_NOTES, "write_note", write_note, POST),
    Route(f"{_NOTES}/<uuid:note_id>/take-back", "take_back_note", take_back_note, POST),
)
