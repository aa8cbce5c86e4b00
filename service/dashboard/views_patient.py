"""One patient: how she is now and what waits, then what happened when, then everything else."""

from flask import Response, url_for

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.dashboard import (
    axis_words,
    forms,
    patient_axis,
    patient_chart,
    patient_notes,
    patient_page,
)
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import Route

_SHOWN = (
    Topic.ALERTS, Topic.DIAGNOSIS, Topic.TREATMENTS, Topic.SYMPTOMS, Topic.WELLBEING,
    Topic.EVENTS, Topic.REPLIES, Topic.NOTES,
)  # fmt: skip
# Other pages about her, by the name of their route.
_PAGES = (
    ("visit", "Visit page", Topic.VISIT),
    ("safety_plan", "Safety plan", Topic.SAFETY_PLAN),
    ("patient_studies", "Studies", Topic.STUDIES),
)


@allow(Topic.PROFILE, Do.READ)
def show_patient(*, visit: Visit) -> Response:
    """Show everything the viewer's role may see of a patient."""
    may = visit.frame.may
    axis = patient_axis.load(visit)
    reports = axis.reports or []
    choices = patient_chart.choices(visit, patient_page.symptoms_in(visit, reports))
    asked = forms.asked("measure")
    measure = asked if asked in choices else next(iter(choices), None)
    patient_page.log_what_is_shown(visit, *_SHOWN)
    return page(
        "patient",
        patient=visit.patient,
        telephone=people.telephone_of(visit.session, visit.patient.id),
        shown={topic.value for topic in _SHOWN if may(topic)},
        links=_links(visit),
        alerts=patient_page.alerts(visit) if may(Topic.ALERTS) else [],
        diagnosis=patient_page.diagnosis(visit) if may(Topic.DIAGNOSIS) else None,
        treatments=patient_page.treatments(visit) if may(Topic.TREATMENTS) else None,
        missed=axis_words.missed_rows(axis),
        report=patient_page.latest_report(reports),
        family_report=patient_page.latest_report(axis.family_reports),
        axis=patient_axis.shown(visit, axis),
        choices=choices,
        chart=patient_chart.chart(visit, measure) if measure else None,
        wellbeing=patient_page.wellbeing(visit) if may(Topic.WELLBEING) else [],
        replies=patient_page.replies(visit) if may(Topic.REPLIES) else [],
        notes=patient_notes.notes(visit) if may(Topic.NOTES) else None,
    )


def _links(visit: Visit) -> list[tuple[str, str]]:
    return [
        (title, url_for(f"dashboard.{endpoint}", patient_id=visit.patient.id))
        for endpoint, title, topic in _PAGES
        if visit.frame.may(topic)
    ]


ROUTES: tuple[Route, ...] = (Route("/patients/<uuid:patient_id>", "patient", show_patient),)
