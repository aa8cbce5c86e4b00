"""Tries on history: begun, looked at while they go on, stopped, and what they came to."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.care.lab import asking
from service.care.lab.refusals import RuleUnusable, WindowUnusable
from service.dashboard import cursors, forms, lab_page
from service.dashboard.access import Visit, allow
from service.dashboard.formatting import OUTCOME_WORDS, SEVERITY_WORDS, record_words
from service.dashboard.pages import message, page
from service.dashboard.routing import POST, Route
from service.dashboard.session import is_refresh
from service.errors import Conflict
from service.ids import derived_id, new_id
from service.rulebook import queries
from service.rulebook.models import LabFinding

LATEST = 10
PAGE = 50


@allow(Topic.LAB, Do.WRITE)
def replay(*, visit: Visit, draft_id: UUID) -> Response:
    """Begin a try over the last days."""
    given = forms.text_of("days", most=4)
    days = int(given) if given.isascii() and given.isdigit() else 0
    last = visit.frame.words.local(visit.now).date()
    key = forms.text_of("key") or new_id()
    id = derived_id("lab-run", visit.viewer.account_id, key)
    try:
        asking.ask_replay(
            visit.session, visit.viewer, draft_id, id=id, now=visit.now, last=last,
            first=last - timedelta(days=days - 1),
        )  # fmt: skip
    except WindowUnusable:
        said = f"Choose between one day and {asking.DAYS_AT_MOST} days."
        return message(422, heading="These days cannot be looked at", text=said)
    except RuleUnusable as bad:
        return message(422, heading="This version cannot be tried", text=bad.errors[0][1])
    except Conflict as no:
        return message(409, heading="Not begun", text=no.title)
    return make_response(redirect(f"/lab/runs/{id}", 303))


@allow(Topic.LAB, Do.READ)
def show_run(*, visit: Visit, run_id: UUID) -> Response:
    """Show how far a try is, or what it came to."""
    run = queries.run(visit.session, visit.viewer.clinic_id, run_id)
    context = lab_page.run_of(visit, run)
    side = forms.asked("show")
    side = side if side in queries.SIDES else ""
    rows: Sequence[LabFinding] = []
    more = None
    if context["sees"] and run.state == "done":
        start = _start(forms.asked("after", most=200))
        found = queries.findings(visit.session, run.id, limit=PAGE, after=start, side=side or None)
        rows = found[:PAGE]
        if len(found) > PAGE:
            more = cursors.written([rows[-1].number])
        visit.log_listed([row.patient_id for row in rows], Topic.LAB)
    asked_by = people.names_of(visit.session, {run.asked_by})
    return page(
        "lab_run", rows=rows, more=more, side=side, outcomes=OUTCOME_WORDS,
        names=asking.patient_names(visit.session, {row.patient_id for row in rows}),
        severity_words=SEVERITY_WORDS, record_words=record_words,
        asked_by=asked_by.get(run.asked_by), by_itself=is_refresh(), **context,
    )  # fmt: skip


@allow(Topic.LAB, Do.WRITE)
def stop(*, visit: Visit, run_id: UUID) -> Response:
    """Let a try end where it is."""
    asking.stop(visit.session, visit.viewer, run_id, now=visit.now)
    return make_response(redirect(f"/lab/runs/{run_id}", 303))


def _start(after: str) -> int:
    if not after:
        return 0
    [number] = cursors.read(after, parts=1)
    if not isinstance(number, int) or isinstance(number, bool):
        raise cursors.PlaceUnknown
    return number


ROUTES: tuple[Route, ...] = (
    Route("/lab/<uuid:draft_id>/replay", "replay_rule", replay, POST),
    Route("/lab/runs/<uuid:run_id>", "lab_run", show_run),
    Route("/lab/runs/<uuid:run_id>/stop", "stop_run", stop, POST),
)
