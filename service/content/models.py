"""Tables: what she has done with each card of her feed."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.records import PatientRecord


class FeedMark(PatientRecord, Model):
    """What she did with one article: read, saved, dismissed, found helpful or not.

    ``id`` is derived from patient and slug, so there is one row an article.
    ``dismissed_reason`` is the reason that stood when she dismissed it; a stronger one brings
    the card back.
    """

    __tablename__ = "feed_marks"
    __table_args__ = (sa.Index(None, "patient_id", "change_no"),)

    slug: Mapped[str] = mapped_column(sa.String(60))
    read_at: Mapped[datetime | None]
    saved_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]
    dismissed_reason: Mapped[str | None] = mapped_column(sa.String(200))
    helpful: Mapped[bool | None]
