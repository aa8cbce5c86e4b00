"""Taking the locks of many patients at once, for the scheduler.

Whoever changes a patient's record holds her row first (``accounts.queries.lock_patient``), so the
scheduler does too.  It takes a batch of patients in one statement.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.db import skip_locked
from service.hot import EachRow

_PATIENTS: sa.Table = Patient.__table__  # type: ignore[assignment]
_P = _PATIENTS.c


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
    free = skip_locked(sa.select(_P.id).where(_P.id.in_(among)).limit(limit))
    return _held(session.execute(_next_change(free)))


def hold_all(session: Session, patient_ids: Set[UUID]) -> Mapping[UUID, Held]:
    """Take all of these patients, waiting for whoever is writing to one.

    In the order of their ids, so that two workers never wait for each other.
    """
    return _held(_HOLD_ALL.rows(session, [{"id": id} for id in patient_ids]))


def _next_change(ids: sa.Select[Any]) -> sa.Update:
    mine = ids.cte("mine")
    return (
        sa.update(_PATIENTS)
        .where(_P.id.in_(sa.select(mine.c.id)))
        .values(change_no=_P.change_no + 1)
        .returning(_P.id, _P.change_no, _P.account_id, _P.time_zone)
    )


_HOLD_ALL = EachRow(
    {"id": sa.Uuid()},
    lambda given: _next_change(
        sa.select(_P.id).where(_P.id.in_(sa.select(given.c.id))).order_by(_P.id).with_for_update()
    ),
)


def _held(rows: Iterable[Any]) -> Mapping[UUID, Held]:
    return {id: Held(change_no, account_id, zone) for id, change_no, account_id, zone in rows}
