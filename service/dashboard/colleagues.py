"""Whom an alert, or all of somebody's alerts, can be handed to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Account, Queue, Role

_MOST = 200


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the viewer's clinic who works on a queue."""

    id: UUID
    display_name: str
    role: Role
    is_on_duty: bool


def colleagues_on(
    session: Session, viewer: Viewer, queues: Collection[Queue], *, now: datetime
) -> list[Colleague]:
    """Return who else works on any of these queues, whoever is on duty for one of them first."""
    clinic_id = viewer.clinic_id
    if clinic_id is None or not queues:
        return []
    roles = [role for role, theirs in QUEUES.items() if set(theirs) & set(queues)]
    rows = session.execute(
        sa.select(Account.id, Account.display_name, Account.role)
        .where(
            Account.clinic_id == clinic_id, Account.role.in_(roles),
            Account.disabled_at.is_(None), Account.id != viewer.account_id,
        )
        .order_by(Account.display_name, Account.id)
        .limit(_MOST)
    )  # fmt: skip
    duty = {
        id for queue in queues for id in people.on_duty(session, clinic_id, queue.value, now=now)
    }
    found = [Colleague(row.id, row.display_name, row.role, row.id in duty) for row in rows]
    return sorted(found, key=lambda one: not one.is_on_duty)
