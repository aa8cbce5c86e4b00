"""A new password with a code from an e-mail, for whoever has forgotten hers.

The same as the two routes of the API, whose mails lead here.  It goes round no second factor:
whoever has set a new password signs in with it, and with the factor.
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, g, make_response, redirect, request

from service.accounts import credential_actions as actions
from service.accounts import throttle
from service.accounts.rules import email_key
from service.accounts.schemas import ForgotIn, ResetIn
from service.dashboard import forms
from service.dashboard.access import public
from service.dashboard.administration import filled, loaded, new_password, refused_fields
from service.dashboard.attempts import asked_from_here, guess_from_here, passwords, told_to_wait
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.db import transaction
from service.errors import Rejected, TooMany
from service.notify.code_mail import mail_reset
from service.notify.ways_in import tell_account

_FORGOT, _RESET = ForgotIn(), ResetIn()


@public
def show_forgot() -> Response:
    """Ask for the address a code is to go to."""
    return _forgot_page(was_sent=forms.asked("sent") == "1")


@public
def ask_for_reset() -> Response:
    """Mail a code, if anybody has the address; the answer is the same if nobody has."""
    try:
        email = loaded(_FORGOT, filled("email"))["email"]
        asked_from_here(throttle.of_mail(email_key(email)))
    except FormUnusable as missing:
        return _forgot_page(errors=missing.errors)
    except TooMany as wait:
        return told_to_wait(_forgot_page(status=429), wait)
    # As in the API: what is not the same drowns in a comparison.
    passwords().is_right(None, email)
    with transaction() as open_session:
        code, owner = actions.ask_for_reset(open_session, email, now=g.now)
        mail_reset(
            open_session, owner, code, public_url=current_app.config["PUBLIC_URL"], now=g.now
        )
    return make_response(redirect("/password/forgot?sent=1", 303))


@public
def show_reset() -> Response:
    """Ask for the code and a new password; the link in the mail leads here and changes nothing."""
    return _reset_page()


@public
def reset_password() -> Response:
    """Set a new password with the code; all devices are signed out, and the owner gets a mail."""
    try:
        body = loaded(_RESET, {"code": forms.text_of("mailed"), **new_password()})
        tried = guess_from_here()
        with transaction() as open_session:
            actions.check_reset(open_session, body["code"], body["password"], now=g.now)
        _set(body, tried)
    except FormUnusable as missing:
        return _reset_page(errors=missing.errors)
    except TooMany as wait:
        return told_to_wait(_reset_page(status=429), wait)
    except actions.ResetCodeInvalid as no:
        return _reset_page(errors={"code": no.title})
    except Rejected as no:
        return _reset_page(errors=refused_fields(no))
    return make_response(redirect("/sign-in?done=password", 303))


def _set(body: Mapping[str, Any], tried: throttle.Tried) -> None:
    password_hash = passwords().hash(body["password"])
    with transaction() as open_session:
        account = actions.reset_password(
            open_session, body["code"], password_hash=password_hash, now=g.now
        )
        throttle.succeed(open_session, tried)
        tell_account(open_session, account, "Your account has a new password.", now=g.now)


def _forgot_page(
    *, errors: Mapping[str, str] | None = None, status: int = 200, was_sent: bool = False
) -> Response:
    return page(
        "password_forgot", status=422 if errors else status, errors=errors or {},
        must_wait=status == 429, was_sent=was_sent, typed=filled("email"),
    )  # fmt: skip


def _reset_page(*, errors: Mapping[str, str] | None = None, status: int = 200) -> Response:
    typed = forms.text_of("mailed") if request.method == "POST" else ""
    return page(
        "password_reset", status=422 if errors else status, errors=errors or {},
        must_wait=status == 429, typed=typed,
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/password/forgot", "show_forgot", show_forgot),
    Route("/password/forgot", "ask_for_password", ask_for_reset, POST),
    Route("/password/reset", "show_reset", show_reset),
    Route("/password/reset", "reset_password", reset_password, POST),
)
