"""One alert, and everything a person can do about it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.alerts import queries
from service.alerts.actions import locked
from service.alerts.models import Alert, AlertState
from service.alerts.schemas import OUTCOMES, WAYS
from service.care import alert_view, answering
from service.clinical import knowledge
from service.dashboard import alert_forms, forms
from service.dashboard.access import Visit, allow
from service.dashboard.alert_page import in_full
from service.dashboard.alert_refusals import check_seen, sentence
from service.dashboard.colleagues import colleagues_on
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.dashboard.views_queue import address_after, is_on_a_queue, page_again
from service.errors import Conflict, Rejected

Act = Callable[[Alert], Alert]
# What is said once it is done, by what was done: who cannot see the page change hears it.
_DONE = {
    "take": "It is yours: nobody else is called, and she is told that it was seen.",
    "contact": "The contact is saved.",
    "assign": "It is handed over.",
    "snooze": "It is snoozed.",
    "close": "The alert is closed.",
    "reopen": "The alert is open again.",
}


@allow(Topic.ALERTS, Do.READ)
def show_alert(*, visit: Visit, alert_id: UUID) -> Response:
    """Show an alert with its reasons, its history and the forms to answer it."""
    alert = queries.alert_for(visit.session, visit.viewer, alert_id)
    return _alert_page(visit, alert, done=_DONE.get(forms.asked("done")))


@allow(Topic.ALERTS, Do.WRITE)
def acknowledge(*, visit: Visit, alert_id: UUID) -> Response:
    """Take an alert, on its page or on a queue's, and tell her something with it."""

    def take(alert: Alert) -> Alert:
        if alert.state is AlertState.OPEN:
            _check(visit, alert, whoever_has_it=True)
        return answering.acknowledge(
            visit.session, visit.viewer, alert_id, now=visit.now, **alert_forms.take()
        )

    return _answered(visit, alert_id, take, form="take")


@allow(Topic.ALERTS, Do.WRITE)
def record_contact(*, visit: Visit, alert_id: UUID) -> Response:
    """Note an attempt to reach her: it was made, whoever has the alert by now."""

    def note(alert: Alert) -> Alert:
        _check(visit, alert, whoever_has_it=True)
        return answering.record_contact(
            visit.session, visit.viewer, alert_id, now=visit.now, **alert_forms.contact()
        )

    return _answered(visit, alert_id, note, form="contact")


@allow(Topic.ALERTS, Do.WRITE)
def assign(*, visit: Visit, alert_id: UUID) -> Response:
    """Hand an alert to a colleague, or take it over from one."""

    def hand(alert: Alert) -> Alert:
        _check(visit, alert)
        return answering.assign(
            visit.session, visit.viewer, alert_id, now=visit.now,
            assignee_id=alert_forms.assignee(visit, alert),
        )  # fmt: skip

    return _answered(visit, alert_id, hand, form="assign")


@allow(Topic.ALERTS, Do.WRITE)
def snooze(*, visit: Visit, alert_id: UUID) -> Response:
    """Hold back repeats of what is known, for some days."""

    def hold(alert: Alert) -> Alert:
        _check(visit, alert)
        return answering.snooze(
            visit.session, visit.viewer, alert_id, now=visit.now, **alert_forms.snooze()
        )

    return _answered(visit, alert_id, hold, form="snooze")


@allow(Topic.ALERTS, Do.WRITE)
def close(*, visit: Visit, alert_id: UUID) -> Response:
    """Close an alert and tell her what came of it."""

    def end(alert: Alert) -> Alert:
        _check(visit, alert)
        return answering.close(
            visit.session, visit.viewer, alert_id, now=visit.now, **alert_forms.close(alert)
        )

    return _answered(visit, alert_id, end, form="close")


@allow(Topic.ALERTS, Do.WRITE)
def reopen(*, visit: Visit, alert_id: UUID) -> Response:
    """Open a closed alert again."""

    def again(_alert: Alert) -> Alert:
        return answering.reopen(visit.session, visit.viewer, alert_id, now=visit.now)

    return _answered(visit, alert_id, again, form="reopen")


