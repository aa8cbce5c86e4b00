"""Emergency access: opening the record of another clinic's patient, and reviewing who did."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts.access import Do, Topic
from service.accounts.step_up import require_fresh_sign_in
from service.audit.denials import denying
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow, marks
from service.dashboard.administration import clinic_of
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.emergencies import actions, queries
from service.emergencies.looking import open_now
from service.emergencies.schemas import (
    NOTE_MOST,
    REASON_LEAST,
    REASON_MOST,
    BreakGlassIn,
    ReviewIn,
)
from service.wire import moment_text

PAGE = 50
_REASON, _REVIEW = BreakGlassIn(), ReviewIn()
_ID_WRONG = "Write the whole id as you were given it: 36 letters, digits and hyphens."
_REASON_WORDS = {
    "reason": f"Say in {REASON_LEAST} to {REASON_MOST:,} characters why it cannot wait."
}
_REVIEW_WORDS = {
    "finding": "Choose whether it was justified.",
    "note": f"Write at most {NOTE_MOST:,} characters.",
}


@allow(Topic.BREAK_GLASS, Do.WRITE)
def show_emergency_access(*, visit: Visit) -> Response:
    """Say what emergency access is and ask for whom and why, once she has proved to be herself."""
    require_fresh_sign_in(visit)
    return _form(visit)


@allow(Topic.BREAK_GLASS, Do.WRITE)
def open_record(*, visit: Visit) -> Response:
    """Open a record for an hour and go to it."""
    require_fresh_sign_in(visit)
    errors: dict[str, str] = {}
    patient_id = _id_of(forms.text_of("patient"))
    if patient_id is None:
        errors["patient"] = _ID_WRONG
    try:
        reason = forms.read(_REASON, _REASON_WORDS)["reason"]
    except FormUnusable as wrong:
        errors |= wrong.errors
    if patient_id is None or errors:
        return _form(visit, errors=errors, status=422)
    try:
        with denying(visit.viewer, patient_id):
            actions.open_record(visit.session, visit.viewer, patient_id, reason=reason, **marks())
    except actions.OwnClinic as no:
        return _form(visit, errors={"patient": no.title}, own=patient_id, status=409)
    return make_response(redirect(f"/patients/{patient_id}", 303))


@allow(Topic.EMERGENCY_REVIEW, Do.READ)
def show_emergency_reviews(*, visit: Visit) -> Response:
    """List the emergency accesses to patients of the clinic, newest first, to be reviewed."""
    return _reviews(visit)


@allow(Topic.EMERGENCY_REVIEW, Do.WRITE)
def review_emergency(*, visit: Visit, glass_id: UUID) -> Response:
    """Write down whether one was justified."""
    glass = actions.to_review(visit.session, visit.viewer, glass_id)
    try:
        said = forms.read(_REVIEW, _REVIEW_WORDS)
    except FormUnusable as wrong:
        return _reviews(visit, about=glass_id, errors=wrong.errors, status=422)
    visit.log_by_id(glass.patient_id, Topic.EMERGENCY_REVIEW, Do.WRITE)
    actions.review(visit.session, visit.viewer, glass, now=visit.now, **said)
    return make_response(redirect("/emergency-reviews?done=reviewed", 303))


def _form(
    visit: Visit, *, errors: Mapping[str, str] | None = None, own: UUID | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    return page(
        "emergency_access", status=status, errors=errors or {}, own=own,
        typed=forms.typed() if errors else {}, least=REASON_LEAST, most=REASON_MOST,
        open_now=open_now(visit.session, visit.viewer, now=visit.now),
    )  # fmt: skip


def _reviews(
    visit: Visit, *, about: UUID | None = None, errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    shows_all = forms.asked("show") == "all"
    last = cursors.moment_and_id(forms.asked("after", most=500))
    found = queries.page_of(
        visit.session, clinic_id=clinic_of(visit), open_only=not shows_all, limit=PAGE, last=last
    )
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        more = cursors.written([moment_text(rows[-1].opened_at), str(rows[-1].id)])
    visit.log_listed([row.patient_id for row in rows], Topic.EMERGENCY_REVIEW)
    typed: dict[str, Any] = forms.typed() if errors else {}
    return page(
        "emergency_reviews", status=status, rows=rows, more=more, shows_all=shows_all,
        is_first_page=last is None, done=forms.asked("done"), about=about, errors=errors or {},
        typed=typed, note_most=NOTE_MOST,
    )  # fmt: skip


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES: tuple[Route, ...] = (
    Route("/emergency-access", "emergency_access", show_emergency_access),
    Route("/emergency-access", "open_in_emergency", open_record, POST),
    Route("/emergency-reviews", "emergency_reviews", show_emergency_reviews),
    Route("/emergency-reviews/<uuid:glass_id>", "review_emergency", review_emergency, POST),
)
