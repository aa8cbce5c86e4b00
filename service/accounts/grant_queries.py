"""What can be asked of grants: whom of her family she has let in, to what, until when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Account, Grant
from service.accounts.patient_ref import PatientRef

_COLUMNS = (
    Grant.id, Grant.account_id, Account.display_name, Grant.topics, Grant.granted_at, Grant.until,
    Grant.revoked_at,
)  # fmt: skip


def grants_page(
    session: Session, patient: PatientRef, *, limit: int, last: tuple[datetime, UUID] | None
) -> Sequence[Any]:
    """Return what a patient has granted, the latest first, and one more than ``limit``.

    What has ended is among it: she can look up who could see what, and when.
    """
    statement = _of(patient.id).order_by(Grant.granted_at.desc(), Grant.id.desc())
    if last is not None:
        at, id = last
        statement = statement.where(
            sa.or_(Grant.granted_at < at, sa.and_(Grant.granted_at == at, Grant.id < id))
        )
    return session.execute(statement.limit(limit + 1)).all()


def shown(row: Any, patient: PatientRef, *, now: datetime) -> dict[str, Any]:
    """Return a grant as it stands in an answer; it holds on the whole of its last day, hers."""
    has_passed = row.until is not None and row.until < patient.local_date(now)
    return {**row._mapping, "in_force": row.revoked_at is None and not has_passed}


def grant_of(session: Session, patient: PatientRef, id: UUID) -> Any:
    """Return one grant of a patient's that is there."""
    return session.execute(_of(patient.id).where(Grant.id == id)).one()


def _of(patient_id: UUID) -> sa.Select[Any]:
    return (
        sa.select(*_COLUMNS)
        .join(Account, Account.id == Grant.account_id)
        .where(Grant.patient_id == patient_id)
    )
