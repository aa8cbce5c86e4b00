"""What she has seen of her feed: what she did with each card, and how often it was shown."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.content.models import FeedMark, FeedShowing
from service.db import put

_MARKS = cast(sa.Table, FeedMark.__table__)
_SHOWINGS = cast(sa.Table, FeedShowing.__table__)
_HERS = sa.bindparam("patient_id", type_=_MARKS.c.patient_id.type)
_MARKED = (
    _MARKS.c.received_at, _MARKS.c.read_at, _MARKS.c.saved_at, _MARKS.c.dismissed_at,
    _MARKS.c.dismissed_reason, _MARKS.c.helpful,
)  # fmt: skip
_SHOWN = (_SHOWINGS.c.signature, _SHOWINGS.c.since, _SHOWINGS.c.last_on, _SHOWINGS.c.days)
_IS_MARK = sa.and_(_MARKS.c.patient_id == _HERS, _MARKS.c.deleted_at.is_(None))
_SAME_CARD = sa.and_(
    _SHOWINGS.c.patient_id == _MARKS.c.patient_id, _SHOWINGS.c.slug == _MARKS.c.slug
)
# What she marked, with or without a showing, and what was only shown.
_BOTH = sa.union_all(
    sa.select(_MARKS.c.slug, *_MARKED, *_SHOWN)
    .select_from(_MARKS.outerjoin(_SHOWINGS, _SAME_CARD))
    .where(_IS_MARK),
    sa.select(
        _SHOWINGS.c.slug, *(sa.null().cast(column.type) for column in _MARKED), *_SHOWN
    ).where(
        _SHOWINGS.c.patient_id == _HERS, ~sa.exists().where(_IS_MARK, _SAME_CARD)
    ),
)  # fmt: skip


class Shown(NamedTuple):
    """For which reason a card was shown last, since when, until when, and on how many days."""

    signature: str
    since: date
    last_on: date
    days: int


class Seen(NamedTuple):
    """What she has seen of one card.

    ``marked_at`` is when she first did anything with it, ``None`` for a card that was only shown;
    ``shown`` is ``None`` for one that never was.
    """

    marked_at: datetime | None = None
    read_at: datetime | None = None
    saved_at: datetime | None = None
    dismissed_at: datetime | None = None
    dismissed_reason: str | None = None
    helpful: bool | None = None
    shown: Shown | None = None


def seen_by(session: Session, patient_id: UUID) -> dict[str, Seen]:
    """Return what a patient has seen of her feed, by slug; one statement."""
    rows = session.execute(_BOTH, {"patient_id": patient_id})
    marked = len(_MARKED) + 1
    return {
        row[0]: Seen(*row[1:marked])._replace(
            shown=None if row.signature is None else Shown(*row[marked:])
        )
        for row in rows
    }


def keep(session: Session, patient_id: UUID, shown: Mapping[str, Shown]) -> None:
    """Write down how it stands with some cards now, by slug; one statement, none for none."""
    put(
        session, _SHOWINGS,
        [{"patient_id": patient_id, "slug": slug, **one._asdict()} for slug, one in shown.items()],
    )  # fmt: skip
