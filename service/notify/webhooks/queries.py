"""What can be asked of webhooks: a clinic's endpoints, and what each of them was sent."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.notify.models import IS_WEBHOOK, OutboxMessage
from service.notify.rules import Endpoint
from service.notify.webhook_models import WebhookEndpoint

_M = OutboxMessage
_DELIVERY = (
    _M.id, _M.body, _M.created_at, _M.state, _M.attempts, _M.next_try_at, _M.sent_at, _M.last_error,
)  # fmt: skip


def endpoints_of(
    session: Session, ids: Collection[UUID], *, now: datetime
) -> Mapping[UUID, Endpoint]:
    """Return where these endpoints listen and what signs, in one statement; none removed."""
    rows = session.scalars(
        sa.select(WebhookEndpoint)
        .where(WebhookEndpoint.id.in_(ids), WebhookEndpoint.removed_at.is_(None))
        .execution_options(populate_existing=True)
    ).all()
    return {row.id: _endpoint(row, now) for row in rows}


def endpoints_page(
    session: Session, clinic_id: UUID, *, limit: int, last: UUID | None = None
) -> Sequence[WebhookEndpoint]:
    """Return a clinic's endpoints, the oldest first, and one more than asked."""
    question = sa.select(WebhookEndpoint).where(
        WebhookEndpoint.clinic_id == clinic_id, WebhookEndpoint.removed_at.is_(None)
    )
    if last is not None:
        question = question.where(WebhookEndpoint.id > last)
    return session.scalars(question.order_by(WebhookEndpoint.id).limit(limit + 1)).all()


def endpoint_of(
    session: Session, clinic_id: UUID, id: UUID, *, for_update: bool = False
) -> WebhookEndpoint:
    """Return one endpoint of a clinic.

    Raises:
        NotFound: there is none, or it was removed.
    """
    question = sa.select(WebhookEndpoint).where(
        WebhookEndpoint.id == id, WebhookEndpoint.clinic_id == clinic_id,
        WebhookEndpoint.removed_at.is_(None),
    )  # fmt: skip
    if for_update:
        question = question.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(question).one_or_none()
    if found is None:
        raise NotFound
    return found


def deliveries_page(
    session: Session, endpoint_id: UUID, *, limit: int, last: tuple[datetime, UUID] | None
) -> Sequence[Mapping[str, Any]]:
    """Return what an endpoint was sent, newest first, and one more than asked.

    Neither what was said nor what the receiver answered beside its status.
    """
    question = sa.select(*_DELIVERY).where(IS_WEBHOOK, _M.subject_id == endpoint_id)
    if last is not None:
        at, id = last
        question = question.where(
            sa.or_(_M.created_at < at, sa.and_(_M.created_at == at, _M.id < id))
        )
    newest_first = question.order_by(_M.created_at.desc(), _M.id.desc()).limit(limit + 1)
    return [_shown(row) for row in session.execute(newest_first)]


def _shown(row: Any) -> Mapping[str, Any]:
    found = {**row._mapping}
    body = found.pop("body")
    return {**found, "webhook_id": body["event"], "type": body["type"]}


def _endpoint(row: WebhookEndpoint, now: datetime) -> Endpoint:
    secrets = [row.secret]
    if row.former_until is not None and row.former_until > now:
        secrets.append(row.former_secret)
    return Endpoint(
        url=row.url,
        secrets=tuple(secret for secret in secrets if secret is not None),
        with_content=row.with_content,
        refusal=None if row.disabled_at is None else "endpoint switched off",
    )
