"""Proving oneself again, before what is dangerous, and codes for a phone that is lost."""

from flask import Response, current_app, make_response, redirect, request
from marshmallow import ValidationError

from service.accounts import second_factor, step_up
from service.accounts.access import Do, Topic
from service.accounts.account_queries import password_hash_of
from service.accounts.codes import as_written
from service.accounts.schemas import StepUpIn
from service.dashboard import forms, session
from service.dashboard.access import Visit, allow
from service.dashboard.attempts import passwords
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.dashboard.security import is_local
from service.notify.ways_in import tell_owner

_PROOF = StepUpIn()


@allow(Topic.ACCOUNT, Do.READ)
def show_step_up(*, visit: Visit) -> Response:
    """Ask whoever is signed in to prove it."""
    return _form(visit, next_page=forms.asked("next", most=500))


@allow(Topic.ACCOUNT, Do.WRITE)
def prove_again(*, visit: Visit) -> Response:
    """Let her go on for five minutes, with a new cookie: a copy of the old one is worth nothing."""
    next_page = forms.text_of("next", most=500)
    if not _proves_herself(visit):
        return _form(visit, next_page=next_page, status=422)
    token = session.renew(visit.session, visit.viewer.session_id)
    there = next_page if is_local(next_page) else visit.frame.home
    response = make_response(redirect(there, 303))
    session.keep(response, token)
    return response


@allow(Topic.ACCOUNT, Do.READ)
def show_recovery_codes(*, visit: Visit) -> Response:
    """Say how many recovery codes are left."""
    left = second_factor.recovery_codes_left(visit.session, visit.viewer.account_id)
    return page("recovery_codes", codes=None, left=left, has_factor=visit.viewer.has_second_factor)


@allow(Topic.ACCOUNT, Do.WRITE)
def make_recovery_codes(*, visit: Visit) -> Response:
    """Make ten recovery codes and show them, once; those before them are void."""
    step_up.require_fresh_sign_in(visit)
    if not visit.viewer.has_second_factor:
        raise second_factor.NoFactor
    codes = second_factor.new_recovery_codes(visit.session, visit.viewer.account_id, now=visit.now)
    tell_owner(visit.session, visit.viewer, "New recovery codes were made.", now=visit.now)
    return page("recovery_codes", codes=[as_written(code) for code in codes], left=len(codes))


def _proves_herself(visit: Visit) -> bool:
    given = {
        "password": request.form.get("password", ""),
        "totp_code": forms.text_of("code").replace(" ", ""),
    }
    try:
        proof = _PROOF.load(given)
    except ValidationError:
        return False
    kept = password_hash_of(visit.session, visit.viewer.account_id)
    is_right = passwords().is_right(kept, proof["password"])
    return step_up.proves_herself(
        visit.session, visit.viewer, is_right=is_right, code=proof["totp_code"],
        most=current_app.config["SIGN_INS_A_MINUTE"], now=visit.now,
    )  # fmt: skip


def _form(visit: Visit, *, next_page: str, status: int = 200) -> Response:
    return page(
        "step_up", status=status, next=next_page if is_local(next_page) else "",
        is_wrong=status == 422, was_about_to=forms.asked("again") == "1",
        has_codes=second_factor.has_codes(visit.session, visit.viewer.account_id),
    )  # fmt: skip


ROUTES: tuple[Route, ...] = (
    Route("/step-up", "step_up", show_step_up),
    Route("/step-up", "prove_again", prove_again, POST),
    Route("/recovery-codes", "recovery_codes", show_recovery_codes),
    Route("/recovery-codes", "make_recovery_codes", make_recovery_codes, POST),
)
