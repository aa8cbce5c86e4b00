"""Table: answers kept for callers who ask again because they never heard the first."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model


class KeptAnswer(Model):
    """What a request with an ``Idempotency-Key`` was answered.

    Written in the transaction of the request itself: there is an answer exactly if what it tells
    of has happened.  Answer and digest are sealed with a key made of the caller's own, so that
    this table alone, or with the site's secrets, tells nobody anything.
    """

    __tablename__ = "kept_answers"

    # Made of the account, its clinic and the caller's key: ``kept_answers.lock_of``.
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    # Whom the answer tells of, so that it goes when she is erased.
    patient_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("patients.id"), index=True)
    # Keyed digest of method, path and body: the same key with anything else is refused.
    request_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    status: Mapped[int | None]
    answer: Mapped[str | None] = mapped_column(sa.Text)
    kept_at: Mapped[datetime] = mapped_column(index=True)
