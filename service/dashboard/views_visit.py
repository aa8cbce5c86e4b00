"""The two-minute page before a visit, on the screen, on paper and as PDF."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from marshmallow import ValidationError

from service.accounts.access import QUEUES, Do, Topic, readable_topics
from service.care.schemas import VisitQuery
from service.care.visit.drawing import draw, numbered
from service.care.visit.page import visit_summary
from service.care.visit.pdf import pdf_of, subtitle
from service.dashboard import forms
from service.dashboard.access import Visit, allow
from service.dashboard.formatting import record_words
from service.dashboard.pages import page
from service.dashboard.routing import Route

_ASKED = VisitQuery()
_WRONG_DAY = "This is no day. The page below begins six weeks ago."
_MOST_RECORDS = 6


@allow(Topic.VISIT, Do.READ)
def show_visit(*, visit: Visit) -> Response:
    """Show the page with what each line stands on, a choice of days, and ways to print it."""
    since, is_wrong = _since()
    found = _page(visit, since)
    return page(
        "visit", status=422 if is_wrong else 200, patient=visit.patient, found=found,
        subtitle=subtitle(found), drawing=draw(found), marks=numbered(found),
        sections=[_shown(visit, section) for section in found["sections"]],
        errors={"since": _WRONG_DAY} if is_wrong else {},
    )  # fmt: skip


@allow(Topic.VISIT, Do.READ)
def _printed(*, visit: Visit) -> dict[str, Any]:
    return _page(visit, _since()[0])


@wraps(_printed)
def read_pdf(**kwargs: Any) -> Response:
    """Give the page as PDF; it is made once the transaction is over."""
    made = pdf_of(_printed(**kwargs))
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="visit-summary.pdf"'
    return answer


def _since() -> tuple[date | None, bool]:
    """Return the day asked for, and whether what was asked is none."""
    asked = forms.asked("since")
    try:
        return (_ASKED.load({"since": asked})["since"] if asked else None), False
    except ValidationError:
        return None, True


def _page(visit: Visit, since: date | None) -> dict[str, Any]:
    viewer = visit.viewer
    return visit_summary(
        visit.session, visit.patient, topics=readable_topics(viewer, None),
        queues=QUEUES.get(viewer.role, ()), for_staff=True, since=since, now=visit.now,
    )  # fmt: skip


def _shown(visit: Visit, section: Mapping[str, Any]) -> dict[str, Any]:
    return {**section, "lines": [_line(visit, line) for line in section["lines"]]}


def _line(visit: Visit, line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line with where it leads and the words of its records."""
    records = line["records"]
    link, words = None, ""
    if "severity" in line and records and records[0]["type"] == "alert":
        link, words = f"/alerts/{records[0]['id']}", "Open the alert"
    if "symptom" in line:
        link = f"/patients/{visit.patient.id}?measure={line['symptom']}#trend-box"
        words = "See its course"
    zone = ZoneInfo(visit.patient.time_zone)
    named = [f"{record_words(one['type'])}, {_local(one['at'], zone)}" for one in records]
    return {
        "text": line["text"],
        "link": link,
        "link_words": words,
        "records": named[:_MOST_RECORDS],
        "more": len(named[_MOST_RECORDS:]),
        "grade": line.get("grade"),
        "severity": line.get("severity"),
    }


def _local(at: str, zone: ZoneInfo) -> str:
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M}"


ROUTES: tuple[Route, ...] = (
    Route("/patients/<uuid:patient_id>/visit", "visit", show_visit),
    Route("/patients/<uuid:patient_id>/visit.pdf", "visit_pdf", read_pdf),
)
