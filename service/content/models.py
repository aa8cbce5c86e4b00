"""Tables: what she has done with each card of her feed, and what a clinic's editors write."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id
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


class FeedShowing(Model):
    """On how many days one card was shown to her, and since when for the reason it has now.

    Written at most once a day a card, when she looks at her own feed; no part of what her phone
    pulls.  ``signature`` is the reason as ``care.feed.Card.signature`` has it.
    """

    __tablename__ = "feed_showings"

    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    signature: Mapped[str] = mapped_column(sa.String(200))
    # The first day with this signature, the last day at all, and days with this signature.
    since: Mapped[date]
    last_on: Mapped[date]
    days: Mapped[int]


_WAITS_FOR_ITS_DAY = sa.text("publish_on IS NOT NULL AND status = 'reviewed'")


class ArticleRevision(Model):
    """One version of an article of a clinic's, from draft to print.

    The published one of a slug and language shows to the clinic's patients, in place of the
    project's own article of that slug.  ``front`` is the front matter of the files under
    ``clinical/articles``, checked by the same schema; ``body`` is Markdown.
    """

    __tablename__ = "article_revisions"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "slug", "language", "number"),
        sa.Index(
            "uq_article_revisions_published", "clinic_id", "slug", "language", unique=True,
            postgresql_where=sa.text("status = 'published'"),
            sqlite_where=sa.text("status = 'published'"),
        ),
        sa.Index(
            "ix_article_revisions_waiting", "publish_on",
            postgresql_where=_WAITS_FOR_ITS_DAY, sqlite_where=_WAITS_FOR_ITS_DAY,
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'in_review', 'reviewed', 'published', 'retired')", name="status"
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    slug: Mapped[str] = mapped_column(sa.String(60))
    language: Mapped[str] = mapped_column(sa.String(20))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(10))
    front: Mapped[dict[str, Any]]
    body: Mapped[str] = mapped_column(sa.Text)
    written_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    written_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    reviewed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    reviewed_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
    published_at: Mapped[datetime | None]
    # A reviewed version comes out by itself on this day, where the clinic is.
    publish_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
