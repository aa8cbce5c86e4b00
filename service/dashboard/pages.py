"""Pages, and what is said when there is none: in plain words, without patient data."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Response, g, make_response, redirect, render_template, request
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException

from service.accounts.factor import SecondFactorNeeded
from service.accounts.sharing import NotShared
from service.accounts.step_up import StepUpNeeded
from service.dashboard.access import Frame
from service.dashboard.security import SAFE, is_local
from service.dashboard.session import is_refresh
from service.emergencies.actions import NoSuchPatient
from service.errors import (
    Conflict,
    DomainError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Outdated,
    Rejected,
    TooMany,
)  # fmt: skip

_STATUS_OF: Mapping[type[DomainError], int] = {
    NotFound: 404, NotAllowed: 403, Conflict: 409, Rejected: 422, Outdated: 409, NotSignedIn: 401,
    TooMany: 429,
}  # fmt: skip
# Heading and sentence of each kind of page that is not the one asked for.
_SAID: Mapping[int, tuple[str, str]] = {
    400: ("This request cannot be read", "Please go back and try again."),
    403: ("Your role does not open this page",
          "If you need it for your work, ask the administrator of your clinic."),
    404: ("There is no such page here",
          "It may have been closed, or it belongs to another team or clinic."),
    405: ("This page cannot be opened like that", "Please go back and use its buttons."),
    409: ("Somebody else was first", "Please go back and look again before you go on."),
    413: ("This is too long", "Please go back and write less than a megabyte."),
    422: ("This address is not complete", "Please begin again from the list of patients."),
    429: ("Too many requests", "Please wait a minute and try again."),
    500: ("Something went wrong on our side",
          "What you did last may not be saved: go back and look. It has been written down for "
          "those who run Waymark."),
    503: ("Waymark cannot reach its records just now",
          "Please try again in a few seconds. If a patient needs help now, do not wait for this "
          "page."),
}  # fmt: skip
_NOT_SHARED = (
    "She has not agreed that her care team sees her record here, or no longer agrees. What she "
    "writes and reports does not reach you through Waymark, and she knows that. Look after her as "
    "you would without it: by phone and at her visits. She can change her mind at any time."
)
_NO_SUCH_PATIENT = (
    "Nothing was opened. Go back, check the id with whoever gave it to you, and try again; or call "
    "her clinic."
)
_WRITTEN = (
    "action", "reply_to_patient", "note", "title", "summary", "body", "sources", "about", "reason",
)  # fmt: skip


def page(template: str, *, status: int = 200, **context: Any) -> Response:
    """Fill a template in; whoever is signed in stands in the frame around it."""
    frame: Frame | None = g.get("frame")
    words = frame.words if frame else None
    body = render_template(f"dashboard/{template}.html", frame=frame, words=words, **context)
    return make_response(body, status)


def message(status: int, *, heading: str | None = None, text: str | None = None) -> Response:
    """Return a page that only says something."""
    said = _SAID.get(status) or _SAID[500 if status >= 500 else 400]
    return page("message", status=status, heading=heading or said[0], text=text or said[1])


def on_domain_error(error: DomainError) -> Response:
    """Say no in the words of the page."""
    if isinstance(error, NotSignedIn):
        return _sign_in_first()
    if isinstance(error, SecondFactorNeeded):
        return _elsewhere("/second-factor")
    if isinstance(error, StepUpNeeded):
        return _prove_again_first()
    if isinstance(error, NotShared):
        return message(403, heading="She does not share her record", text=_NOT_SHARED)
    if isinstance(error, NoSuchPatient):
        return message(404, heading="There is no patient of this id", text=_NO_SUCH_PATIENT)
    status = next(_STATUS_OF[kind] for kind in type(error).__mro__ if kind in _STATUS_OF)
    plain = type(error) in {NotFound, NotAllowed, Rejected, Conflict, Outdated}
    response = message(status, text=None if plain else error.title)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def on_http_error(error: HTTPException) -> Response:
    """Answer what Flask refuses: unknown pages, methods that do not exist, crashes."""
    response = message(error.code or 500)
    # Allow on 405, Retry-After on 429.
    kept = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    response.headers.update(kept)
    return response


def on_integrity_error(_error: IntegrityError) -> Response:
    """Say that of two who were each right alone the other was first."""
    return message(409)


def on_database_away(_error: Exception) -> Response:
    """Say that the database does not answer."""
    response = message(503)
    response.headers["Retry-After"] = "5"
    return response


def on_connection_lost(error: DBAPIError) -> Response:
    """Say so if the connection broke; anything else is a fault of ours."""
    if error.connection_invalidated:
        return on_database_away(error)
    raise error


HANDLERS = (
    (DomainError, on_domain_error),
    (HTTPException, on_http_error),
    (IntegrityError, on_integrity_error),
    (OperationalError, on_database_away),
    (PoolExhausted, on_database_away),
    (DBAPIError, on_connection_lost),
)


def _elsewhere(there: str) -> Response:
    if is_refresh():
        # What stands on the screen is a patient's: it goes when the session goes.
        response = make_response("", 401)
        response.headers["HX-Redirect"] = there
        return response
    return make_response(redirect(there, 303))


def _prove_again_first() -> Response:
    if request.method in SAFE:
        here = request.full_path if request.query_string else request.path
        return _elsewhere(f"/step-up?next={quote(here, safe='')}")
    # What she was about to do is not done: she comes back to the page with its button.
    came_from = urlsplit(request.referrer or "")
    is_ours = came_from.netloc == request.host and is_local(came_from.path)
    there = quote(came_from.path if is_ours else "/", safe="")
    return _elsewhere(f"/step-up?again=1&next={there}")


def _sign_in_first() -> Response:
    here = request.full_path if request.query_string else request.path
    there = f"/sign-in?next={quote(here, safe='')}" if is_local(here) else "/sign-in"
    if is_refresh() or request.method in SAFE:
        return _elsewhere(there)
    # What somebody has written comes back, to be copied: she was only away too long.
    typed = {name: request.form[name] for name in _WRITTEN if request.form.get(name)}
    return page("sign_in", status=401, next="", was_signed_out=True, typed=typed)