def _check(visit: Visit, alert: Alert, *, whoever_has_it: bool = False) -> None:
    # Of a closed one the answer itself says so.
    if alert.state is not AlertState.CLOSED:
        check_seen(alert, forms.text_of("seen"), visit.viewer, whoever_has_it=whoever_has_it)


def _answered(visit: Visit, alert_id: UUID, act: Act, *, form: str) -> Response:
    """Do it and go on, or say on the page why not, with everything that was typed."""
    back = forms.text_of("back")
    alert = locked(visit.session, visit.viewer, alert_id)
    try:
        alert = act(alert)
    except (Conflict, Rejected) as refused:
        shown = alert_view.shown(visit.session, [alert])[0]
        refusal = sentence(refused, alert, shown, visit.viewer)
        if is_on_a_queue(back):
            return page_again(visit, back, alert.queue, refusal=refusal)
        return _alert_page(visit, alert, status=409, refusal=refusal, form=form)
    except forms.FormUnusable as wrong:
        return _alert_page(visit, alert, status=422, errors=wrong.errors, form=form)
    visit.session.flush()
    visit.log_by_id(alert.patient_id, Topic.ALERTS, Do.WRITE)
    there = f"/alerts/{alert.id}?done={form}"
    if is_on_a_queue(back):
        there = address_after(back, alert.queue, alert.id)
    return make_response(redirect(there, 303))


def _alert_page(
    visit: Visit,
    alert: Alert,
    *,
    status: int = 200,
    refusal: str | None = None,
    errors: Any = None,
    form: str | None = None,
    done: str | None = None,
) -> Response:
    patient = visit.log_by_id(alert.patient_id, Topic.ALERTS, Do.READ)
    shown = in_full(visit, alert)
    may_answer = visit.frame.may(Topic.ALERTS, Do.WRITE)
    forms_shown = _forms_on(alert, shown) if may_answer else set()
    typed = forms.typed() if form else {}
    return page(
        "alert", status=status, alert=shown, refusal=refusal, done=done, errors=errors or {},
        form=form, typed=typed, lost={} if form in forms_shown else typed, forms=forms_shown,
        may_answer=may_answer, outcomes=OUTCOMES, ways=WAYS, plans=alert_forms.PLANS,
        snooze_days=alert_forms.SNOOZE_DAYS, answers=knowledge().answers, patient=patient,
        offered=knowledge().answers.replies_in(patient.locale),
        telephone=people.telephone_of(visit.session, patient.id),
        phones=people.clinic(visit.session, alert.clinic_id).phones,
        colleagues=colleagues_on(visit.session, visit.viewer, [alert.queue], now=visit.now)
        if forms_shown else [],
    )  # fmt: skip


def _forms_on(alert: Alert, shown: dict[str, Any]) -> set[str]:
    """Return the forms an alert can be answered with as it is now."""
    if alert.state is AlertState.CLOSED:
        return set()
    found = {"contact", "close", "assign"}
    if alert.state is AlertState.OPEN:
        found.add("take")
    if shown["why_no_snooze"] is None:
        found.add("snooze")
    return found


ROUTES: tuple[Route, ...] = (
    Route("/alerts/<uuid:alert_id>", "alert", show_alert),
    Route("/alerts/<uuid:alert_id>/acknowledge", "acknowledge", acknowledge, POST),
    Route("/alerts/<uuid:alert_id>/contact-attempts", "contact", record_contact, POST),
    Route("/alerts/<uuid:alert_id>/assign", "assign", assign, POST),
    Route("/alerts/<uuid:alert_id>/snooze", "snooze", snooze, POST),
    Route("/alerts/<uuid:alert_id>/close", "close", close, POST),
    Route("/alerts/<uuid:alert_id>/reopen", "reopen", reopen, POST),
)
