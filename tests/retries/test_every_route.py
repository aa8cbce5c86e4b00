"""Every route that creates, acts or changes, from the application itself: what makes a retry safe."""

from uuid import uuid4

import sqlalchemy as sa

from service.accounts.access import Do
from service.db import db
from service.tables import metadata
from tests.test_bad_input import BODIES, ids, routes, send, written

__all__ = ["ids", "send"]

# Nobody is signed in yet, so there is nobody to keep an answer for: what a repeat does instead.
WITHOUT_A_KEY = {
    "POST /auth/login": "another sign-in, as on another device; the one never heard of is not used",
    "POST /auth/login/link": "another mail, as often as the rates allow",
    "POST /auth/login/link/redeem": "a link is good once: another one is asked for",
    "POST /auth/login/passkey": "a challenge is good once: 401, and new options are asked for",
    "POST /auth/login/passkey/options": "another challenge, forgotten in five minutes",
    "POST /auth/password/forgot": "another mail; the newer code counts",
    "POST /auth/password/reset": "422: the code is spent, the password is the new one",
    "POST /auth/refresh": "minds an Idempotency-Key of its own (docs/app-developers.md)",
    "POST /auth/register": "422: the code is spent, and signing in works",
    "POST /unsubscribe/{unsubscribe_token}": "changes nothing more",
}
# Answered once, then the token that asked is dead, or what is answered is a file.
DONE_ANEW = {
    "POST /auth/logout": "401: signed out already",
    "POST /auth/step-up": "401: the old token is dead; whoever never heard the new ones signs in",
    "POST /patients/{pid}/exports/{export_id}.zip": "a file that broke off is asked for anew",
}
# Makes its ids out of the key: answers 200 and the same, and needs no answer kept.
BY_ITSELF = {
    "POST /invitations", "POST /staff", "POST /articles", "POST /support-entries",
    "POST /rules/{draft_id}/replay",
}  # fmt: skip
# Changes without If-Match, and why nobody's work is lost by it.
UNVERSIONED = {
    "PATCH /me": "one's own account",
    "PUT /me/devices/{device_id}": "one's own device, whole each time",
    "DELETE /me/devices/{device_id}": "one's own device",
    "PATCH /auth/passkeys/{passkey_id}": "one's own passkey: its name",
    "DELETE /auth/passkeys/{passkey_id}": "one's own passkey",
    "DELETE /auth/sessions/{session_id}": "one's own device",
    "DELETE /views/{view_id}": "one's own view; a view is never changed",
    "DELETE /absences/{absence_id}": "an absence is never changed",
    "DELETE /alerts/{alert_id}/snooze": "a step; 409 if a colleague was first",
    "PUT /patients/{pid}/consents/{purpose}": "hers alone; each answer is kept beside the others",
    "DELETE /patients/{pid}/calendar-link": "hers alone; a link is never changed",
    "DELETE /patients/{pid}/erasure": "hers alone; a wish is never changed",
    "DELETE /patients/{pid}/grants/{grant_id}": "a grant is never changed",
    "PATCH /webhooks/{webhook_id}": "names what it changes; the log says who was last",
    "DELETE /webhooks/{webhook_id}": "an endpoint that is gone is 404",
}
# What asking twice writes all the same: that somebody asked, and when a device last did.
NOTED = {"access_log", "change_log", "device_sessions", "kept_answers", "patients", "log_chain"}


def acting(app):
    return [route for route in routes(app) if route.method == "POST"]


def changing(app):
    return [route for route in routes(app) if route.method in {"PATCH", "PUT", "DELETE"}]


def test_every_post_minds_an_idempotency_key_or_says_why_not(app):
    document = app.extensions["contract"].to_dict()["paths"]
    without = {
        route.name
        for route in acting(app)
        if not any(
            one["name"] == "Idempotency-Key"
            for one in document[f"/api/v1{route.name.split(' ')[1]}"]["post"].get("parameters", ())
        )
    }
    assert without == WITHOUT_A_KEY.keys() - {"POST /auth/refresh"}
    assert {route.name for route in acting(app)} >= {*DONE_ANEW, *BY_ITSELF, *WITHOUT_A_KEY}


def test_every_change_of_what_is_shared_minds_if_match_or_says_why_not(app):
    document = app.extensions["contract"].to_dict()["paths"]
    without = set()
    for route in changing(app):
        method, path = route.name.split(" ")
        said = document[f"/api/v1{path}"][method.lower()]
        if not any(one["name"] == "If-Match" for one in said.get("parameters", ())):
            without.add(route.name)
    assert without == UNVERSIONED.keys()


def test_whatever_is_done_with_a_key_is_done_once_and_answered_the_same(app, send, ids):
    wrong, done = [], set()
    for route in acting(app):
        if route.name in WITHOUT_A_KEY or route.name in DONE_ANEW:
            continue
        data = written(BODIES[route.name]) if route.name in BODIES else None
        headers = {"Idempotency-Key": str(uuid4())}
        first = send(route, data, headers=headers)
        if first.status_code >= 400:
            continue
        done.add(route.name)
        before = content(app)
        second = send(route, data, headers=headers)
        if content(app) != before:
            wrong.append(f"{route.name}: done twice, in {changed(before, content(app))}")
        if second.data != first.data:
            wrong.append(f"{route.name}: answered {first.data[:80]!r}, then {second.data[:80]!r}")
        again = second.headers.get("Idempotency-Replayed") == "true"
        if again != (route.name not in BY_ITSELF):
            wrong.append(f"{route.name}: {second.status_code} says replayed: {again}")
        if again and second.status_code != first.status_code:
            wrong.append(f"{route.name}: {first.status_code}, then {second.status_code}")
    assert wrong == []
    assert len(done) >= 40, sorted(done)


def content(app):
    """Return every row of every table, but of those that note that somebody asked."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(sa.text(f"SELECT * FROM {name}")).all()))
            for name in metadata.tables.keys() - NOTED
        }


def changed(before, after):
    return sorted(name for name in after if before[name] != after[name])


def test_reading_writes_nothing_so_any_get_may_be_sent_again(app):
    for route in routes(app):
        if route.method == "GET":
            allowed = getattr(app.view_functions[route.rule.endpoint], "allowed", None)
            assert allowed is None or allowed[1] is Do.READ, route.name
