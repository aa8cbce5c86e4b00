"""Tables: staff whose identity another organisation vouches for (OpenID Connect)."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id


class SsoLink(Model):
    """How an account is known at a provider.  An address may change hands, a subject never does."""

    __tablename__ = "sso_links"
    __table_args__ = (
        sa.UniqueConstraint("issuer", "subject"),
        sa.UniqueConstraint("account_id", "issuer"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    issuer: Mapped[str] = mapped_column(sa.String(500))
    subject: Mapped[str] = mapped_column(sa.String(255))
    created_at: Mapped[datetime]


class SsoAttempt(Model):
    """Somebody who was sent to the provider and has not come back, by the SHA-256 of the state."""

    __tablename__ = "sso_attempts"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    nonce: Mapped[str] = mapped_column(sa.String(64))
    code_verifier: Mapped[str] = mapped_column(sa.String(64))
    # A page of ours, empty for the start.
    next_page: Mapped[str] = mapped_column(sa.String(500))
    expires_at: Mapped[datetime] = mapped_column(index=True)
