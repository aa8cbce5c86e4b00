"""Drills: made-up cases that show whether somebody answers."""

from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts.access import Do, Topic
from service.accounts.models import Queue
from service.care import drill_score, drills
from service.clinical import knowledge
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.errors import Conflict, Rejected
from service.wire import moment_text

PAGE = 50


@allow(Topic.DRILLS, Do.READ)
def show_drills(*, visit: Visit) -> Response:
    """List the clinic's drills with what came of them, and the cases to begin one with."""
    return _drills_page(visit)


@allow(Topic.DRILLS, Do.WRITE)
def start(*, visit: Visit) -> Response:
    """Begin a drill."""
    try:
        drills.start(
            visit.session, visit.viewer, scenario=forms.text_of("scenario", most=40), now=visit.now
        )
    except (Conflict, Rejected) as no:
        return _drills_page(visit, refusal=no.title, status=409)
    return make_response(redirect("/drills?done=started", 303))


@allow(Topic.DRILLS, Do.WRITE)
def end(*, visit: Visit, drill_id: UUID) -> Response:
    """End a drill."""
    try:
        drills.end(visit.session, visit.viewer, drill_id, now=visit.now)
    except drills.DrillEnded as no:
        return _drills_page(visit, refusal=no.title, status=409)
    return make_response(redirect("/drills?done=ended", 303))


def _drills_page(visit: Visit, *, refusal: str | None = None, status: int = 200) -> Response:
    assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    last = cursors.moment_and_id(forms.asked("after", most=500))
    found = drill_score.drills_page(visit.session, visit.viewer.clinic_id, limit=PAGE, last=last)
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        more = cursors.written([moment_text(rows[-1].started_at), str(rows[-1].id)])
    scenarios = [(case, Queue(case.queue)) for case in knowledge().drills.values()]
    return page(
        "drills", status=status, drills=drill_score.scored(visit.session, rows, now=visit.now),
        more=more, is_first_page=last is None, scenarios=scenarios, refusal=refusal,
        done=forms.asked("done"), may_drill=visit.frame.may(Topic.DRILLS, Do.WRITE),
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/drills", "drills", show_drills),
    Route("/drills", "start_drill", start, POST),
    Route("/drills/<uuid:drill_id>/end", "end_drill", end, POST),
)
