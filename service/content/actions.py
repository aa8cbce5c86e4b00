"""What she can do with a card of her feed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.content.models import FeedMark
from service.ids import derived_id
from service.records import Change, amend, hash_of

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
    id = mark_id(change.patient_id, slug)
    row = session.get(FeedMark, id)
    if row is None:
        row = FeedMark(
            id=id, patient_id=change.patient_id, version=1, created_change_no=change.change_no,
            change_no=change.change_no, entered_by=change.by, received_at=change.now,
            content_hash=hash_of({"slug": slug}), slug=slug,
        )  # fmt: skip
        session.add(row)
        session.flush()
    amend(row, _effect(act, change, reason), change=change)
    return row


def mark_id(patient_id: UUID, slug: str) -> UUID:
    """Return the id of what a patient did with an article."""
    return derived_id("feed", patient_id, slug)


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
