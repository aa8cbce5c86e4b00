"""Who has received her data: who looked, family, her clinic's systems, who carried messages."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import STAFF, Account, Clinic, Grant, Patient, Role
from service.audit.models import AccessLogEntry, Event
from service.her_rows import Hers
from service.journey.models import CalendarLink
from service.notify.models import Device, OutboxMessage
from service.notify.webhooks.outcomes import host_told

_PLATFORMS = {"fcm": "Google, Firebase Cloud Messaging", "apns": "Apple, push notifications"}
_NO_WORDS = "that a message has come, and its title, without any word about your health"
# Whether a system got codes beside the ids is not kept for each message: the most it may have got.
_EVENTS = "that something happened in your record, when, and of what kind; nothing anybody wrote"


class Recipient(NamedTuple):
    """One who received data of hers.

    ``contact`` is where to ask; ``times`` how often, ``None`` where nobody counts it, as are the
    first and the last moment.
    """

    name: str
    what_they_are: str
    what_they_got: str
    contact: str
    first_at: datetime | None
    last_at: datetime | None
    times: int | None


def recipients_of(session: Session, hers: Hers) -> list[Recipient]:
    """Return who has received data of hers, people first."""
    clinic, joined_at = session.execute(
        sa.select(Clinic, Patient.joined_at)
        .join(Patient, Patient.clinic_id == Clinic.id)
        .where(Patient.id == hers.patient_id)
    ).one()
    asks_at = f"{clinic.name}, {clinic.phones.get('oncology_line', 'no number on file')}"
    return [
        Recipient(clinic.name, "your clinic", "your record, in its care", asks_at,
                  joined_at, None, None),
        *_who_looked(session, hers, asks_at),
        *_family(session, hers),
        *_systems(session, hers, asks_at),
        *_carriers(session, hers),
        *_calendar(session, hers),
    ]  # fmt: skip


def _who_looked(session: Session, hers: Hers, asks_at: str) -> Iterator[Recipient]:
    entry = AccessLogEntry
    rows = session.execute(
        sa.select(
            entry.account_id, entry.role, Account.display_name, Account.email,
            sa.func.count().label("times"), sa.func.min(entry.at).label("first_at"),
            sa.func.max(entry.at).label("last_at"),
        )
        .outerjoin(Account, Account.id == entry.account_id)
        .where(*_looks(hers.patient_id))
        .group_by(entry.account_id, entry.role, Account.display_name, Account.email)
        .order_by(sa.func.min(entry.at), entry.account_id)
    ).all()  # fmt: skip
    topics = _topics_seen(session, hers.patient_id)
    for row in rows:
        seen = ", ".join(sorted(topics[row.account_id])).replace("_", " ")
        yield Recipient(
            row.display_name or f"account {row.account_id}", row.role.value.replace("_", " "),
            seen, asks_at if row.role in STAFF else row.email or "not known",
            row.first_at, row.last_at, row.times,
        )  # fmt: skip


def _topics_seen(session: Session, patient_id: UUID) -> dict[UUID, set[str]]:
    entry = AccessLogEntry
    pairs = session.execute(
        sa.select(entry.account_id, entry.topic).where(*_looks(patient_id)).distinct()
    ).all()
    found: dict[UUID, set[str]] = {}
    for account_id, topic in pairs:
        found.setdefault(account_id, set()).add(topic)
    return found


def _looks(patient_id: UUID) -> tuple[Any, ...]:
    """Tell what people did from what systems were told, in the name of whoever set them up."""
    entry = AccessLogEntry
    return (
        entry.patient_id == patient_id,
        entry.role != Role.PATIENT,
        entry.action != Event.DISCLOSED,
    )


def _systems(session: Session, hers: Hers, asks_at: str) -> Iterator[Recipient]:
    """Return the systems her clinic had told, also those it has taken away since."""
    entry = AccessLogEntry
    rows = session.execute(
        sa.select(entry.route, sa.func.min(entry.at), sa.func.max(entry.at), sa.func.count())
        .where(entry.patient_id == hers.patient_id, entry.action == Event.DISCLOSED)
        .group_by(entry.route)
        .order_by(sa.func.min(entry.at), entry.route)
    ).all()
    for route, first, last, times in rows:
        host = host_told(route)
        yield Recipient(host, "a system your clinic uses", _EVENTS, asks_at, first, last, times)


def _family(session: Session, hers: Hers) -> Iterator[Recipient]:
    rows = session.execute(
        sa.select(Grant, Account.display_name, Account.email)
        .join(Account, Account.id == Grant.account_id)
        .where(Grant.patient_id == hers.patient_id)
        .order_by(Grant.granted_at, Grant.id)
    ).all()
    for grant, name, email in rows:
        topics = ", ".join(grant.topics) or "your name"
        yield Recipient(name, "family you let in", topics, email, grant.granted_at,
                        grant.revoked_at, None)  # fmt: skip


def _carriers(session: Session, hers: Hers) -> Iterator[Recipient]:
    sent = _sent(session, hers)
    devices = session.scalars(
        sa.select(Device)
        .where(Device.account_id == hers.account_id)
        .order_by(Device.created_at, Device.id)
    ).all()
    if "push" in sent:
        for name in dict.fromkeys(_carrier(device) for device in devices):
            yield Recipient(name, "carries pushes to your devices", _NO_WORDS, name, *sent["push"])
    if "email" in sent:
        email = session.scalar(sa.select(Account.email).where(Account.id == hers.account_id)) or ""
        host = email.rpartition("@")[2] or "not known"
        yield Recipient(host, "keeps your mail", _NO_WORDS, host, *sent["email"])


def _sent(session: Session, hers: Hers) -> dict[str, tuple[Any, Any, int]]:
    """Return when the first and the last message left to her, and how many, by channel."""
    message = OutboxMessage
    rows = session.execute(
        sa.select(
            message.channel, sa.func.min(message.sent_at), sa.func.max(message.sent_at),
            sa.func.count(),
        )
        .where(message.recipient_id == hers.account_id, message.sent_at.is_not(None))
        .group_by(message.channel)
        .order_by(message.channel)
    ).all()  # fmt: skip
    return {channel: (first, last, times) for channel, first, last, times in rows}


def _carrier(device: Device) -> str:
    if device.platform in _PLATFORMS:
        return _PLATFORMS[device.platform]
    endpoint = str(device.address.get("endpoint", ""))
    return urlsplit(endpoint).hostname or "the push service of your browser"


def _calendar(session: Session, hers: Hers) -> Iterator[Recipient]:
    links = session.scalars(
        sa.select(CalendarLink)
        .where(CalendarLink.patient_id == hers.patient_id)
        .order_by(CalendarLink.created_at, CalendarLink.id)
    ).all()
    for link in links:
        yield Recipient(
            "whoever you gave your calendar's private address", "reads your calendar",
            "reminders and appointments", "you made this address yourself", link.created_at,
            link.revoked_at, None,
        )  # fmt: skip
