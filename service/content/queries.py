"""What can be asked of what she did with her feed."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.content.models import FeedMark


def marks_of(session: Session, patient_id: UUID) -> dict[str, FeedMark]:
    """Return what she did with each article, by slug."""
    rows = session.scalars(
        sa.select(FeedMark).where(FeedMark.patient_id == patient_id, FeedMark.deleted_at.is_(None))
    )
    return {row.slug: row for row in rows}
