"""One's own password, and the address one signs in with."""

from collections.abc import Mapping

from flask import Response, current_app, make_response, redirect

from service.accounts import own_credentials as actions
from service.accounts.access import Do, Topic
from service.accounts.mailed_codes import MailedCodeInvalid
from service.accounts.mailed_schemas import AddressIn, MailedCodeIn, PasswordChangeIn
from service.accounts.registering import EmailUnavailable
from service.accounts.rules import PASSWORD_LEAST
from service.accounts.step_up import require_fresh_sign_in
from service.dashboard import forms, session
from service.dashboard.access import Visit, allow
from service.dashboard.administration import filled, loaded, new_password, refused_fields
from service.dashboard.attempts import passwords
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.errors import Rejected
from service.notify.code_mail import mail_new_address
from service.notify.ways_in import ADDRESS_ASKED, ADDRESS_CHANGED, tell_owner

_PASSWORD, _ADDRESS, _CODE = PasswordChangeIn(), AddressIn(), MailedCodeIn()


@allow(Topic.ACCOUNT, Do.READ)
def show_account(*, visit: Visit) -> Response:
    """Show both forms; whoever has not proved herself just now does so first."""
    require_fresh_sign_in(visit)
    return _page(visit)


@allow(Topic.ACCOUNT, Do.WRITE)
def change_password(*, visit: Visit) -> Response:
    """Set a new password; all other devices are signed out, and the owner gets a mail."""
    require_fresh_sign_in(visit)
    try:
        password = loaded(_PASSWORD, new_password())["password"]
        actions.check_own_password(visit.session, visit.viewer, password)
    except FormUnusable as missing:
        return _page(visit, errors=missing.errors)
    except Rejected as no:
        return _page(visit, errors=refused_fields(no))
    actions.change_password(
        visit.session, visit.viewer, password_hash=passwords().hash(password), now=visit.now
    )
    tell_owner(visit.session, visit.viewer, "Your account has a new password.", now=visit.now)
    return make_response(redirect("/account?done=password", 303))


@allow(Topic.ACCOUNT, Do.WRITE)
def ask_for_address(*, visit: Visit) -> Response:
    """Mail a code to the new address, and a note of it to the present one."""
    require_fresh_sign_in(visit)
    try:
        email = loaded(_ADDRESS, filled("email"))["email"]
    except FormUnusable as missing:
        return _page(visit, errors=missing.errors)
    made = actions.ask_for_address(
        visit.session, visit.viewer, email, most=current_app.config["SIGN_INS_A_MINUTE"],
        now=visit.now,
    )  # fmt: skip
    mail_new_address(
        visit.session, actions.owner_of_viewer(visit.viewer), made, to=email,
        public_url=current_app.config["PUBLIC_URL"], now=visit.now,
    )  # fmt: skip
    tell_owner(visit.session, visit.viewer, ADDRESS_ASKED, now=visit.now, at=visit.viewer.email)
    response = make_response(redirect("/account/address", 303))
    session.keep_asked(response, made.request)
    return response


@allow(Topic.ACCOUNT, Do.READ)
def show_address(*, visit: Visit) -> Response:
    """Ask for the code; the link in the mail leads here, and looking at it changes nothing."""
    return _code_page(visit)


@allow(Topic.ACCOUNT, Do.WRITE)
def confirm_address(*, visit: Visit) -> Response:
    """Let her sign in with the new address from now on; both addresses get a mail."""
    try:
        given = loaded(_CODE, {"request": session.asked_here(), **_mailed()})
        former = actions.confirm_address(
            visit.session, visit.viewer, given["request"], given["code"], now=visit.now
        )
    except FormUnusable:
        former = None
    except EmailUnavailable as no:
        return _code_page(visit, error=no.title)
    if former is None:
        return _code_page(visit, error=MailedCodeInvalid.title)
    tell_owner(visit.session, visit.viewer, ADDRESS_CHANGED, now=visit.now, at=former)
    tell_owner(visit.session, visit.viewer, ADDRESS_CHANGED, now=visit.now)
    response = make_response(redirect("/account?done=address", 303))
    session.forget_asked(response)
    return response


def _mailed() -> dict[str, str]:
    return {"code": forms.text_of("mailed")}


def _page(visit: Visit, *, errors: Mapping[str, str] | None = None) -> Response:
    return page(
        "account", status=422 if errors else 200, errors=errors or {}, done=forms.asked("done"),
        email=visit.viewer.email, least=PASSWORD_LEAST, typed=forms.text_of("email", most=254),
    )  # fmt: skip


def _code_page(visit: Visit, *, error: str | None = None) -> Response:
    return page(
        "account_address", status=422 if error else 200, error=error,
        email=visit.viewer.email, has_asked=bool(session.asked_here()),
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/account", "account", show_account),
    Route("/account/password", "change_own_password", change_password, POST),
    Route("/account/address", "account_address", show_address),
    Route("/account/address", "ask_for_own_address", ask_for_address, POST),
    Route("/account/address/confirm", "confirm_own_address", confirm_address, POST),
)
