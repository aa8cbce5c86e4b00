"""What can be done with the journey: the diagnosis, events, absences, the calendar's link."""

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.errors import NotFound, Outdated, Rejected
from service.ids import new_id
from service.journey import queries
from service.journey.models import AwayPeriod, CalendarLink, Diagnosis, Event
from service.journey.rules import digest_of
from service.records import Change, amend, bury, find, hash_of, store

# 256 bits: whoever has the address reads the calendar, so nobody may come upon it.
_TOKEN_BYTES = 32

FIELDS = (
    "recurrence", "stage_iv_at_diagnosis", "diagnosed_on", "recurred_on", "initial_surgery",
    "metastatic_sites", "er", "pr", "her2", "mutations", "menopausal_status",
)  # fmt: skip
# Entered by the service itself while nothing is expected of her, and nobody else's to change.
PAUSED = "paused"


class EndsBeforeStart(Rejected):
    """An absence would be over before it begins."""

    slug = "ends-before-start"
    title = "It ends before it begins."

    def __init__(self) -> None:
        super().__init__(errors=[("/ends_on", "Lies before starts_on.")])


def set_diagnosis(
    session: Session,
    *,
    change: Change,
    diagnosis: Mapping[str, Any],
    confirmed_by: str | None,
    if_version: int | None = None,
) -> tuple[Diagnosis, bool]:
    """Say what is known of the disease from now on; what was known before stays as history.

    Args:
        session: in a transaction that holds the patient's lock.
        change: who says it, when.
        diagnosis: all of ``FIELDS``.
        confirmed_by: the name of the member of staff who confirms it, ``None`` if she says so.
        if_version: the ``change_no`` of the one the caller has seen, 0 for none; ``None`` for any.

    Returns:
        The diagnosis that holds now, and whether anything differs from before.

    Raises:
        Outdated: another one holds by now.
    """
    current = queries.current_diagnosis(session, change.patient_id)
    if if_version is not None and if_version != (current.change_no if current else 0):
        raise Outdated
    content = {name: diagnosis[name] for name in FIELDS} | {"confirmed_by": confirmed_by}
    if current is not None and current.content_hash == hash_of(content):
        return current, False
    id = new_id()
    store(
        session, Diagnosis, change=change, id=id, content=content,
        derived={"confirmed_at": change.now if confirmed_by else None},
    )  # fmt: skip
    return session.get_one(Diagnosis, id), True


def note_event(session: Session, *, change: Change, event: Mapping[str, Any]) -> bool:
    """Enter an event; tell whether it is new.

    Raises:
        IdConflict: the id is taken for something else.
    """
    content = {name: value for name, value in event.items() if name != "id"}
    return store(session, Event, change=change, id=event["id"], content=content)


def change_event(
    session: Session,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    if_version: int | None,
) -> Event:
    """Change an event and return it.

    Raises:
        NotFound: no such event of hers.
        Outdated: it has a newer version than the caller has seen.
    """
    event = find(session, Event, change.patient_id, id)
    amend(event, changes, change=change, if_version=if_version)
    return event


def take_out_event(session: Session, *, change: Change, id: UUID, if_version: int | None) -> None:
    """Leave a tombstone where an event was.

    Raises:
        NotFound: no such event of hers.
        Outdated: it has a newer version than the caller has seen.
    """
    bury(find(session, Event, change.patient_id, id), change=change, if_version=if_version)


def note_away(session: Session, *, change: Change, period: Mapping[str, Any]) -> bool:
    """Enter days on which she is away; tell whether they are new.

    Raises:
        EndsBeforeStart: it would be over before it begins.
        IdConflict: the id is taken for something else.
    """
    _check_days(period["starts_on"], period["ends_on"])
    content = {name: value for name, value in period.items() if name != "id"}
    return store(session, AwayPeriod, change=change, id=period["id"], content=content)


def change_away(
    session: Session,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    if_version: int | None,
) -> AwayPeriod:
    """Change an absence and return it.

    Raises:
        NotFound: no such absence of hers.
        EndsBeforeStart: it would be over before it begins.
        Outdated: it has a newer version than the caller has seen.
    """
    period = _entered(session, change, id)
    _check_days(changes.get("starts_on", period.starts_on), changes.get("ends_on", period.ends_on))
    amend(period, changes, change=change, if_version=if_version)
    return period


def take_out_away(session: Session, *, change: Change, id: UUID, if_version: int | None) -> None:
    """Leave a tombstone where an absence was.

    Raises:
        NotFound: no such absence of hers.
        Outdated: it has a newer version than the caller has seen.
    """
    bury(_entered(session, change, id), change=change, if_version=if_version)


def leave_care(session: Session, *, change: Change, on: date) -> None:
    """Note that nothing is expected of her from a day on: her care is paused or has ended."""
    content = {"kind": PAUSED, "starts_on": on, "ends_on": None, "note": None}
    store(session, AwayPeriod, change=change, id=new_id(), content=content)


def come_back(session: Session, *, change: Change, on: date) -> None:
    """Note that she is in care again from a day on, and was not on the days before."""
    for period in session.scalars(
        sa.select(AwayPeriod).where(
            AwayPeriod.patient_id == change.patient_id, AwayPeriod.kind == PAUSED,
            AwayPeriod.deleted_at.is_(None), AwayPeriod.ends_on.is_(None),
        )
    ):  # fmt: skip
        if period.starts_on >= on:
            bury(period, change=change)
        else:
            amend(period, {"ends_on": on - timedelta(days=1)}, change=change)


def issue_calendar_link(session: Session, *, change: Change) -> str:
    """Make a new token for her calendar and return it; the one before is good for nothing now."""
    revoke_calendar_link(session, change=change)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        CalendarLink(
            patient_id=change.patient_id, token_sha256=digest_of(token), created_by=change.by,
            created_at=change.now,
        )
    )  # fmt: skip
    return token


def revoke_calendar_link(session: Session, *, change: Change) -> None:
    """Let her calendar's address lead nowhere, if there is one."""
    session.execute(
        sa.update(CalendarLink)
        .where(CalendarLink.patient_id == change.patient_id, CalendarLink.revoked_at.is_(None))
        .values(revoked_at=change.now)
    )


def _entered(session: Session, change: Change, id: UUID) -> AwayPeriod:
    period = find(session, AwayPeriod, change.patient_id, id)
    if period.kind == PAUSED:
        raise NotFound
    return period


def _check_days(first: date, last: date | None) -> None:
    if last is not None and last < first:
        raise EndsBeforeStart
