"""What can be asked of requests."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Account, Queue
from service.accounts.sharing import seen_by_team
from service.support.models import SupportRequest

# More than a choice in a form can hold, and more than any team has.
_MOST_COLLEAGUES = 200
# Written out, not bound: plans are generic, and of a bound state the database expects as many as
# of any other, so that it would read what was closed long ago.
TAKEN: tuple[sa.ColumnClause[str], ...] = (
    sa.literal_column("'claimed'"), sa.literal_column("'contacted'"),
)  # fmt: skip
UNCLOSED: tuple[sa.ColumnClause[str], ...] = (sa.literal_column("'received'"), *TAKEN)


def requests_of(patient_id: UUID) -> sa.Select[Any]:
    """Select a patient's requests."""
    return sa.select(SupportRequest).where(
        SupportRequest.patient_id == patient_id, SupportRequest.deleted_at.is_(None)
    )


def requests_for(viewer: Viewer, queue: Queue | None) -> sa.Select[Any]:
    """Select the unclosed requests of the viewer's queues."""
    mine = [one for one in QUEUES.get(viewer.role, ()) if queue in (None, one)]
    return sa.select(SupportRequest).where(
        SupportRequest.clinic_id == viewer.clinic_id,
        SupportRequest.queue.in_(mine),
        SupportRequest.state.in_(UNCLOSED),
        SupportRequest.deleted_at.is_(None),
        seen_by_team(SupportRequest.patient_id, viewer.clinic_id),
    )


def colleagues_for(session: Session, clinic_id: UUID, queue: Queue) -> Sequence[Any]:
    """Return who of a clinic works on a queue, with id, display name and role, by name."""
    roles = [role for role, queues in QUEUES.items() if queue in queues]
    return session.execute(
        sa.select(Account.id, Account.display_name, Account.role)
        .where(
            Account.clinic_id == clinic_id, Account.role.in_(roles), Account.disabled_at.is_(None)
        )
        .order_by(Account.display_name, Account.id)
        .limit(_MOST_COLLEAGUES)
    ).all()
