"""Tables: the access log, and how far each clinic's chain of it has been anchored."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.accounts.models import Role, one_of
from service.db import Model
from service.ids import new_id

_BY_OTHERS = sa.text("role <> 'patient'")
_UNSEALED = sa.text("number IS NULL")

# Stands where an entry is about no patient, or an account belongs to no clinic.
NOBODY = UUID(int=0)


class Event(StrEnum):
    """What is noted beside the reads and writes of the access table."""

    SIGN_IN = "sign_in"
    REFUSED = "refused"
    DENIED = "denied"
    EXPORT = "export"
    # Somebody of another clinic opened a record in an emergency.
    OPENED = "opened"
    # A clinic's own system was told of her by a webhook.
    DISCLOSED = "disclosed"


class AccessLogEntry(Model):
    """One read or write of a patient's record, or an event.  Rows are only ever added.

    No foreign keys: the log outlives what it tells of, and must neither hold back an erasure nor
    make every request of a clinic lock the clinic's one row.

    ``topic`` and ``action`` are those of the access table; ``route`` names the endpoint, never
    the address, so no id or query of the patient's ends up here.  An event that is about no
    patient stands under ``NOBODY``.

    ``number`` and ``hash`` are null until the entry is sealed (``sealing``): its place in the
    chain of its clinic, from 1, and the SHA-256 over the entry and the hash before it, as 64 hex
    digits.  Triggers of the migration let nothing else be changed, and nothing be deleted.
    """

    __tablename__ = "access_log"
    # The clinic's own log reads one index from its end, or from the end of the days asked for.
    # What patients do with their own records is not in it, and costs them nothing.
    __table_args__ = (
        sa.Index(
            "ix_access_log_by_others", "clinic_id", "at", "id",
            postgresql_where=_BY_OTHERS, sqlite_where=_BY_OTHERS,
        ),
        sa.Index(
            "ix_access_log_unsealed", "at", "id",
            postgresql_where=_UNSEALED, sqlite_where=_UNSEALED,
        ),
        # A chain cannot fork, whoever seals it.
        sa.Index("uq_access_log_number", "clinic_id", "number", unique=True),
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
    number: Mapped[int | None] = mapped_column(sa.BigInteger)
    hash: Mapped[str | None] = mapped_column(sa.String(64))


class AuditAnchor(Model):
    """The last link of a clinic's chain that was written to the anchor file, and when."""

    __tablename__ = "audit_anchors"

    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger)
    hash: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime]


# Written out, not bound: the database uses the index above only for these very words.
BY_OTHERS: sa.ColumnElement[bool] = AccessLogEntry.role != sa.literal_column("'patient'")
