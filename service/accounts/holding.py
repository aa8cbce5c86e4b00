"""Taking the locks of many patients at once, for the scheduler.

Whoever changes a patient's record holds her row first (``accounts.queries.lock_patient``), so the
scheduler does too.  It takes a batch of patients in a fixed number of statements.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.db import skip_locked

_PATIENTS: sa.Table = Patient.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Held:
    """A patient whose row is ours until the transaction ends."""

    change_no: int
    account_id: UUID | None
    time_zone: str


def hold_some(session: Session, among: sa.Select[Any], *, limit: int) -> Mapping[UUID, Held]:
    """Take some of the patients a query names, passing over those who are being written to now.

    They are not waited for: what is due for them is still due a moment later.
    """
    return _next_changes(
        session,
        session.scalars(
            skip_locked(sa.select(_PATIENTS.c.id).where(_PATIENTS.c.id.in_(among)).limit(limit))
        ).all(),
    )


def hold_all(session: Session, patient_ids: Set[UUID]) -> Mapping[UUID, Held]:
    """Take all of these patients, waiting for whoever is writing to one.

    In the order of their ids, so that two workers never wait for each other.
    """
    return _next_changes(
        session,
        session.scalars(
            sa.select(_PATIENTS.c.id)
            .where(_PATIENTS.c.id.in_(patient_ids))
            .order_by(_PATIENTS.c.id)
            .with_for_update()
        ).all(),
    )


def _next_changes(session: Session, ids: Any) -> Mapping[UUID, Held]:
    if not ids:
        return {}
    rows = session.execute(
        sa.update(_PATIENTS)
        .where(_PATIENTS.c.id.in_(ids))
        .values(change_no=_PATIENTS.c.change_no + 1)
        .returning(
            _PATIENTS.c.id, _PATIENTS.c.change_no, _PATIENTS.c.account_id, _PATIENTS.c.time_zone
        )
    )
    return {row.id: Held(row.change_no, row.account_id, row.time_zone) for row in rows}
