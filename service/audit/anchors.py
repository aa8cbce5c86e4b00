"""Anchors: how far a clinic's chain had come, kept in a file where the database's owner is not.

A line is a JSON object: ``{"clinic": id, "number": 1234, "hash": "…", "at": "…"}``.  Lines are
only added.  Whoever cuts a chain's tail off or writes all of it anew cannot change them.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.audit.models import AccessLogEntry, AuditAnchor
from service.audit.sealing import head_of
from service.db import put

EVERY = timedelta(hours=1)
_ANCHORS: sa.Table = AuditAnchor.__table__  # type: ignore[assignment]


class Anchor(NamedTuple):
    """A clinic's chain had this hash at this number, when it was written down."""

    clinic_id: UUID
    number: int
    hash: str
    at: datetime


class BadAnchors(Exception):
    """A line of an anchor file is none; the message says which."""


def due(session: Session, *, now: datetime) -> list[Anchor]:
    """Return the heads of the chains that have grown since they were anchored, hours ago."""
    last = {row.clinic_id: row for row in session.execute(sa.select(_ANCHORS))}
    return [
        head
        for head in heads(session, now=now)
        if (before := last.get(head.clinic_id)) is None
        or (before.number < head.number and before.at + EVERY <= now)
    ]


def heads(session: Session, *, now: datetime) -> list[Anchor]:
    """Return the head of every chain, as of now."""
    found = [(clinic_id, head_of(session, clinic_id)) for clinic_id in clinics_in_log(session)]
    return [Anchor(id, head.number, head.hash, now) for id, head in found if head is not None]


def clinics_in_log(session: Session) -> Iterator[UUID]:
    """Give the clinics that have a chain, one after the other, a look at an index for each."""
    clinic_id, number = AccessLogEntry.clinic_id, AccessLogEntry.number
    last: UUID | None = None
    while True:
        chains = sa.select(clinic_id).where(number.is_not(None))
        if last is not None:
            chains = chains.where(clinic_id > last)
        last = session.scalar(chains.order_by(clinic_id, number).limit(1))
        if last is None:
            return
        yield last


def append(path: Path, anchors: Sequence[Anchor]) -> None:
    """Add anchors to the file, and see them on the disk.

    Raises:
        OSError: the file cannot be written.
    """
    lines = b"".join(
        orjson.dumps({"clinic": one.clinic_id, "number": one.number, "hash": one.hash,
                      "at": one.at}) + b"\n"
        for one in anchors
    )  # fmt: skip
    with path.open("ab") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def note_anchored(session: Session, anchors: Sequence[Anchor]) -> None:
    """Remember what was anchored last, for the privacy officer's page and the next hour."""
    put(session, _ANCHORS, [one._asdict() for one in anchors])


def read(path: Path) -> Iterator[Anchor]:
    """Give the anchors of a file, in its order.

    Raises:
        BadAnchors: a line is no anchor.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                held = orjson.loads(line)
                yield Anchor(
                    UUID(held["clinic"]), int(held["number"]), str(held["hash"]),
                    datetime.fromisoformat(held["at"]),
                )  # fmt: skip
            except (ValueError, TypeError, KeyError, AttributeError):
                raise BadAnchors(f"{path}: line {number} is no anchor") from None
