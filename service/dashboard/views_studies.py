"""The clinic's studies, and how one patient stands to them."""

from typing import Any

from flask import Response
from sqlalchemy import tuple_

from service.accounts.access import Do, Topic
from service.care import studying
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.administration import clinic_of
from service.dashboard.pages import page
from service.dashboard.routing import Route
from service.studies import queries
from service.studies.index import Key
from service.studies.models import StudyImport
from service.wire import moment_text

_READINGS = 20
_STUDIES = 20
FIT_WORDS = {
    "may_fit": "May fit", "ask": "Ask about it", "probably_not": "Probably not",
}  # fmt: skip
VERDICT_WORDS = {
    "met": "✓ Met, as far as is on file", "not_met": "✗ Not met, as far as is on file",
    "ask_your_doctor": "? Ask the doctor",
}  # fmt: skip
TAB_WORDS = {
    "treatment": "Treatment", "supportive": "Support and wellbeing",
    "observational": "Observation only",
}  # fmt: skip
LISTS = {"": "Studies", "1": "Phase 1 studies", "saved": "Studies she saved"}
STATE_WORDS = {
    "running": "Under way", "done": "Done", "failed": "Ended before its end",
}  # fmt: skip


@allow(Topic.STUDY_REGISTER, Do.READ)
def show_register(*, visit: Visit) -> Response:
    """Show what the clinic has read from the registry, when, and what could not be read."""
    clinic_id = clinic_of(visit)
    after = cursors.moment_and_id(forms.asked("after", most=500))
    order = (StudyImport.started_at, StudyImport.id)
    asked = queries.imports_of(clinic_id).order_by(*(column.desc() for column in order))
    if after is not None:
        asked = asked.where(tuple_(*order) < tuple_(*after))
    found = visit.session.scalars(asked.limit(_READINGS + 1)).all()
    readings = found[:_READINGS]
    more = None
    if len(found) > _READINGS:
        more = cursors.written([moment_text(readings[-1].started_at), str(readings[-1].id)])
    counts = queries.counts_of(visit.session, clinic_id)
    return page(
        "studies", readings=readings, more=more, is_first_page=after is None,
        shown=_shown(counts), hidden=sum(row.studies for row in counts if not row.is_shown),
        states=STATE_WORDS,
    )  # fmt: skip


@allow(Topic.STUDIES, Do.READ)
def show_patient_studies(*, visit: Visit) -> Response:
    """Show the studies as they stand to her, as she sees them in the app."""
    which = forms.asked("list")
    which = which if which in LISTS else ""
    asked = studying.Asked(
        phase_1={"1": True, "": False}.get(which), saved=which == "saved", limit=_STUDIES,
        after=_place(forms.asked("after", most=500)),
    )  # fmt: skip
    found = studying.studies_for(visit.session, visit.patient, asked, now=visit.now)
    return page(
        "patient_studies", patient=visit.patient, found=found, which=which, lists=LISTS,
        more=cursors.written(list(found.after)) if found.after else None,
        is_first_page=asked.after is None, fits=FIT_WORDS, verdicts=VERDICT_WORDS, tabs=TAB_WORDS,
    )  # fmt: skip


def _shown(counts: list[Any]) -> list[tuple[str, int]]:
    """Return how many studies are shown, by the list they stand in."""
    shown = [row for row in counts if row.is_shown]
    by_tab = [
        (words, sum(row.studies for row in shown if row.tab == tab and not row.is_phase_1))
        for tab, words in TAB_WORDS.items()
    ]
    return [*by_tab, ("Phase 1", sum(row.studies for row in shown if row.is_phase_1))]


def _place(text: str) -> Key | None:
    if not text:
        return None
    fit, status, km, nct_id = cursors.read(text, parts=4)
    if [type(part) for part in (fit, status, km, nct_id)] != [int, int, float, str]:
        raise cursors.PlaceUnknown
    return fit, status, km, nct_id


ROUTES: tuple[Route, ...] = (
    Route("/studies", "studies", show_register),
    Route("/patients/<uuid:patient_id>/studies", "patient_studies", show_patient_studies),
)
