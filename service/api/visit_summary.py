"""Routes: the two-minute page before a visit, as data, as a page to print, as PDF."""

from base64 import b64encode
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from importlib.resources import files
from typing import Any

from flask import Response, render_template

from service.accounts.access import QUEUES, Do, Topic, readable_topics
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.care.schemas import VisitQuery, VisitSummaryOut
from service.care.visit.drawing import draw, numbered
from service.care.visit.page import visit_summary
from service.care.visit.pdf import pdf_of, subtitle

blp = ApiBlueprint("visit_summary", __name__, description="The two-minute page before a visit")

_HTML = {"type": "string", "description": "A page of its own: no script, nothing is loaded"}
_PDF = {"type": "string", "format": "binary", "description": "A4, tagged (PDF/UA-1)"}
# Her name is not in the name of the file: it stands in lists of downloads and on shared screens.
_FILE = 'inline; filename="visit-summary.{}"'


@blp.route("/patients/<pid:pid>/visit-summary")
@allow(Topic.VISIT, Do.READ)
@blp.arguments(VisitQuery, location="query")
@blp.response(200, VisitSummaryOut)
def read_visit_summary(args: dict[str, Any], *, call: Call) -> Any:
    """Read the two-minute page before a visit."""
    return _page(args, call)


def _finished_by(finish: Callable[[Any], Response]) -> Callable[..., Any]:
    """Finish what a view returns once its transaction is over: nothing slow happens in one."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def finished(*args: Any, **kwargs: Any) -> Response:
            return finish(view(*args, **kwargs))

        return finished

    return decorate


def _as_html(page: Any) -> Response:
    style = _style()
    body = render_template(
        "visit_summary.html", page=page, subtitle=subtitle(page), drawing=draw(page),
        marks=numbered(page), style=style,
    )  # fmt: skip
    digest = b64encode(sha256(style.encode()).digest()).decode()
    answer = Response(body, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    answer.headers["Content-Disposition"] = _FILE.format("html")
    return answer


def _as_pdf(page: Any) -> Response:
    answer = Response(pdf_of(page), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = _FILE.format("pdf")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blp.route("/patients/<pid:pid>/visit-summary.html")
@blp.response(200, _HTML, content_type="text/html")
@_finished_by(_as_html)
@allow(Topic.VISIT, Do.READ)
@blp.arguments(VisitQuery, location="query")
def read_visit_page(args: dict[str, Any], *, call: Call) -> Any:
    """Read the two-minute page as a page to print."""
    return _page(args, call)


@blp.route("/patients/<pid:pid>/visit-summary.pdf")
@blp.response(200, _PDF, content_type="application/pdf")
@_finished_by(_as_pdf)
@allow(Topic.VISIT, Do.READ)
@blp.arguments(VisitQuery, location="query")
def read_visit_pdf(args: dict[str, Any], *, call: Call) -> Any:
    """Read the two-minute page as PDF."""
    return _page(args, call)


def _page(args: dict[str, Any], call: Call) -> dict[str, Any]:
    viewer = call.viewer
    return visit_summary(
        call.session, call.patient, topics=readable_topics(viewer, call.grants),
        queues=QUEUES.get(viewer.role, ()), for_staff=viewer.is_staff, since=args["since"],
        now=call.now,
    )  # fmt: skip


def _style() -> str:
    return files("service.api").joinpath("templates", "visit_summary.css").read_text()
