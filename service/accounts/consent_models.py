"""Table: what patients have consented to, and what they no longer do."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id


class Consent(Model):
    """What a patient has said to one purpose, in which wording; the newest row holds.

    ``superseded_at`` is set on all rows of a purpose but the newest.
    """

    __tablename__ = "consents"
    __table_args__ = (
        sa.Index(
            "uq_consents_in_force", "patient_id", "purpose", unique=True,
            postgresql_where=sa.text("superseded_at IS NULL"),
            sqlite_where=sa.text("superseded_at IS NULL"),
        ),
        sa.Index(None, "patient_id", "purpose", "at"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    purpose: Mapped[str] = mapped_column(sa.String(20))
    given: Mapped[bool]
    # Of the text she was shown, in which language, and the SHA-256 of its very words; ``None``
    # for what was said before that was kept.
    text_version: Mapped[int]
    text_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(20))
    at: Mapped[datetime]
    by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    superseded_at: Mapped[datetime | None]
