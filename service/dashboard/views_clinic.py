"""The clinic: hours, holidays, the numbers patients call."""

from collections.abc import Mapping
from typing import Any

from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.accounts.actions import ClinicExists
from service.accounts.clinic_actions import change_clinic
from service.accounts.models import Clinic
from service.accounts.rules import BadHours, hours_text, parse_hours
from service.accounts.staff_schemas import PHONES, ClinicIn, kept_holidays
from service.dashboard import forms
from service.dashboard.access import Visit, allow
from service.dashboard.administration import DAY_WORDS, clinic_of, filled, loaded
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route

_CLINIC = ClinicIn()
PHONE_WORDS = {
    "oncology_line": "Oncology line", "emergency_number": "Ambulance", "crisis_line": "Crisis line",
}  # fmt: skip


@allow(Topic.CLINIC, Do.READ)
def show_clinic(*, visit: Visit) -> Response:
    """Show the clinic's hours, holidays and numbers."""
    return _clinic_page(visit)


@allow(Topic.CLINIC, Do.WRITE)
def save(*, visit: Visit) -> Response:
    """Change the clinic; what comes in from now on goes by the new hours."""
    try:
        changes = loaded(_CLINIC, _body())
        changes["holidays"] = kept_holidays(changes["holidays"])
        change_clinic(visit.session, clinic_of(visit), changes)
    except FormUnusable as missing:
        return _clinic_page(visit, errors=missing.errors, status=422)
    except ClinicExists as no:
        return _clinic_page(visit, errors={"name": no.title}, status=409)
    return make_response(redirect("/clinic?saved=1", 303))


def _body() -> dict[str, Any]:
    body: dict[str, Any] = filled("name", "time_zone")
    missing = {
        name: "This is needed."
        for name in ("name", "time_zone", "hours", *PHONES)
        if not forms.text_of(name)
    }
    if missing:
        raise FormUnusable(missing)
    try:
        body["hours"] = parse_hours(forms.text_of("hours", most=500))
    except BadHours as bad:
        raise FormUnusable({"hours": f"{bad}."}) from None
    body["phones"] = filled(*PHONES)
    body["holidays"] = forms.text_of("holidays", most=10_000).replace(",", " ").split()
    return body


def _clinic_page(
    visit: Visit, *, errors: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    clinic = people.clinic(visit.session, clinic_of(visit))
    return page(
        "clinic", status=status, clinic=clinic, errors=errors or {}, phone_words=PHONE_WORDS,
        typed=forms.typed() if errors else _as_typed(clinic), day_words=DAY_WORDS,
        saved=forms.asked("saved") == "1", may_change=visit.frame.may(Topic.CLINIC, Do.WRITE),
    )  # fmt: skip


def _as_typed(clinic: Clinic) -> dict[str, str]:
    return {
        "name": clinic.name,
        "time_zone": clinic.time_zone,
        "hours": hours_text(clinic.hours),
        "holidays": "\n".join(clinic.holidays),
        **clinic.phones,
    }


ROUTES: tuple[Route, ...] = (
    Route("/clinic", "clinic", show_clinic),
    Route("/clinic", "save_clinic", save, POST),
)
