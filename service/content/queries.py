"""What can be asked of articles: what the patients of a clinic read."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.clinical.articles import article_of
from service.content.articles import Shelf, may_be_slug
from service.content.models import ArticleRevision

_ROW = ArticleRevision.__table__.c
_NO_BODY = sa.literal("").label("body")
# As the index has it, word for word: no index fits a status that is only known later.
_PUBLISHED = sa.text("status = 'published'")


def whole_shelf_of(session: Session, clinic_id: UUID) -> Shelf:
    """Return everything a clinic has published, with its text."""
    rows = session.execute(
        sa.select(_ROW.slug, _ROW.language, _ROW.front, _ROW.body).where(
            _ROW.clinic_id == clinic_id, _PUBLISHED
        )
    )
    return Shelf({(row.slug, row.language): article_of(row.front, row.body) for row in rows})


def shelf_of(
    session: Session, clinic_id: UUID | None, slugs: Collection[str], *, with_text: bool = False
) -> Shelf:
    """Return what patients of a clinic read under some names.

    Args:
        session: to ask; one statement.
        clinic_id: of her clinic; ``None`` for somebody without one, who reads the project's.
        slugs: all the names that will be looked up.
        with_text: load what the articles say, and not only what is said of them.
    """
    names = sorted(slug for slug in slugs if may_be_slug(slug))
    if clinic_id is None or not names:
        return Shelf({})
    rows = session.execute(
        sa.select(_ROW.slug, _ROW.language, _ROW.front, _ROW.body if with_text else _NO_BODY).where(
            _ROW.clinic_id == clinic_id, _PUBLISHED, _ROW.slug.in_(names)
        )
    )
    return Shelf({(row.slug, row.language): article_of(row.front, row.body) for row in rows})
