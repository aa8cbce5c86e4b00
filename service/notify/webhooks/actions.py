"""What can be done with webhooks: add an endpoint, change it, a new secret, send again."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import Conflict, NotFound, Rejected
from service.notify.models import IS_WEBHOOK, OutboxMessage
from service.notify.push.endpoints import endpoint_of as address_of
from service.notify.webhook_models import WebhookEndpoint
from service.notify.webhooks.queries import endpoint_of
from service.notify.webhooks.signing import new_secret

# Project choices: as many systems as a clinic has, and a working day to change a secret on both
# sides, with a night to spare.
ENDPOINTS_AT_MOST = 20
BOTH_SIGN_FOR = timedelta(hours=24)
# One request locks no more rows than this.
REPLAYED_AT_MOST = 5000
# Names that lead into somebody's own network (RFC 2606, 6761, 6762, 8375).
_INSIDE = (".internal", ".local", ".localhost", ".arpa", ".test", ".invalid", ".onion")
_M = OutboxMessage


class WebhookAddressUnusable(Rejected):
    """Nothing is sent to such an address."""

    slug = "webhook-address-unusable"
    title = "This address cannot be used for webhooks."


class TooManyWebhooks(Conflict):
    """The clinic has as many endpoints as it may."""

    slug = "too-many-webhooks"
    title = "There are too many webhook endpoints already."


def add(
    session: Session, clinic_id: UUID, *, by: UUID, values: Mapping[str, Any],
    own_hosts: Collection[str], now: datetime,
) -> tuple[WebhookEndpoint, str]:  # fmt: skip
    """Add an endpoint; return it and its secret, which is shown now and never again.

    Raises:
        WebhookAddressUnusable: it is not https by name on the usual port, or leads inside.
        TooManyWebhooks: there are twenty.
    """
    url = _checked(values["url"], own_hosts)
    there = session.scalar(
        sa.select(sa.func.count()).where(
            WebhookEndpoint.clinic_id == clinic_id, WebhookEndpoint.removed_at.is_(None)
        )
    )
    if (there or 0) >= ENDPOINTS_AT_MOST:
        raise TooManyWebhooks
    secret = new_secret()
    endpoint = WebhookEndpoint(
        clinic_id=clinic_id, added_by=by, created_at=now, secret=secret,
        **{**values, "url": url},
    )  # fmt: skip
    session.add(endpoint)
    session.flush()
    return endpoint, secret


def change(
    session: Session, clinic_id: UUID, id: UUID, changes: Mapping[str, Any],
    *, own_hosts: Collection[str], now: datetime,
) -> WebhookEndpoint:  # fmt: skip
    """Change an endpoint; ``disabled`` switches it off, or on again with a clean record.

    What waits when it is switched off is not sent; ``replay`` sends it later.

    Raises:
        NotFound: no such endpoint of the clinic.
        WebhookAddressUnusable: as for ``add``.
    """
    endpoint = endpoint_of(session, clinic_id, id, for_update=True)
    for name, value in changes.items():
        if name == "url":
            endpoint.url = _checked(value, own_hosts)
        elif name != "disabled":
            setattr(endpoint, name, value)
    if "disabled" in changes and changes["disabled"] is not (endpoint.disabled_at is not None):
        endpoint.failing_since = None
        endpoint.disabled_at = now if changes["disabled"] else None
        endpoint.disabled_because = "by_hand" if changes["disabled"] else None
    session.flush()
    return endpoint


def remove(session: Session, clinic_id: UUID, id: UUID, *, now: datetime) -> None:
    """Remove an endpoint; what waits is not sent any more.

    Raises:
        NotFound: no such endpoint of the clinic.
    """
    endpoint = endpoint_of(session, clinic_id, id, for_update=True)
    endpoint.removed_at = now
    endpoint.secret = endpoint.former_secret = endpoint.former_until = None
    session.flush()


def rotate(
    session: Session, clinic_id: UUID, id: UUID, *, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret and return it; for a day the one before signs as well.

    Raises:
        NotFound: no such endpoint of the clinic.
    """
    endpoint = endpoint_of(session, clinic_id, id, for_update=True)
    secret = new_secret()
    endpoint.former_secret, endpoint.former_until = endpoint.secret, now + BOTH_SIGN_FOR
    endpoint.secret = secret
    session.flush()
    return endpoint, secret


def replay(
    session: Session, clinic_id: UUID, id: UUID,
    *, delivery_id: UUID | None = None, since: datetime | None = None, now: datetime,
) -> int:  # fmt: skip
    """Send one delivery again, or all since a moment, under the ids they had; return how many.

    Those still waiting are left as they are.  Of many the oldest 5,000.

    Raises:
        NotFound: no such endpoint of the clinic, or no such delivery of the endpoint.
    """
    endpoint = endpoint_of(session, clinic_id, id)
    which = sa.select(_M.id).where(IS_WEBHOOK, _M.subject_id == endpoint.id)
    if delivery_id is not None:
        which = which.where(_M.id == delivery_id)
        if session.scalar(which) is None:
            raise NotFound
    if since is not None:
        which = which.where(_M.created_at >= since)
    # In the order of ids, as whoever records or withdraws takes them.
    oldest = which.where(_M.state != "pending").order_by(_M.created_at, _M.id)
    ids = sorted(session.scalars(oldest.limit(REPLAYED_AT_MOST)))
    if ids:
        session.execute(sa.select(_M.id).where(_M.id.in_(ids)).order_by(_M.id).with_for_update())
        session.execute(
            sa.update(_M)
            .where(_M.id.in_(ids), _M.state != "pending")
            .values(state="pending", attempts=0, next_try_at=now, lease_owner=None,
                    last_error=None)
        )  # fmt: skip
    return len(ids)


def _checked(url: str, own_hosts: Collection[str]) -> str:
    endpoint = address_of(url)
    if endpoint is None or endpoint.host.endswith(_INSIDE) or endpoint.host in own_hosts:
        raise WebhookAddressUnusable(
            errors=[("/url", "https, by a name on the internet, on port 443, not this site's own.")]
        )
    return endpoint.url
