"""What can be asked of emergency accesses: of one patient's, of a clinic's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.emergency_models import BreakGlass
from service.accounts.models import Account, Patient

_G = BreakGlass
_REVIEWER = sa.orm.aliased(Account)
_ROWS = (
    sa.select(
        _G.id, _G.patient_id, Patient.display_name.label("patient_name"), _G.account_id, _G.name,
        _G.role, _G.from_clinic, _G.reason, _G.opened_at, _G.ends_at, _G.review_by,
        _G.escalated_at, _G.reviewed_at, _REVIEWER.display_name.label("reviewer"), _G.finding,
        _G.finding_note,
    )
    .join(Patient, Patient.id == _G.patient_id)
    .outerjoin(_REVIEWER, _REVIEWER.id == _G.reviewed_by)
)  # fmt: skip


def page_of(
    session: Session, *, limit: int, last: tuple[datetime, UUID] | None,
    clinic_id: UUID | None = None, patient_id: UUID | None = None, open_only: bool = False,
) -> Sequence[Any]:  # fmt: skip
    """Return emergency accesses, newest first, and one row more than asked for.

    Args:
        session: any.
        limit: how many make a page.
        last: the last row of the page before.
        clinic_id: those to patients of this clinic.
        patient_id: those to this patient.
        open_only: those that nobody has reviewed.
    """
    wanted = _ROWS
    if clinic_id is not None:
        wanted = wanted.where(_G.clinic_id == clinic_id)
    if patient_id is not None:
        wanted = wanted.where(_G.patient_id == patient_id)
    if open_only:
        wanted = wanted.where(_G.reviewed_at.is_(None))
    if last is not None:
        place = sa.tuple_(*last, types=[_G.opened_at.type, _G.id.type])
        wanted = wanted.where(sa.tuple_(_G.opened_at, _G.id) < place)
    newest = wanted.order_by(_G.opened_at.desc(), _G.id.desc())
    return session.execute(newest.limit(limit + 1)).all()


def one(session: Session, glass_id: UUID) -> Any:
    """Return one emergency access that is known to be there, as the lists have it."""
    return session.execute(_ROWS.where(_G.id == glass_id)).one()


def shown(row: Any) -> dict[str, Any]:
    """Return an emergency access as it is answered."""
    return {
        "id": row.id,
        "patient": {"id": row.patient_id, "display_name": row.patient_name},
        "opened_by": {
            "id": row.account_id, "display_name": row.name, "role": row.role,
            "clinic": row.from_clinic,
        },
        "reason": row.reason,
        "opened_at": row.opened_at,
        "ends_at": row.ends_at,
        "review_by": row.review_by,
        "escalated_at": row.escalated_at,
        "reviewed_at": row.reviewed_at,
        "reviewed_by": row.reviewer,
        "finding": row.finding,
        "note": row.finding_note,
    }  # fmt: skip
