"""What she was told in answer to a record, kept so that a repeat is told the same."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.care.models import GuidanceGiven
from service.care.records import Record
from service.db import insert_if_new
from service.errors import IdConflict

_GUIDANCE = cast(sa.Table, GuidanceGiven.__table__)


def keep(session: Session, patient_id: UUID, record: Record, told: Mapping[str, Any]) -> None:
    """Keep what she is told about a record, in place of what she was told before.

    Raises:
        IdConflict: the id is also that of a record of another kind, perhaps of somebody else's;
            what was said about that one stays as it is.
    """
    row = {"record_id": record.id, "record_type": record.type, "patient_id": patient_id, **told}
    if insert_if_new(session, _GUIDANCE, row, conflict_on="record_id"):
        return
    changed = session.scalar(
        sa.update(_GUIDANCE)
        .where(
            _GUIDANCE.c.record_id == record.id, _GUIDANCE.c.record_type == record.type,
            _GUIDANCE.c.patient_id == patient_id,
        )
        .values(**told)
        .returning(_GUIDANCE.c.record_id)
    )  # fmt: skip
    if changed is None:
        raise IdConflict


def kept(session: Session, patient_id: UUID, record_id: UUID) -> GuidanceGiven | None:
    """Return what she was told about a record of hers, ``None`` for nothing."""
    given = session.get(GuidanceGiven, record_id)
    return given if given is not None and given.patient_id == patient_id else None


def kept_of(
    session: Session, patient_id: UUID, record_ids: Collection[UUID]
) -> Sequence[GuidanceGiven]:
    """Return what she was told about some records of hers; one statement."""
    return session.scalars(
        sa.select(GuidanceGiven).where(
            GuidanceGiven.patient_id == patient_id, GuidanceGiven.record_id.in_(record_ids)
        )
    ).all()
