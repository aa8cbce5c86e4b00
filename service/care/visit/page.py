"""The visit page, section by section.  A part a reader may not see is not looked up at all."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.accounts.access import Topic
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.care.rules_in_force import rules_of
from service.care.trends import courses_of, marks_in
from service.care.visit import alerts, hers, loading, symptoms, treatments, wellbeing
from service.care.visit.words import Line, Span, line
from service.symptoms.queries import reports_between
from service.symptoms.rules import CAREGIVER

DEFAULT_SPAN = timedelta(days=42)


def visit_summary(
    session: Session,
    patient: PatientRef,
    *,
    topics: Collection[Topic],
    queues: Collection[Queue],
    for_staff: bool,
    since: date | None,
    now: datetime,
) -> dict[str, Any]:
    """Return what a clinician has to know before seeing her, the most important first.

    Args:
        session: any.
        patient: whom it is about.
        topics: what the reader may read of her; a section of another topic is left out.
        queues: those the reader works on; none for herself.
        for_staff: whether what clinicians enter for each other may stand on it.
        since: the first day; six weeks before today by default.
        now: the moment of asking.

    Returns:
        ``sections`` of ``title``, ``lines`` and what to say where there is none (``empty``), and
        beside them what to draw: ``drawn`` lines and the ``marks`` of her treatment.
    """
    last = patient.local_date(now)
    first = min(since or last - DEFAULT_SPAN, last)
    page = _Page(
        session, patient, frozenset(topics),
        Span(first=first, last=last, now=now, zone=ZoneInfo(patient.time_zone)),
    )  # fmt: skip
    page.add_hers()
    page.add_symptoms()
    page.add_alerts(frozenset(queues))
    page.add_doses()
    page.add_wellbeing(for_staff=for_staff)
    if page.family:
        page.add("What her family reported", "family", page.family, "")
    page.add_events()
    page.add("Not known", "not-known", page.unknown, "Nothing is missing.")
    return {
        "patient": patient.display_name, "birth_year": page.hers.birth_year, "since": first,
        "until": last, "made_at": now, "sections": page.sections, "drawn": page.drawn,
        "marks": [mark for mark in page.marks if page.drawn],
    }  # fmt: skip


class _Page:
    """The page while it is being put together, section by section."""

    def __init__(
        self, session: Session, patient: PatientRef, topics: Collection[Topic], span: Span
    ) -> None:
        self.session, self.id, self.topics, self.span = session, patient.id, topics, span
        self.rules = rules_of(session, patient)
        self.hers = loading.hers(session, patient.id)
        self.courses = (
            courses_of(session, patient.id, span.last) if Topic.TREATMENTS in topics else []
        )
        self.marks: list[dict[str, Any]] = marks_in(self.courses, span.first, span.last)
        self.sections: list[Mapping[str, Any]] = []
        self.drawn: list[dict[str, Any]] = []
        self.unknown: list[Line] = []
        self.family: list[Line] = []

    def add(self, title: str, key: str, lines: list[Line], empty: str) -> None:
        """Add a section; ``empty`` is said where it has no lines."""
        self.sections.append({"title": title, "key": key, "lines": lines, "empty": empty})

    def add_hers(self) -> None:
        """Add what matters to her and her open questions."""
        if Topic.PROFILE in self.topics:
            lines = hers.matters_lines(self.hers)
            self.add("What matters to her", "matters", lines, "She has not said yet.")
        if Topic.QUESTIONS in self.topics:
            lines = hers.question_lines(
                self.hers.questions, self.hers.number_of_questions, self.span
            )
            self.add("Her questions", "questions", lines, "None noted.")

    def add_symptoms(self) -> None:
        """Add the worst symptoms; what her family reported comes later."""
        if Topic.SYMPTOMS not in self.topics:
            return
        span = self.span
        reports = reports_between(self.session, self.id, since=span.start, until=span.now)
        by_her = [one for one in reports if one.reported_by != CAREGIVER]
        found = symptoms.histories(by_her)
        lines = symptoms.symptom_lines(found, by_her, self.marks, span)
        self.add("Symptoms at their worst", "symptoms", lines, "None worse than none.")
        self.drawn += symptoms.drawn(found, span)
        self.family = symptoms.family_lines(reports, span)
        self.unknown += hers.report_unknowns(self.hers, reports, span)

    def add_alerts(self, queues: Collection[Queue]) -> None:
        """Add the alerts, as far as the reader may know of them."""
        if not {Topic.ALERTS, Topic.REPLIES} & set(self.topics):
            return
        found = loading.alerts(self.session, self.id, self.span)
        steps = loading.steps(self.session, [alert.id for alert, _ in found])
        lines = alerts.alert_lines(found, steps, queues, self.span, self.rules)
        self.add("Alerts and what was done", "alerts", lines, "None in this time.")

    def add_doses(self) -> None:
        """Add the doses missed and the treatments."""
        if Topic.TREATMENTS not in self.topics:
            return
        doses = loading.doses(self.session, self.id, self.span)
        lines = treatments.dose_lines(self.courses, doses, self.span)
        self.add("Doses missed", "doses", lines, "None expected in this time.")
        lines = treatments.treatment_lines(self.courses, self.marks, self.span)
        self.add("Treatments", "treatments", lines, "None entered.")

    def add_wellbeing(self, *, for_staff: bool) -> None:
        """Add how she feels, what screening says and whom she asked for."""
        topics = self.topics
        if not {Topic.WELLBEING, Topic.QUESTIONNAIRES, Topic.SUPPORT} & set(topics):
            return
        checks, responses = loading.wellbeing(self.session, self.id, self.span)
        lines = []
        if Topic.WELLBEING in topics:
            lines += wellbeing.check_lines(checks, self.span)
            self.drawn += wellbeing.drawn(checks, self.span)
            if not checks:
                self.unknown.append(line("No wellbeing check in this time."))
        if Topic.QUESTIONNAIRES in topics:
            lines += wellbeing.screening_lines(responses, self.span, for_staff=for_staff)
            if not responses:
                self.unknown.append(line("No questionnaire in this time."))
        if Topic.SUPPORT in topics:
            lines += wellbeing.request_lines(
                loading.requests(self.session, self.id, self.span), self.span
            )
        self.add("How she is", "wellbeing", lines, "She has not said in this time.")

    def add_events(self) -> None:
        """Add what comes next."""
        if Topic.EVENTS in self.topics:
            found = loading.events(self.session, self.id, self.span)
            lines = hers.event_lines(found, self.span)
            self.add("What comes next", "events", lines, "Nothing is entered.")
