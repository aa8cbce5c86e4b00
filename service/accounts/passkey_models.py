"""Tables: passkeys, and the challenges they answer."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id


class Passkey(Model):
    """A key pair of somebody's phone, laptop or security key; the public half is here."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    # By which the authenticator knows it: at most 1,023 bytes (WebAuthn, 4), in base64url.
    credential_id: Mapped[str] = mapped_column(sa.String(1364), unique=True)
    public_key: Mapped[bytes]
    # How often the authenticator says it has signed.  Many always say 0.
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.String(100))
    # Whether the person's other devices have it too.
    is_synced: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class PasskeyChallenge(Model):
    """Random bytes an authenticator is to sign, by their SHA-256.  Good once and briefly."""

    __tablename__ = "passkey_challenges"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    # Whose passkey is being added; None for a sign-in, of which nobody knows yet whose it is.
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
