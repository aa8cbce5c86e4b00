"""The panel: every patient of the clinic in one row, whoever needs somebody first."""

from typing import Any
from uuid import UUID

from flask import Response

from service.accounts.access import Do, Topic
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.panel import queries

PAGE = 50
SORTS = {"risk": "Most urgent first", "last_report": "Latest report first", "name": "By name"}
FILTERS = {"": "All patients", "alerts": "With open alerts", "silent": "Never reported"}


@allow(Topic.PANEL, Do.READ)
def show_panel(*, visit: Visit) -> Response:
    """List patients by urgency."""
    assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    sort, only = _choice("sort", SORTS, "risk"), _choice("show", FILTERS, "")
    search, after = forms.asked("q", most=100), forms.asked("after", most=500)
    found = queries.panel_page(
        visit.session, visit.viewer.clinic_id, sort=sort, limit=PAGE, search=search or None,
        only=only or None, last=_position(after, sort) if after else None,
    )  # fmt: skip
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        value = queries.sort_value(rows[-1], sort)
        more = cursors.written([sort, value, str(rows[-1].patient_id)])
    return page(
        "panel", rows=rows, more=more, is_first_page=not after, search=search, sort=sort,
        only=only, sorts=SORTS, filters=FILTERS, shows_symptoms=visit.frame.may(Topic.SYMPTOMS),
        shows_wellbeing=visit.frame.may(Topic.WELLBEING),
    )  # fmt: skip


def _choice(name: str, choices: dict[str, str], default: str) -> str:
    given = forms.asked(name)
    return given if given in choices else default


def _position(text: str, sort: str) -> queries.Position:
    sorted_by, value, id = cursors.read(text, parts=3)
    if sorted_by != sort:
        raise cursors.PlaceUnknown
    return _value(sort, value), _id(id)


def _value(sort: str, value: Any) -> Any:
    try:
        return queries.bound(sort, value)
    except (ValueError, TypeError):
        raise cursors.PlaceUnknown from None


def _id(text: Any) -> UUID:
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        raise cursors.PlaceUnknown from None
