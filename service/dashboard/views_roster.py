"""The roster: who answers when, who is away, who stands in."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts import absence_actions as absences
from service.accounts import queries as people
from service.accounts import roster_actions as actions
from service.accounts import roster_lists as queries
from service.accounts.access import Do, Topic
from service.accounts.roster_actions import DUTIES, may_hold
from service.accounts.staff_schemas import ROLES, AbsenceIn, RosterIn
from service.dashboard import forms
from service.dashboard.access import Visit, allow
from service.dashboard.administration import (
    DAY_WORDS,
    DUTY_WORDS,
    clinic_of,
    colleagues,
    filled,
    loaded,
    local_moment,
    refused_fields,
    several,
)  # fmt: skip
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import page
from service.dashboard.roster_words import shift_words, week_words
from service.dashboard.routing import POST, Route
from service.wire import moment_text

_SHIFT, _ABSENCE = RosterIn(), AbsenceIn()
# What is said once it is done.
_DONE = {
    "shift": "The shift is on the roster.",
    "moved": "The order is changed.",
    "removed": "The shift is off the roster.",
    "absence": "The absence is noted.",
    "back": "The absence is over.",
}


@allow(Topic.ROSTER, Do.READ)
def show_roster(*, visit: Visit) -> Response:
    """Show who answers now and this week, and who is away."""
    return _roster_page(visit)


@allow(Topic.ROSTER, Do.WRITE)
def add_shift(*, visit: Visit) -> Response:
    """Put somebody on a roster."""

    def act() -> None:
        body = loaded(_SHIFT, _shift_body(_zone(visit)))
        duty = body.pop("duty")
        actions.add_entry(visit.session, clinic_of(visit), duty=duty, values=body)

    return _done(visit, "shift", act)


@allow(Topic.ROSTER, Do.WRITE)
def move(*, visit: Visit, entry_id: UUID) -> Response:
    """Change somebody's place on a roster; the others move."""
    place = forms.text_of("to", most=5)
    to = int(place) if place.isascii() and place.isdigit() else 0
    actions.change_entry(visit.session, clinic_of(visit), entry_id, {"position": to})
    return _back("moved")


@allow(Topic.ROSTER, Do.WRITE)
def remove(*, visit: Visit, entry_id: UUID) -> Response:
    """Take an entry off its roster."""
    actions.remove_entry(visit.session, clinic_of(visit), entry_id)
    return _back("removed")


@allow(Topic.ROSTER, Do.WRITE)
def add_absence(*, visit: Visit) -> Response:
    """Note that somebody is away, and who stands in."""

    def act() -> None:
        body: dict[str, Any] = filled("account_id", "stand_in_id")
        for name, text in filled("starts_at", "ends_at").items():
            body[name] = moment_text(local_moment(text, name, _zone(visit)))
        absences.add_absence(
            visit.session, clinic_of(visit), entered_by=visit.viewer.account_id, now=visit.now,
            **loaded(_ABSENCE, body),
        )  # fmt: skip

    return _done(visit, "absence", act)


@allow(Topic.ROSTER, Do.WRITE)
def end_absence(*, visit: Visit, absence_id: UUID) -> Response:
    """Take back an absence that is ahead, or end the one that runs."""
    absences.end_absence(visit.session, clinic_of(visit), absence_id, now=visit.now)
    return _back("back")


def _done(visit: Visit, form: str, act: Callable[[], None]) -> Response:
    try:
        act()
    except FormUnusable as missing:
        return _roster_page(visit, form=form, errors=missing.errors, status=422)
    except actions.RosterUnusable as no:
        return _roster_page(visit, form=form, errors=refused_fields(no), status=422)
    return _back(form)


def _back(done: str) -> Response:
    duty = forms.text_of("duty")
    on = f"duty={duty}&" if duty in DUTIES else ""
    return make_response(redirect(f"/roster?{on}done={done}", 303))


def _shift_body(zone: str) -> dict[str, Any]:
    body: dict[str, Any] = filled("duty", "account_id", "from_time", "to_time")
    days = filled("first_day", "last_day")
    if "first_day" in days:
        body["starts_at"] = moment_text(local_moment(days["first_day"][:10], "first_day", zone))
    if "last_day" in days:
        last = _day_after(days["last_day"])
        body["ends_at"] = moment_text(local_moment(last, "last_day", zone))
    if several("days"):
        body["days"] = several("days")
    return body


def _day_after(text: str) -> str:
    try:
        return (date.fromisoformat(text) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return text


def _zone(visit: Visit) -> str:
    return people.clinic(visit.session, clinic_of(visit)).time_zone


def _roster_page(
    visit: Visit,
    *,
    form: str = "",
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    clinic_id, zone, session = clinic_of(visit), _zone(visit), visit.session
    asked = forms.text_of("duty") or forms.asked("duty")
    duty = asked if asked in DUTIES else DUTIES[0]
    staff = colleagues(visit)
    entries = queries.entries_of(session, clinic_id, duty)
    away = queries.absences_of(session, clinic_id, now=visit.now)
    now_on = queries.on_duty_now(session, clinic_id, DUTIES, now=visit.now)
    week, is_whole = queries.week_of(session, clinic_id, duty, now=visit.now, zone=zone)
    return page(
        "roster", status=status, duty=duty, duties=DUTIES, duty_words=DUTY_WORDS,
        names={one.id: one.display_name for one in staff}, now_on=now_on,
        disabled={one.id for one in staff if one.disabled_at is not None},
        week=week_words(week, now=visit.now, words=visit.frame.words), is_whole=is_whole,
        entries=[(entry, shift_words(entry, visit.frame.words)) for entry in entries],
        absences=away, day_words=DAY_WORDS, form=form, errors=errors or {},
        done=_DONE.get(forms.asked("done")),
        typed=forms.typed() if errors else {}, ticked=several("days"), zone=zone,
        able=[one for one in staff if one.disabled_at is None and may_hold(one.role, duty)],
        staff=[one for one in staff if one.disabled_at is None], roles=ROLES,
        may_change=visit.frame.may(Topic.ROSTER, Do.WRITE),
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/roster", "roster", show_roster),
    Route("/roster", "add_shift", add_shift, POST),
    Route("/roster/entries/<uuid:entry_id>/move", "move_shift", move, POST),
    Route("/roster/entries/<uuid:entry_id>/remove", "remove_shift", remove, POST),
    Route("/roster/absences", "add_absence", add_absence, POST),
    Route("/roster/absences/<uuid:absence_id>/end", "end_absence", end_absence, POST),
)
