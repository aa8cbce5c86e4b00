"""What she can do with a card of her feed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.content.models import FeedMark
from service.errors import IdConflict
from service.ids import derived_id
from service.records import Change, amend, bury, effective_moment, find, hash_of

ACTS = ("read", "save", "unsave", "dismiss", "helpful", "not-helpful")


def mark(session: Session, *, change: Change, slug: str, act: str, reason: str | None) -> FeedMark:
    """Note that she read, saved, unsaved, dismissed or judged an article.

    Args:
        session: in a transaction that holds her lock.
        change: when.
        slug: of the article.
        act: one of ``ACTS``.
        reason: what the card is shown for now; a dismissed card returns when that changes.
    """
    row = _mark_of(session, change, slug)
    if row is None:
        row = _new_mark(session, change, mark_id(change.patient_id, slug), slug)
    amend(row, {"deleted_at": None, **_effect(act, change, reason)}, change=change)
    return row


def keep_marks(
    session: Session, *, change: Change, id: UUID, slug: str, marks: Mapping[str, Any]
) -> None:
    """Keep what a phone says she did with an article, at its own time.

    There is one row an article.  A phone that made another for it, offline, under an id of its
    own, finds that one deleted and the first one changed when it pulls.

    Args:
        session: in a transaction that holds her lock.
        change: who says so, when.
        id: the phone's for it.
        slug: of the article.
        marks: columns to set; what is left out stays.

    Raises:
        ClockWrong: something was done more than a day ahead of us, or before 2000.
        IdConflict: the id is taken for something else.
    """
    for name in ("read_at", "saved_at", "dismissed_at"):
        if marks.get(name) is not None:
            effective_moment(marks[name], now=change.now)
    row = _mark_of(session, change, slug)
    if row is None:
        row = _new_mark(session, change, id, slug)
    elif row.id != id and session.get(FeedMark, id) is None:
        other = _new_mark(session, change, id, slug)
        other.deleted_at = change.now
    if row.slug != slug or row.patient_id != change.patient_id:
        raise IdConflict
    amend(row, {"deleted_at": None, **marks}, change=change)
    session.flush()


def forget_marks(session: Session, *, change: Change, id: UUID) -> None:
    """Leave a tombstone where it was kept what she did with an article.

    Raises:
        NotFound: there is no such row of hers.
    """
    row = find(session, FeedMark, change.patient_id, id)
    bury(row, change=change)
    amend(row, dict.fromkeys(("read_at", "saved_at", "dismissed_at", "helpful")), change=change)
    session.flush()


def mark_id(patient_id: UUID, slug: str) -> UUID:
    """Return the id of what a patient did with an article."""
    return derived_id("feed", patient_id, slug)


def _mark_of(session: Session, change: Change, slug: str) -> FeedMark | None:
    """Return what she did with an article; the row under its own id before any other."""
    rows = session.scalars(
        sa.select(FeedMark).where(FeedMark.patient_id == change.patient_id, FeedMark.slug == slug)
    ).all()
    own = mark_id(change.patient_id, slug)
    rows = sorted(rows, key=lambda row: (row.deleted_at is not None, row.id != own, row.id))
    return next(iter(rows), None)


def _new_mark(session: Session, change: Change, id: UUID, slug: str) -> FeedMark:
    row = FeedMark(
        id=id, patient_id=change.patient_id, version=1, created_change_no=change.change_no,
        change_no=change.change_no, entered_by=change.by, received_at=change.now,
        content_hash=hash_of({"slug": slug}), slug=slug,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _effect(act: str, change: Change, reason: str | None) -> Mapping[str, Any]:
    effects: Mapping[str, Mapping[str, Any]] = {
        "read": {"read_at": change.now},
        "save": {"saved_at": change.now},
        "unsave": {"saved_at": None},
        "dismiss": {"dismissed_at": change.now, "dismissed_reason": reason},
        "helpful": {"helpful": True},
        "not-helpful": {"helpful": False},
    }
    return effects[act]
