"""What follows from how deliveries went: disclosures are noted, failing endpoints switched off."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Topic
from service.accounts.models import Account, Role
from service.audit.actions import log_event
from service.audit.models import Event
from service.notify.actions import Message, tell_all
from service.notify.rules import WEBHOOK, Outcome, Result, counts
from service.notify.webhook_models import WebhookEndpoint

# Source: promise P-25; the specification advises to switch off what fails "over a long period".
LEFT_ALONE_AFTER = timedelta(days=5)
_TEXT = {
    "gone": (
        "One of your clinic's systems answered that it wants no more webhooks (410 Gone). It is"
        " switched off and gets nothing more. You find it on the dashboard under Webhooks."
    ),
    "failing": (
        "One of your clinic's systems has taken no webhook for five days. It is switched off and"
        " gets nothing more. Put it right, switch it on again on the dashboard under Webhooks,"
        " and send what it missed once more."
    ),
}

_TOLD = "to "


def host_told(route: str) -> str:
    """Return the host of a disclosure's entry in the access log, which is kept as its route."""
    return route.removeprefix(_TOLD)


def note_outcomes(session: Session, results: Sequence[Result], *, now: datetime) -> None:
    """Note what was disclosed, and how each endpoint is doing.

    In the transaction in which the results are recorded.
    """
    ours = [one for one in results if one.message.channel == WEBHOOK]
    if not ours:
        return
    clinics = _clinics(session, {_endpoint_id(one) for one in ours})
    for one in ours:
        if one.outcome is Outcome.SENT and _endpoint_id(one) in clinics:
            _note_disclosure(session, one, clinics[_endpoint_id(one)], now)
    for id, clinic_id in sorted(clinics.items()):
        _note_health(session, id, clinic_id, [one for one in ours if _endpoint_id(one) == id], now)


def _note_disclosure(session: Session, result: Result, clinic_id: UUID, now: datetime) -> None:
    message = result.message
    host = urlsplit(message.endpoint.url).hostname if message.endpoint else None
    log_event(
        session, Event.DISCLOSED, Topic.WEBHOOKS, account_id=message.recipient_id,
        role=Role.ADMINISTRATOR, clinic_id=clinic_id, route=f"{_TOLD}{host}"[:80],
        request_id=str(message.id), now=now,
        patient_id=UUID(message.body["data"]["patient_id"]),
    )  # fmt: skip


def _note_health(
    session: Session, id: UUID, clinic_id: UUID, results: Sequence[Result], now: datetime
) -> None:
    endpoint = sa.update(WebhookEndpoint).where(
        WebhookEndpoint.id == id, WebhookEndpoint.disabled_at.is_(None)
    )
    if any((one.why or "").startswith("Gone") for one in results):
        _switch_off(session, endpoint, "gone", id, clinic_id, now)
    elif any(one.outcome is Outcome.SENT for one in results):
        session.execute(
            endpoint.where(WebhookEndpoint.failing_since.is_not(None)).values(failing_since=None)
        )
    elif any(one.outcome in {Outcome.AGAIN, Outcome.DEAD} and counts(one) for one in results):
        session.execute(
            endpoint.where(WebhookEndpoint.failing_since.is_(None)).values(failing_since=now)
        )
        for_days = endpoint.where(WebhookEndpoint.failing_since <= now - LEFT_ALONE_AFTER)
        _switch_off(session, for_days, "failing", id, clinic_id, now)


def _switch_off(
    session: Session, endpoint: sa.Update, why: str, id: UUID, clinic_id: UUID, now: datetime
) -> None:
    """Switch an endpoint off, and tell the administrators of its clinic, once."""
    done = session.execute(
        endpoint.values(disabled_at=now, disabled_because=why).returning(WebhookEndpoint.id)
    ).one_or_none()
    if done is None:
        return
    administrators = session.scalars(
        sa.select(Account.id)
        .where(
            Account.clinic_id == clinic_id, Account.role == Role.ADMINISTRATOR,
            Account.disabled_at.is_(None),
        )
        .order_by(Account.id)
    ).all()  # fmt: skip
    tell_all(
        session,
        [
            Message(
                recipient_id=one, patient_id=None, to_staff=True, kind="account", subject_id=None,
                title="Webhooks to one of your systems were switched off",
                body={"text": _TEXT[why]}, channel="email", now=now,
                collapse_key=f"hookoff.{id.hex}.{one.hex[:16]}.{int(now.timestamp())}",
            )
            for one in administrators
        ],
    )  # fmt: skip


def _clinics(session: Session, ids: set[UUID]) -> dict[UUID, UUID]:
    rows = session.execute(
        sa.select(WebhookEndpoint.id, WebhookEndpoint.clinic_id).where(WebhookEndpoint.id.in_(ids))
    )
    return {row.id: row.clinic_id for row in rows}


def _endpoint_id(result: Result) -> UUID:
    assert result.message.subject_id is not None  # noqa: S101 - webhooks have an endpoint
    return result.message.subject_id
