"""Signing in by the word of the staff's own organisation (OpenID Connect)."""

import logging
from hmac import compare_digest

from flask import Response, current_app, g, make_response, redirect, request
from werkzeug.exceptions import NotFound

from service.accounts import sso_actions as actions
from service.accounts.sso_rules import Unbelievable
from service.audit.actions import log_way_in
from service.dashboard import forms, navigation, session
from service.dashboard.access import public
from service.dashboard.attempts import asked_from_here
from service.dashboard.pages import message
from service.dashboard.routing import Route
from service.dashboard.security import is_local
from service.dashboard.sso_provider import Provider, ProviderAway
from service.db import transaction
from service.logs import Code
from service.notify.ways_in import tell_account

_LOG = logging.getLogger(__name__)
_CODE_MOST = 2048


@public
def begin_sso() -> Response:
    """Send the browser to the organisation, with a cookie by which it is known when it is back."""
    provider = _provider()
    next_page = forms.asked("next", most=500)
    asked_from_here()
    with transaction() as open_session:
        attempt = actions.begin(
            open_session, next_page=next_page if is_local(next_page) else "", now=g.now
        )
    try:
        there = provider.address_to_ask(attempt, now=g.now)
    except ProviderAway as why:
        return _away(why)
    response = make_response(redirect(there, 303))
    response.set_cookie(
        _cookie_name(), attempt.state, secure=current_app.config["COOKIES_NEED_TLS"],
        httponly=True, samesite="Lax", path="/",
        max_age=int(actions.ATTEMPT_LIFETIME.total_seconds()),
    )  # fmt: skip
    return response


@public
def finish_sso() -> Response:
    """Let in whom the organisation vouches for, if she works here and this browser asked.

    Whatever is wrong with its word: the same page, and a line in the log that names the claim.
    """
    provider = _provider()
    state, code = forms.asked("state"), forms.asked("code", most=_CODE_MOST)
    kept = request.cookies.get(_cookie_name(), "")
    if not state or not compare_digest(kept.encode(), state.encode()):
        return _refused("state")
    with transaction() as open_session:
        attempt = actions.take(open_session, state, now=g.now)
    try:
        if attempt is None or not provider.is_answer_of(request.args.get("iss"), now=g.now):
            return _refused("state" if attempt is None else "iss")
        if not code:
            return _refused("error")
        identity = provider.identity(code, attempt, now=g.now)
    except ProviderAway as why:
        return _away(why)
    except Unbelievable as why:
        return _refused(str(why))
    with transaction() as open_session:
        account, is_new = actions.account_of(
            open_session, identity, issuer=provider.demands.issuer,
            clinic_id=provider.clinic_id, now=g.now,
        )  # fmt: skip
        if is_new:
            tell_account(
                open_session, account, "Your organisation's sign-in now opens your account.",
                now=g.now,
            )  # fmt: skip
        token = session.sign_in(open_session, account, proof="sso")
        log_way_in(
            open_session, account, route=request.endpoint or "", request_id=g.request_id,
            now=g.now,
        )  # fmt: skip
    asked_for = attempt.next_page not in {"", "/"}
    there = attempt.next_page if asked_for else navigation.home_of(account.role)
    response = make_response(redirect(there, 303))
    session.keep(response, token)
    _forget_attempt(response)
    return response


@public
def sign_out_of_sso() -> Response:
    """Send the browser to the organisation to sign out there too."""
    try:
        there = _provider().address_to_sign_out(
            f"{current_app.config['PUBLIC_URL']}/sign-in?out=1", now=g.now
        )
    except ProviderAway as why:
        return _away(why)
    if there is None:
        return message(
            404, heading="Your organisation has no page to sign out",
            text="Close the browser, all of its windows, when you leave this computer.",
        )  # fmt: skip
    return make_response(redirect(there, 303))


def _provider() -> Provider:
    provider: Provider | None = current_app.extensions["sso"]
    if provider is None:
        raise NotFound
    return provider


def _refused(why: str) -> Response:
    _LOG.warning("single sign-on refused: %s", Code(why))
    response = message(
        403, heading="That sign-in did not work",
        text="Waymark could not make sure who you are. Please begin again from the page to sign "
        "in. If it happens again, tell your administrator.",
    )  # fmt: skip
    _forget_attempt(response)
    return response


def _away(why: ProviderAway) -> Response:
    _LOG.warning("single sign-on not possible: %s", Code(why))
    return message(
        503, heading="Your organisation's sign-in does not answer",
        text="Please try again in a few minutes, or sign in with your password or a passkey.",
    )  # fmt: skip


def _forget_attempt(response: Response) -> None:
    response.delete_cookie(
        _cookie_name(), path="/", secure=current_app.config["COOKIES_NEED_TLS"], httponly=True,
        samesite="Lax",
    )  # fmt: skip


def _cookie_name() -> str:
    return f"{session.cookie_name()}-sso"


ROUTES: tuple[Route, ...] = (
    Route("/sign-in/sso", "begin_sso", begin_sso),
    Route("/sign-in/sso/callback", "finish_sso", finish_sso),
    Route("/sign-in/sso/out", "sign_out_of_sso", sign_out_of_sso),
)
