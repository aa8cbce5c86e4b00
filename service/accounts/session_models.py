"""Tables: signed-in devices, their tokens, and how often somebody has tried."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id
from service.words import Words


class DeviceSession(Model):
    """One device somebody is signed in on.  Cutting it off takes effect with the next request."""

    __tablename__ = "device_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(10))  # "app" or "dashboard"
    device_name: Mapped[str | None] = mapped_column(sa.String(200))
    # What its owner proved herself with: "password", "passkey", "sso" or "mail".
    proof: Mapped[str] = mapped_column(sa.String(10), default="password", server_default="password")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    # When its owner last proved who she is on it; ``None`` on devices from before that was kept.
    proved_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None] = mapped_column(sa.String(40))


class RefreshToken(Model):
    """A refresh token, by its SHA-256.  Spent ones stay, so that a second use is noticed."""

    __tablename__ = "refresh_tokens"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("device_sessions.id"), index=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    # Of the Idempotency-Key it was spent with: its holder may ask again for a lost answer.
    spent_with_sha256: Mapped[str | None] = mapped_column(sa.String(64))


class AttemptWindow(Model):
    """How often a key (an account, an address or a device, hashed) has tried, and been wrong.

    ``attempts`` are those of the minute ``window_start``.  ``mistakes`` are forgotten at
    ``over_at``, and before ``free_at`` nothing more is tried (``throttle_rules``).
    """

    __tablename__ = "attempt_windows"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    window_start: Mapped[datetime]
    attempts: Mapped[int]
    mistakes: Mapped[int] = mapped_column(default=0, server_default="0")
    over_at: Mapped[datetime | None]
    free_at: Mapped[datetime | None]


class PasswordReset(Model):
    """A code that was mailed to set a new password, by its SHA-256.  Good once and briefly."""

    __tablename__ = "password_resets"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    # None where nobody has the address: asking for a reset leaves a row in either case, so
    # that it takes the same time.
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class MailedCode(Model):
    """A short code that was mailed, and counts only with the secret its asker was handed.

    ``purpose`` is ``sign-in`` or ``address``; ``email`` is the address to be confirmed.
    """

    __tablename__ = "mailed_codes"

    request_sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    # Of the secret and the code together: nobody finds forty bits out from what is kept.
    code_sha256: Mapped[str] = mapped_column(sa.String(64))
    purpose: Mapped[str] = mapped_column(sa.String(10))
    # None where nobody has the address, as for ``PasswordReset``.
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    email: Mapped[str | None] = mapped_column(sa.String(254))
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]


class PendingFactor(Model):
    """A second factor that was shown and not confirmed yet; the one in force stays until then."""

    __tablename__ = "pending_factors"

    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(
        Words("pending_factors.secret", whose=None, row="account_id")
    )
    expires_at: Mapped[datetime]


class RecoveryCode(Model):
    """One of ten codes on paper that stand in for a lost phone, by its SHA-256.  Good once."""

    __tablename__ = "recovery_codes"

    # 120 random bits: what is kept of them needs no slow hash (NIST SP 800-63B-4, 3.1.2.2).
    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
