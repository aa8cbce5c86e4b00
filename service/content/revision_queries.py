"""What can be asked of the articles a clinic writes itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only

from service.content.models import ArticleRevision
from service.errors import NotFound

STATUSES = ("draft", "in_review", "reviewed", "published", "retired")
# As many versions of one article as its history names.
HISTORY = 100
# In a list nobody reads the texts.
_LISTED = load_only(
    ArticleRevision.clinic_id, ArticleRevision.slug, ArticleRevision.language,
    ArticleRevision.number, ArticleRevision.status, ArticleRevision.front,
    ArticleRevision.written_by, ArticleRevision.written_at, ArticleRevision.changed_at,
    ArticleRevision.reviewed_by, ArticleRevision.reviewed_at, ArticleRevision.published_by,
    ArticleRevision.published_at, ArticleRevision.publish_on, ArticleRevision.expires_on,
    ArticleRevision.retired_at, ArticleRevision.version, raiseload=True,
)  # fmt: skip


def revision(session: Session, clinic_id: UUID | None, id: UUID) -> ArticleRevision:
    """Return one version of an article of a clinic.

    Raises:
        NotFound: there is none of this id, or it is another clinic's.
    """
    found = session.get(ArticleRevision, id)
    if found is None or found.clinic_id != clinic_id:
        raise NotFound
    return found


def revisions_of(
    clinic_id: UUID | None, *, status: str | None = None, language: str | None = None
) -> sa.Select[Any]:
    """Ask for the versions of all articles of a clinic, without their texts."""
    statement = (
        sa.select(ArticleRevision).options(_LISTED).where(ArticleRevision.clinic_id == clinic_id)
    )
    if status is not None:
        statement = statement.where(ArticleRevision.status == status)
    if language is not None:
        statement = statement.where(ArticleRevision.language == language)
    return statement


def latest(
    session: Session,
    clinic_id: UUID | None,
    *,
    limit: int,
    last: tuple[datetime, UUID] | None,
    status: str | None = None,
    language: str | None = None,
) -> Sequence[ArticleRevision]:
    """Return a page of versions and the one after it, those begun last first.

    ``last`` is where the page before ended: ``(written_at, id)``.
    """
    at, id = ArticleRevision.written_at, ArticleRevision.id
    statement = revisions_of(clinic_id, status=status, language=language)
    if last is not None:
        statement = statement.where(sa.tuple_(at, id) < sa.tuple_(*last, types=[at.type, id.type]))
    return session.scalars(statement.order_by(at.desc(), id.desc()).limit(limit + 1)).all()


def history_of(
    session: Session, clinic_id: UUID | None, slug: str, language: str | None = None
) -> Sequence[ArticleRevision]:
    """Return the latest versions of one article, the newest first, without their texts."""
    newest = (ArticleRevision.language, ArticleRevision.number.desc())
    of_slug = revisions_of(clinic_id, language=language).where(ArticleRevision.slug == slug)
    return session.scalars(of_slug.order_by(*newest).limit(HISTORY)).all()


def published_in(
    session: Session, clinic_id: UUID | None
) -> dict[tuple[str, str], ArticleRevision]:
    """Return what a clinic has published, by slug and language, without the texts."""
    rows = session.scalars(revisions_of(clinic_id, status="published"))
    return {(row.slug, row.language): row for row in rows}
