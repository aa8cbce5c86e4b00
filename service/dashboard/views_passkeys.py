"""Signing in with a passkey, and seeing to one's own."""

from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, g, jsonify, make_response, redirect, request
from marshmallow import Schema, ValidationError

from service.accounts import passkey_actions as actions
from service.accounts import throttle
from service.accounts.access import Do, Topic
from service.accounts.models import STAFF
from service.accounts.passkey_rules import NoPasskeys, RelyingParty, relying_party
from service.accounts.passkey_schemas import (
    NAME_MOST,
    PasskeyMadeCredential,
    PasskeyNameIn,
    PasskeyUsedCredential,
)
from service.accounts.step_up import require_fresh_sign_in
from service.audit.actions import log_way_in
from service.dashboard import forms, navigation, session
from service.dashboard.access import Visit, allow, public
from service.dashboard.attempts import asked_from_here, guess_from_here
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import message, page
from service.dashboard.routing import POST, Route
from service.dashboard.security import is_local
from service.db import transaction
from service.notify.ways_in import tell_owner

_NAME = PasskeyNameIn()
_MADE, _USED = PasskeyMadeCredential(), PasskeyUsedCredential()
_NAME_MISSING = {"name": f"Give it a name of at most {NAME_MOST} characters, on one line."}


@public
def sign_in_options() -> Response:
    """Answer the script of the page what the browser is to sign: the same for everybody."""
    party = _party()
    asked_from_here()
    with transaction() as open_session:
        return jsonify(actions.begin_sign_in(open_session, party, now=g.now))


@public
def sign_in_with_passkey() -> Response:
    """Let staff in whose passkey has signed; it counts for both factors."""
    party = _party()
    credential = _credential(_USED)
    next_page = forms.text_of("next", most=500)
    account = token = None
    tried = guess_from_here(known=session.known_here())
    if credential is not None:
        with transaction() as open_session:
            account = actions.finish_sign_in(open_session, party, credential, now=g.now)
            log_way_in(
                open_session, account, route=request.endpoint or "", request_id=g.request_id,
                now=g.now,
            )  # fmt: skip
            if account is not None:
                throttle.succeed(open_session, tried)
            if account is not None and account.role in STAFF:
                token = session.sign_in(open_session, account, proof="passkey")
    if account is None:
        return page(
            "sign_in", status=401, next=next_page if is_local(next_page) else "", said="passkey",
            email="", was_signed_out=False, has_signed_out=False, typed={},
        )  # fmt: skip
    if token is None:
        return message(
            403, heading="This page is for the care team",
            text="Please sign in with your passkey in the Waymark app.",
        )  # fmt: skip
    asked_for = is_local(next_page) and next_page != "/"
    there = next_page if asked_for else navigation.home_of(account.role)
    response = make_response(redirect(there, 303))
    session.keep(response, token)
    return response


@allow(Topic.ACCOUNT, Do.READ)
def show_passkeys(*, visit: Visit) -> Response:
    """List one's passkeys; whoever has not proved herself just now does so first."""
    require_fresh_sign_in(visit)
    return _page(visit)


@allow(Topic.ACCOUNT, Do.WRITE)
def adding_options(*, visit: Visit) -> Response:
    """Answer the script of the page what the browser needs to make a passkey."""
    party = _party()
    require_fresh_sign_in(visit)
    return jsonify(actions.begin_adding(visit.session, visit.viewer, party, now=visit.now))


@allow(Topic.ACCOUNT, Do.WRITE)
def add_passkey(*, visit: Visit) -> Response:
    """Keep the passkey the browser has made."""
    party = _party()
    require_fresh_sign_in(visit)
    credential = _credential(_MADE)
    if credential is None:
        raise actions.PasskeyRefused
    try:
        name = forms.read(_NAME, _NAME_MISSING | {"credential": ""})["name"]
    except FormUnusable as missing:
        return _page(visit, error=missing.errors["name"], status=422)
    actions.add(visit.session, visit.viewer, party, credential, name=name, now=visit.now)
    tell_owner(visit.session, visit.viewer, "A passkey was added to your account.", now=visit.now)
    return make_response(redirect("/passkeys?done=added", 303))


@allow(Topic.ACCOUNT, Do.WRITE)
def rename_passkey(*, visit: Visit, passkey_id: UUID) -> Response:
    """Give one of one's passkeys another name."""
    try:
        name = forms.read(_NAME, _NAME_MISSING)["name"]
    except FormUnusable as missing:
        return _page(visit, error=missing.errors["name"], status=422)
    actions.rename(visit.session, visit.viewer.account_id, passkey_id, name=name)
    return make_response(redirect("/passkeys?done=renamed", 303))


@allow(Topic.ACCOUNT, Do.WRITE)
def remove_passkey(*, visit: Visit, passkey_id: UUID) -> Response:
    """Remove one of one's passkeys; all other devices are signed out."""
    require_fresh_sign_in(visit)
    try:
        actions.remove(visit.session, visit.viewer, passkey_id, now=visit.now)
    except actions.LastSecondFactor as no:
        return _page(visit, error=no.title, status=409)
    tell_owner(
        visit.session, visit.viewer, "A passkey was removed from your account.", now=visit.now
    )
    return make_response(redirect("/passkeys?done=removed", 303))


def has_passkeys() -> bool:
    """Tell whether this site is reached by a name, as passkeys need it."""
    config = current_app.config
    return relying_party(config["PUBLIC_URL"]) is not None


def _party() -> RelyingParty:
    party = relying_party(current_app.config["PUBLIC_URL"])
    if party is None:
        raise NoPasskeys
    return party


def _page(visit: Visit, *, error: str | None = None, status: int = 200) -> Response:
    return page(
        "passkeys", status=status, error=error, done=forms.asked("done"),
        rows=actions.passkeys_of(visit.session, visit.viewer.account_id), name_most=NAME_MOST,
    )  # fmt: skip


def _credential(schema: Schema) -> Any:
    """Return what the script of the page has put into the form, ``None`` if it is unusable."""
    try:
        return schema.load(orjson.loads(request.form.get("credential", "")))
    except (orjson.JSONDecodeError, ValidationError):
        return None


ROUTES: tuple[Route, ...] = (
    Route("/sign-in/passkey/options", "sign_in_options", sign_in_options, POST),
    Route("/sign-in/passkey", "sign_in_with_passkey", sign_in_with_passkey, POST),
    Route("/passkeys", "passkeys", show_passkeys),
    Route("/passkeys", "add_passkey", add_passkey, POST),
    Route("/passkeys/options", "adding_options", adding_options, POST),
    Route("/passkeys/<uuid:passkey_id>/rename", "rename_passkey", rename_passkey, POST),
    Route("/passkeys/<uuid:passkey_id>/remove", "remove_passkey", remove_passkey, POST),
)
