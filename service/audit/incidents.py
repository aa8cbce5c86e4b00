"""What has to be known after a breach: whose records an account has reached."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Do
from service.audit.models import NOBODY, AccessLogEntry


class Reached(NamedTuple):
    """What an account did with one topic of one patient: how often, first and last when."""

    patient_id: UUID
    clinic_id: UUID
    topic: str
    reads: int
    writes: int
    first_at: datetime
    last_at: datetime


def reached_by(
    session: Session, account_id: UUID, *, since: datetime, until: datetime | None
) -> Iterator[Reached]:
    """Give the patients an account has read or changed, by patient and topic, as they are read.

    What it was refused is not among it.  ``until`` is the first moment that does not count.
    """
    entry = AccessLogEntry
    reads = sa.func.sum(sa.case((entry.action == Do.READ.value, 1), else_=0))
    statement = (
        sa.select(
            entry.patient_id, entry.clinic_id, entry.topic, reads.label("reads"),
            (sa.func.count() - reads).label("writes"),
            sa.func.min(entry.at).label("first_at"), sa.func.max(entry.at).label("last_at"),
        )
        .where(
            entry.account_id == account_id, entry.at >= since, entry.patient_id != NOBODY,
            entry.action.in_([do.value for do in Do]),
        )
        .group_by(entry.patient_id, entry.clinic_id, entry.topic)
        .order_by(entry.patient_id, entry.topic)
        .execution_options(yield_per=1000)
    )  # fmt: skip
    if until is not None:
        statement = statement.where(entry.at < until)
    for row in session.execute(statement):
        yield Reached(*row)
