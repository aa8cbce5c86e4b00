"""Signing in with a code from an e-mail, in the browser that asked for it."""

from urllib.parse import quote

from flask import Response, current_app, g, make_response, redirect, request
from marshmallow import ValidationError

from service.accounts import sign_in_links as links
from service.accounts import throttle
from service.accounts.mailed_schemas import LinkLoginIn
from service.accounts.models import STAFF, Account
from service.accounts.rules import email_key
from service.accounts.schemas import ForgotIn
from service.accounts.session_actions import BY_MAIL
from service.audit.actions import log_way_in
from service.dashboard import forms, session
from service.dashboard.access import marks, public
from service.dashboard.attempts import asked_from_here, guess_from_here, passwords, told_to_wait
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.dashboard.security import is_local
from service.dashboard.views_sign_in import let_in
from service.db import transaction
from service.errors import TooMany
from service.notify.code_mail import mail_sign_in_link

_ASKED, _LINK = ForgotIn(), LinkLoginIn()


@public
def show_sign_in_link() -> Response:
    """Ask for the address a code is to go to."""
    return _ask_form(next_page=forms.asked("next", most=500))


@public
def ask_for_link() -> Response:
    """Mail a code, if anybody has the address; the browser keeps what it counts together with.

    The answer is the same whether or not there is such an address.
    """
    next_page = forms.text_of("next", most=500)
    try:
        email = _ASKED.load({"email": forms.text_of("email", most=254)})["email"]
        asked_from_here(throttle.of_mail(email_key(email)))
    except ValidationError:
        return _ask_form(next_page=next_page, status=422, said="missing")
    except TooMany as wait:
        return told_to_wait(_ask_form(next_page=next_page, status=429, said="wait"), wait)
    # As where a new password is asked for: what is not the same drowns in a comparison.
    passwords().is_right(None, email)
    with transaction() as open_session:
        made, owner = links.ask(open_session, email, now=g.now)
        mail_sign_in_link(
            open_session, owner, made, public_url=current_app.config["PUBLIC_URL"], now=g.now
        )
    more = f"?next={quote(next_page, safe='')}" if is_local(next_page) else ""
    response = make_response(redirect(f"/sign-in/link/code{more}", 303))
    session.keep_asked(response, made.request)
    return response


@public
def show_link_code() -> Response:
    """Ask for the code; the link in the mail leads here, and looking at it changes nothing."""
    return _code_form(next_page=forms.asked("next", most=500))


@public
def redeem_link() -> Response:
    """Let staff in with the code, and the second factor where there is one.

    Whatever is wrong: the same page, and after five tries the code is dead.
    """
    next_page = forms.text_of("next", most=500)
    try:
        account, token = _redeemed()
    except ValidationError:
        account = token = None
    except TooMany as wait:
        return told_to_wait(_code_form(next_page=next_page, status=429, said="wait"), wait)
    if account is None:
        return _code_form(next_page=next_page, status=401, said="wrong")
    response = let_in(account, token, next_page)
    session.forget_asked(response)
    return response


def _redeemed() -> tuple[Account | None, str | None]:
    """Return who is in, and what the cookie holds if she works here; ``None`` if nobody is."""
    given = _LINK.load({
        "request": session.asked_here(), "code": forms.text_of("mailed"),
        "totp_code": forms.text_of("code").replace(" ", ""),
    })  # fmt: skip
    known = session.known_here()
    tried = guess_from_here(known=known)
    with transaction() as open_session:
        account, is_in = links.redeem(
            open_session, given["request"], given["code"], totp_code=given["totp_code"],
            known=known, most=current_app.config["SIGN_INS_A_MINUTE"], now=g.now,
        )  # fmt: skip
        log_way_in(open_session, account, is_in=is_in, **marks())
        if account is None or not is_in:
            return None, None
        throttle.succeed(open_session, tried)
        if account.role not in STAFF:
            return account, None
        return account, session.sign_in(open_session, account, proof=BY_MAIL)


def _ask_form(*, next_page: str, status: int = 200, said: str | None = None) -> Response:
    email = forms.text_of("email", most=254) if request.method == "POST" else ""
    return page(
        "sign_in_link", status=status, said=said, email=email,
        next=next_page if is_local(next_page) else "",
    )  # fmt: skip


def _code_form(*, next_page: str, status: int = 200, said: str | None = None) -> Response:
    return page(
        "sign_in_code", status=status, said=said, has_asked=bool(session.asked_here()),
        next=next_page if is_local(next_page) else "",
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/sign-in/link", "show_sign_in_link", show_sign_in_link),
    Route("/sign-in/link", "ask_for_link", ask_for_link, POST),
    Route("/sign-in/link/code", "show_link_code", show_link_code),
    Route("/sign-in/link/code", "redeem_link", redeem_link, POST),
)
