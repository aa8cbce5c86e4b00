"""Table: the access log."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Role, one_of
from service.db import Model
from service.ids import new_id

_BY_OTHERS = sa.text("role <> 'patient'")


class AccessLogEntry(Model):
    """One read or write of a patient's record.  Rows are only ever added.

    No foreign keys: the log outlives what it tells of, and must neither hold back an erasure nor
    make every request of a clinic lock the clinic's one row.

    ``topic`` and ``action`` are those of the access table; ``route`` names the endpoint, never
    the address, so no id or query of the patient's ends up here.
    """

    __tablename__ = "access_log"
    # The clinic's own log reads one index from its end, or from the end of the days asked for.
    # What patients do with their own records is not in it, and costs them nothing.
    __table_args__ = (
        sa.Index(
            "ix_access_log_by_others", "clinic_id", "at", "id",
            postgresql_where=_BY_OTHERS, sqlite_where=_BY_OTHERS,
        ),
    )  # fmt: skip

    # A patient's entries lie together, in the order they were written.
    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    clinic_id: Mapped[UUID]
    account_id: Mapped[UUID]
    role: Mapped[Role] = mapped_column(one_of(Role))
    topic: Mapped[str] = mapped_column(sa.String(20))
    action: Mapped[str] = mapped_column(sa.String(10))
    route: Mapped[str] = mapped_column(sa.String(80))
    request_id: Mapped[str] = mapped_column(sa.String(36))


# Written out, not bound: the database uses the index above only for these very words.
BY_OTHERS: sa.ColumnElement[bool] = AccessLogEntry.role != sa.literal_column("'patient'")
