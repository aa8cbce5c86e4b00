"""Webhooks: where the clinic's own systems are told, what they were sent, and sending it again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, current_app, make_response, redirect

from service.accounts.access import Do, Topic
from service.accounts.step_up import require_fresh_sign_in
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.administration import clinic_of, filled, loaded, refused_fields, several
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.notify.webhooks import actions, queries
from service.notify.webhooks.event_types import EVENT_TYPES
from service.notify.webhooks.schemas import WebhookIn
from service.wire import moment_text

PAGE = 50
_NEW = WebhookIn()
_DONE = {
    "off": "Switched off. What waits is not sent.",
    "on": "Switched on. What happens from now on is sent.",
    "removed": "The endpoint is removed, and its secret is gone.",
    "again": "It is on its way again.",
}
# What the buttons offer to send once more.
_SINCE = {"1": timedelta(hours=1), "24": timedelta(days=1), "168": timedelta(days=7)}


@allow(Topic.WEBHOOKS, Do.READ)
def show_webhooks(*, visit: Visit) -> Response:
    """List the clinic's endpoints, and offer to add one."""
    return _list_page(visit)


@allow(Topic.WEBHOOKS, Do.WRITE)
def add_webhook(*, visit: Visit) -> Response:
    """Add an endpoint, and show its secret, once."""
    require_fresh_sign_in(visit)
    try:
        body = loaded(
            _NEW,
            {**filled("url", "description"), "types": several("types"),
             "with_content": bool(forms.text_of("with_content"))},
        )  # fmt: skip
        endpoint, secret = actions.add(
            visit.session, clinic_of(visit), by=visit.viewer.account_id, values=body,
            own_hosts=_own_hosts(), now=visit.now,
        )  # fmt: skip
    except FormUnusable as missing:
        return _list_page(visit, errors=missing.errors, status=422)
    except actions.WebhookAddressUnusable as no:
        return _list_page(visit, errors=refused_fields(no), status=422)
    except actions.TooManyWebhooks as no:
        return _list_page(visit, errors={"all": no.title}, status=409)
    return page("webhook_secret", endpoint=endpoint, secret=secret)


@allow(Topic.WEBHOOKS, Do.READ)
def show_webhook(*, visit: Visit, webhook_id: UUID) -> Response:
    """Show one endpoint and what it was sent."""
    endpoint = queries.endpoint_of(visit.session, clinic_of(visit), webhook_id)
    last = cursors.moment_and_id(forms.asked("after", most=500))
    found = queries.deliveries_page(visit.session, endpoint.id, limit=PAGE, last=last)
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        more = cursors.written([moment_text(rows[-1]["created_at"]), str(rows[-1]["id"])])
    return page(
        "webhook", endpoint=endpoint, rows=rows, more=more, is_first_page=last is None,
        types=EVENT_TYPES, done=_DONE.get(forms.asked("done")),
        may_change=visit.frame.may(Topic.WEBHOOKS, Do.WRITE),
    )  # fmt: skip


@allow(Topic.WEBHOOKS, Do.WRITE)
def switch_webhook(*, visit: Visit, webhook_id: UUID) -> Response:
    """Switch an endpoint off, or on again."""
    require_fresh_sign_in(visit)
    is_off = forms.text_of("disabled") == "yes"
    actions.change(
        visit.session, clinic_of(visit), webhook_id, {"disabled": is_off},
        own_hosts=_own_hosts(), now=visit.now,
    )  # fmt: skip
    return _back(webhook_id, "off" if is_off else "on")


@allow(Topic.WEBHOOKS, Do.WRITE)
def rotate_webhook(*, visit: Visit, webhook_id: UUID) -> Response:
    """Make a new secret, and show it, once."""
    require_fresh_sign_in(visit)
    endpoint, secret = actions.rotate(visit.session, clinic_of(visit), webhook_id, now=visit.now)
    return page("webhook_secret", endpoint=endpoint, secret=secret)


@allow(Topic.WEBHOOKS, Do.WRITE)
def remove_webhook(*, visit: Visit, webhook_id: UUID) -> Response:
    """Remove an endpoint."""
    require_fresh_sign_in(visit)
    actions.remove(visit.session, clinic_of(visit), webhook_id, now=visit.now)
    return make_response(redirect("/webhooks?done=removed", 303))


@allow(Topic.WEBHOOKS, Do.WRITE)
def replay_webhook(*, visit: Visit, webhook_id: UUID) -> Response:
    """Send one delivery again, or all of the last hour, day or week."""
    hours, delivery = forms.text_of("hours"), forms.text_of("delivery")
    try:
        which: dict[str, Any] = (
            {"delivery_id": UUID(delivery)} if delivery else {"since": visit.now - _SINCE[hours]}
        )
    except (KeyError, ValueError):
        return make_response(redirect(f"/webhooks/{webhook_id}", 303))
    actions.replay(visit.session, clinic_of(visit), webhook_id, now=visit.now, **which)
    return _back(webhook_id, "again")


def _list_page(
    visit: Visit, *, errors: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    return page(
        "webhooks", status=status, errors=errors or {}, typed=forms.typed() if errors else {},
        rows=queries.endpoints_page(
            visit.session, clinic_of(visit), limit=actions.ENDPOINTS_AT_MOST
        ),
        ticked=several("types"), types=EVENT_TYPES, done=_DONE.get(forms.asked("done")),
        may_change=visit.frame.may(Topic.WEBHOOKS, Do.WRITE),
    )  # fmt: skip


def _back(webhook_id: UUID, done: str) -> Response:
    return make_response(redirect(f"/webhooks/{webhook_id}?done={done}", 303))


def _own_hosts() -> tuple[str, ...]:
    host = urlsplit(current_app.config["PUBLIC_URL"]).hostname
    return (host,) if host else ()


ROUTES: tuple[Route, ...] = (
    Route("/webhooks", "webhooks", show_webhooks),
    Route("/webhooks", "add_webhook", add_webhook, POST),
    Route("/webhooks/<uuid:webhook_id>", "webhook", show_webhook),
    Route("/webhooks/<uuid:webhook_id>/switch", "switch_webhook", switch_webhook, POST),
    Route("/webhooks/<uuid:webhook_id>/rotate", "rotate_webhook", rotate_webhook, POST),
    Route("/webhooks/<uuid:webhook_id>/remove", "remove_webhook", remove_webhook, POST),
    Route("/webhooks/<uuid:webhook_id>/replay", "replay_webhook", replay_webhook, POST),
)
