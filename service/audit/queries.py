"""What can be asked of the access log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Account
from service.audit.models import AccessLogEntry


def entries_page(
    session: Session, patient_id: UUID, *, limit: int, last: tuple[datetime, UUID] | None
) -> Sequence[Any]:
    """Return who looked at or changed a patient's record, newest first, and one row more.

    Ids of entries grow with time, so that the id alone is the place in the list.
    """
    entry = AccessLogEntry
    statement = (
        sa.select(
            entry.id, entry.at, entry.role, entry.topic, entry.action,
            Account.display_name.label("name"),
        )
        .join(Account, Account.id == entry.account_id)
        .where(entry.patient_id == patient_id)
    )  # fmt: skip
    if last is not None:
        statement = statement.where(entry.id < last[1])
    return session.execute(statement.order_by(entry.id.desc()).limit(limit + 1)).all()
