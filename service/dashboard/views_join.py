"""Joining: a new member of staff chooses a password and sets up a second factor."""

from collections.abc import Mapping
from typing import Any

import segno
from flask import Response, current_app, g, make_response, redirect

from service.accounts import credential_actions as credentials
from service.accounts import queries as people
from service.accounts import registering, throttle
from service.accounts.access import Do, Topic
from service.accounts.factor import otpauth_uri
from service.accounts.models import Account, Invitation
from service.accounts.schemas import JoinIn
from service.accounts.session_models import PendingFactor
from service.accounts.step_up import require_fresh_sign_in, try_on_this_device
from service.dashboard import forms, session
from service.dashboard.access import Visit, allow, public
from service.dashboard.administration import filled, loaded, new_password, refused_fields
from service.dashboard.attempts import guess_from_here, passwords, told_to_wait
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.db import transaction
from service.errors import DomainError, TooMany
from service.notify.ways_in import tell_owner

_JOIN = JoinIn()
_FIELDS: Mapping[type[DomainError], str] = {
    registering.InvitationEmail: "email",
    registering.EmailUnavailable: "email",
    registering.InvitationInvalid: "code",
}
_CODE_WRONG = "This code is not valid here. Ask your administrator for a new one."


@public
def show_join() -> Response:
    """Ask for the code of an invitation, and for a password."""
    return _join_form({})


@public
def join() -> Response:
    """Make the account an invitation is for, and go on to the second factor."""
    try:
        body = loaded(_JOIN, {**filled("code", "email"), **new_password()})
        invitation = _invitation(body["code"])
        credentials.check_password(
            body["password"], email=body["email"], is_staff=True,
            names=(invitation.display_name or "",),
        )  # fmt: skip
        token = _let_in(invitation, body)
    except FormUnusable as missing:
        return _join_form(missing.errors, status=422)
    except TooMany as wait:
        return told_to_wait(_join_form({}, status=429, must_wait=True), wait)
    except DomainError as no:
        field = _FIELDS.get(type(no))
        return _join_form({field: no.title} if field else refused_fields(no), status=422)
    response = make_response(redirect("/second-factor", 303))
    session.keep(response, token)
    return response


@allow(Topic.ACCOUNT, Do.READ)
def show_factor(*, visit: Visit) -> Response:
    """Show how to set up a second factor, and the secret if that has begun."""
    return _factor_page(visit)


@allow(Topic.ACCOUNT, Do.WRITE)
def begin_factor(*, visit: Visit) -> Response:
    """Begin to set up a second factor, or another one."""
    require_fresh_sign_in(visit)
    credentials.begin_factor(visit.session, visit.viewer.account_id, now=visit.now)
    return make_response(redirect("/second-factor", 303))


@allow(Topic.ACCOUNT, Do.WRITE)
def confirm_factor(*, visit: Visit) -> Response:
    """Put the new second factor in force; all other devices are signed out."""
    viewer = visit.viewer
    code = forms.text_of("code", most=20).replace(" ", "")
    most = current_app.config["SIGN_INS_A_MINUTE"]
    tried = try_on_this_device(visit.session, viewer, most=most, now=visit.now)
    try:
        credentials.confirm_factor(
            visit.session, viewer.account_id, code, on=viewer.session_id, now=visit.now
        )
    except credentials.FactorCodeWrong as no:
        return _factor_page(visit, errors={"code": no.title}, status=422)
    except credentials.NoFactorPending as no:
        return _factor_page(visit, errors={"begin": no.title}, status=409)
    throttle.succeed(visit.session, tried)
    tell_owner(visit.session, viewer, "A new second factor is in force.", now=visit.now)
    return make_response(redirect(visit.frame.home, 303))


def _join_form(
    errors: Mapping[str, str], *, status: int = 200, must_wait: bool = False
) -> Response:
    return page(
        "join", status=status, errors=errors, must_wait=must_wait, typed=filled("code", "email")
    )


def _invitation(code: str) -> Invitation:
    """Return the invitation of a code, before a password is hashed: guessing must cost us little.

    Raises:
        FormUnusable: the code opens nothing here.
        TooMany: this address has tried too many.
    """
    with transaction() as open_session:
        found = registering.staff_invitation(open_session, code, now=g.now)
    if found is not None:
        return found
    guess_from_here()
    raise FormUnusable({"code": _CODE_WRONG})


def _let_in(invitation: Invitation, body: dict[str, Any]) -> str:
    """Register the newcomer, sign this browser in, and return what its cookie holds."""
    password_hash = passwords().hash(body["password"])
    with transaction() as open_session:
        newcomer = registering.Newcomer(
            email=body["email"], password_hash=password_hash,
            display_name=invitation.display_name or body["email"],
            time_zone=people.clinic(open_session, invitation.clinic_id).time_zone, locale="en",
        )  # fmt: skip
        account, _patient = registering.register(
            open_session, newcomer, invitation_code=body["code"], now=g.now
        )
        credentials.begin_factor(open_session, account.id, now=g.now)
        return session.begin(open_session, account.id)


def _factor_page(
    visit: Visit, *, errors: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    account = visit.session.get_one(Account, visit.viewer.account_id)
    pending = visit.session.get(PendingFactor, account.id)
    secret = pending.secret if pending is not None and pending.expires_at > visit.now else None
    picture = None
    if secret is not None:
        code = segno.make(otpauth_uri(secret, email=account.email), error="m")
        picture = code.svg_data_uri(scale=5, light="#fff")
    return page(
        "second_factor", status=status, errors=errors or {}, secret=secret, picture=picture,
        has_one=account.totp_confirmed_at is not None,
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/join", "show_join", show_join),
    Route("/join", "join", join, POST),
    Route("/second-factor", "show_factor", show_factor),
    Route("/second-factor", "confirm_factor", confirm_factor, POST),
    Route("/second-factor/begin", "begin_factor", begin_factor, POST),
)
