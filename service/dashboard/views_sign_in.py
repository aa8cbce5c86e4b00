"""Signing in to the dashboard and out of it, and the files every page needs."""

from typing import Any

from flask import Response, current_app, g, make_response, redirect, request
from marshmallow import ValidationError
from werkzeug.exceptions import NotFound

from service.accounts import session_actions as actions
from service.accounts import sign_in_actions as signing_in
from service.accounts import throttle
from service.accounts.access import Do, Topic
from service.accounts.models import STAFF, Account
from service.accounts.schemas import LoginIn
from service.audit.actions import log_sign_in
from service.dashboard import assets, forms, navigation, session
from service.dashboard.access import Visit, allow, public
from service.dashboard.attempts import passwords, told_to_wait
from service.dashboard.pages import message, page
from service.dashboard.routing import POST, Route
from service.dashboard.security import is_local
from service.db import transaction
from service.errors import TooMany

_LOGIN = LoginIn()


@public
def show_sign_in() -> Response:
    """Ask who it is."""
    return _form(next_page=forms.asked("next", most=500))


@public
def sign_in() -> Response:
    """Let staff in; whoever has no second factor yet sets one up first, and sees nothing else.

    Address, password or code wrong, or none of them known: the same page after the same time.
    Only whoever has proved to be a patient is told to use the app.
    """
    next_page = forms.text_of("next", most=500)
    try:
        login = _LOGIN.load(
            {
                "email": forms.text_of("email", most=254),
                "password": request.form.get("password", ""),
                "totp_code": forms.text_of("code").replace(" ", ""),
            }
        )
        account, token = _proved(login)
    except ValidationError:
        return _form(next_page=next_page, status=401, said="wrong")
    except TooMany as wait:
        return told_to_wait(_form(next_page=next_page, status=429, said="wait"), wait)
    if account is None:
        return _form(next_page=next_page, status=401, said="wrong")
    return let_in(account, token, next_page)


def let_in(account: Account, token: str | None, next_page: str) -> Response:
    """Lead whoever has signed in to where she wanted to go, or first to her second factor.

    ``token`` is what the cookie holds, ``None`` for whoever does not work here.
    """
    if token is None:
        return _not_here()
    asked_for = is_local(next_page) and next_page != "/"
    there = next_page if asked_for else navigation.home_of(account.role)
    if account.totp_confirmed_at is None:
        there = "/second-factor"
    response = make_response(redirect(there, 303))
    session.keep(response, token)
    return response


@allow(Topic.ACCOUNT, Do.WRITE)
def sign_out(*, visit: Visit) -> Response:
    """Sign out on this browser, at once."""
    actions.sign_out(
        visit.session, visit.viewer.session_id, account_id=visit.viewer.account_id, now=visit.now
    )
    response = make_response(redirect("/sign-in?out=1", 303))
    session.forget(response)
    return response


@public
def static_file(name: str) -> Response:
    """Send the stylesheet or a script; under the address with its hash it never changes."""
    asset = assets.assets().get(name)
    if asset is None:
        raise NotFound
    response = Response(asset.content, mimetype=asset.mimetype)
    if request.args.get("v") == asset.stamp:
        seconds = int(assets.LONG.total_seconds())
        response.headers["Cache-Control"] = f"public, max-age={seconds}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response


def _proved(login: dict[str, Any]) -> tuple[Account | None, str | None]:
    """Return whose attempt this was, and what the cookie holds if they may come in."""
    hasher = passwords()
    with transaction() as open_session:
        attempt = signing_in.begin_sign_in(
            open_session, email=login["email"], address=request.remote_addr,
            known=session.known_here(), most=current_app.config["SIGN_INS_A_MINUTE"], now=g.now,
        )  # fmt: skip
    throttle.check(attempt.tried)
    is_right = hasher.is_right(attempt.password_hash, login["password"])
    new_hash = hasher.renewed(attempt.password_hash, login["password"]) if is_right else None
    with transaction() as open_session:
        account = signing_in.finish_sign_in(
            open_session, attempt, is_right=is_right, totp_code=login["totp_code"],
            new_hash=new_hash, now=g.now,
        )  # fmt: skip
        log_sign_in(
            open_session, login["email"], is_in=account is not None,
            route=request.endpoint or "", request_id=g.request_id, now=g.now,
        )  # fmt: skip
        if account is None or account.role not in STAFF:
            return account, None
        return account, session.sign_in(open_session, account)


def _form(*, next_page: str, status: int = 200, said: str | None = None) -> Response:
    email = forms.text_of("email", most=254) if request.method == "POST" else ""
    was_out = forms.asked("out") == "1"
    return page(
        "sign_in", status=status, next=next_page if is_local(next_page) else "", said=said,
        email=email, was_signed_out=False, has_signed_out=was_out, typed={},
        has_new_password=forms.asked("done") == "password",
    )  # fmt: skip


def _not_here() -> Response:
    return message(
        403, heading="This page is for the care team",
        text="Your diary, your reminders and the answers of your care team are in the Waymark "
        "app. Please open it there.",
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/sign-in", "show_sign_in", show_sign_in),
    Route("/sign-in", "sign_in", sign_in, POST),
    Route("/sign-out", "sign_out", sign_out, POST),
    Route("/static/<name>", "static_file", static_file),
)
