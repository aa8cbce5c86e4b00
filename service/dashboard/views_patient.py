"""One patient: who she is, how she is, what waits, and what she has heard."""

from flask import Response

from service.accounts.access import Do, Topic
from service.dashboard import forms, patient_chart, patient_page
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page

_SHOWN = (
    Topic.ALERTS, Topic.DIAGNOSIS, Topic.TREATMENTS, Topic.SYMPTOMS, Topic.WELLBEING,
    Topic.REPLIES,
)  # fmt: skip


@allow(Topic.PROFILE, Do.READ)
def show_patient(*, visit: Visit) -> Response:
    """Show everything the viewer's role may see of a patient."""
    may = visit.frame.may
    reports = patient_page.reports(visit) if may(Topic.SYMPTOMS) else []
    choices = patient_chart.choices(visit, patient_page.symptoms_in(reports))
    asked = forms.asked("measure")
    measure = asked if asked in choices else next(iter(choices), None)
    patient_page.log_what_is_shown(visit, *_SHOWN)
    return page(
        "patient",
        patient=visit.patient,
        shown={topic.value for topic in _SHOWN if may(topic)},
        alerts=patient_page.alerts(visit) if may(Topic.ALERTS) else [],
        diagnosis=patient_page.diagnosis(visit) if may(Topic.DIAGNOSIS) else None,
        treatments=patient_page.treatments(visit) if may(Topic.TREATMENTS) else None,
        report=patient_page.latest_report(reports),
        choices=choices,
        chart=patient_chart.chart(visit, measure) if measure else None,
        wellbeing=patient_page.wellbeing(visit) if may(Topic.WELLBEING) else [],
        replies=patient_page.replies(visit) if may(Topic.REPLIES) else [],
    )
