"""Routes: telling the clinic's own systems that something happened."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app

from service.accounts.access import Do, Topic
from service.accounts.step_up import require_fresh_sign_in
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, page
from service.api.problems import ApiBlueprint, Problem
from service.api.staff import clinic_of
from service.notify.webhook_models import WebhookEndpoint
from service.notify.webhooks import actions, queries
from service.notify.webhooks.schemas import (
    DeliveriesOut,
    NewWebhookOut,
    ReplayIn,
    ReplayOut,
    WebhookIn,
    WebhookOut,
    WebhookPatch,
    WebhooksOut,
)  # fmt: skip

blp = ApiBlueprint("webhooks", __name__, description="Telling the clinic's own systems")


@blp.route("/webhooks")
@allow(Topic.WEBHOOKS, Do.READ)
@blp.response(200, WebhooksOut)
def list_webhooks(*, call: Call) -> Any:
    """List the clinic's endpoints, without their secrets."""
    most = actions.ENDPOINTS_AT_MOST
    rows = queries.endpoints_page(call.session, clinic_of(call), limit=most)
    return {"items": rows, "next_cursor": None}


@blp.route("/webhooks", methods=["POST"])
@allow(Topic.WEBHOOKS, Do.WRITE)
@blp.arguments(WebhookIn)
@blp.response(201, NewWebhookOut)
@blp.alt_response(409, schema=Problem, description="There are twenty already")
def add_webhook(body: dict[str, Any], *, call: Call) -> Any:
    """Add an endpoint; the secret is shown here and never again.

    Deliveries follow the Standard Webhooks specification and may come more than once: the
    `webhook-id` tells.  Needs a fresh sign-in.  Answers 422 `webhook-address-unusable` for
    an address that is not https by name on port 443, or is this site's own.
    """
    require_fresh_sign_in(call)
    return _with_secret(
        *actions.add(
            call.session, clinic_of(call), by=call.viewer.account_id, values=body,
            own_hosts=own_hosts(), now=call.now,
        )
    )  # fmt: skip


@blp.route("/webhooks/<uuid:webhook_id>")
@allow(Topic.WEBHOOKS, Do.READ)
@blp.response(200, WebhookOut)
def read_webhook(webhook_id: UUID, *, call: Call) -> Any:
    """Read one endpoint, without its secret."""
    return queries.endpoint_of(call.session, clinic_of(call), webhook_id)


@blp.route("/webhooks/<uuid:webhook_id>", methods=["PATCH"])
@allow(Topic.WEBHOOKS, Do.WRITE)
@blp.arguments(WebhookPatch)
@blp.response(200, WebhookOut)
def change_webhook(changes: dict[str, Any], webhook_id: UUID, *, call: Call) -> Any:
    """Change an endpoint, or switch it off or on; needs a fresh sign-in."""
    require_fresh_sign_in(call)
    return actions.change(
        call.session, clinic_of(call), webhook_id, changes, own_hosts=own_hosts(), now=call.now
    )


@blp.route("/webhooks/<uuid:webhook_id>", methods=["DELETE"])
@allow(Topic.WEBHOOKS, Do.WRITE)
@blp.response(204)
def remove_webhook(webhook_id: UUID, *, call: Call) -> None:
    """Remove an endpoint: what waits for it is not sent any more; needs a fresh sign-in."""
    require_fresh_sign_in(call)
    actions.remove(call.session, clinic_of(call), webhook_id, now=call.now)


@blp.route("/webhooks/<uuid:webhook_id>/rotate", methods=["POST"])
@allow(Topic.WEBHOOKS, Do.WRITE)
@blp.response(200, NewWebhookOut)
def rotate_secret(webhook_id: UUID, *, call: Call) -> Any:
    """Make a new secret, shown here and never again; for 24 hours the one before signs too.

    Needs a fresh sign-in.
    """
    require_fresh_sign_in(call)
    return _with_secret(*actions.rotate(call.session, clinic_of(call), webhook_id, now=call.now))


@blp.route("/webhooks/<uuid:webhook_id>/deliveries")
@allow(Topic.WEBHOOKS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, DeliveriesOut)
def list_deliveries(args: dict[str, Any], webhook_id: UUID, *, call: Call) -> Any:
    """List what an endpoint was sent and how that went, newest first."""
    endpoint = queries.endpoint_of(call.session, clinic_of(call), webhook_id)
    rows = queries.deliveries_page(
        call.session, endpoint.id, limit=args["limit"], last=after(args["cursor"])
    )
    items, cursor = page(
        rows, limit=args["limit"], position=lambda row: (row["created_at"], row["id"])
    )
    return {"items": items, "next_cursor": cursor}


@blp.route("/webhooks/<uuid:webhook_id>/replay", methods=["POST"])
@allow(Topic.WEBHOOKS, Do.WRITE)
@blp.arguments(ReplayIn)
@blp.response(200, ReplayOut)
def replay_deliveries(body: dict[str, Any], webhook_id: UUID, *, call: Call) -> Any:
    """Send one delivery again, or all since a moment, each under the `webhook-id` it had."""
    count = actions.replay(call.session, clinic_of(call), webhook_id, now=call.now, **body)
    return {"replayed": count}


def own_hosts() -> tuple[str, ...]:
    """Return the names this site itself is reached by."""
    host = urlsplit(current_app.config["PUBLIC_URL"]).hostname
    return (host,) if host else ()


def _with_secret(endpoint: WebhookEndpoint, secret: str) -> dict[str, Any]:
    return {**vars(endpoint), "secret": secret}
