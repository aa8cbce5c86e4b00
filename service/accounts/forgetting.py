"""Letting go of counts, codes and tokens that have run out: none could be used or reused again."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.kept_answers import KEPT_FOR
from service.accounts.kept_models import KeptAnswer
from service.accounts.session_models import (
    AttemptWindow,
    DeviceSession,
    MailedCode,
    PasswordReset,
    PendingFactor,
    RefreshToken,
)
from service.accounts.wiping import WIPED


def forget_some(session: Session, *, now: datetime, limit: int) -> int:
    """Remove what has run out, so many of each kind at most; return how many that was.

    Tokens of a device that was lost stay: by them it is told to forget everything, whenever it
    calls.
    """
    lost = sa.select(DeviceSession.id).where(DeviceSession.revoked_because == WIPED)
    over: list[tuple[Any, sa.ColumnElement[bool]]] = [
        (KeptAnswer.id, KeptAnswer.kept_at < now - KEPT_FOR),
        (
            AttemptWindow.key,
            sa.and_(
                AttemptWindow.window_start < now - timedelta(hours=1),
                sa.or_(
                    AttemptWindow.mistakes == 0,
                    AttemptWindow.over_at.is_(None),
                    AttemptWindow.over_at <= now,
                ),
            ),
        ),
        (PasswordReset.sha256, PasswordReset.expires_at < now),
        (MailedCode.request_sha256, MailedCode.expires_at < now),
        (PendingFactor.account_id, PendingFactor.expires_at < now),
        (
            RefreshToken.sha256,
            sa.and_(RefreshToken.expires_at < now, RefreshToken.session_id.not_in(lost)),
        ),
    ]
    return sum(_delete(session, key, is_over, limit) for key, is_over in over)


def _delete(session: Session, key: Any, is_over: sa.ColumnElement[bool], limit: int) -> int:
    # Who signs in at this moment holds her row: it is passed over, and counts anew.
    some = sa.select(key).where(is_over).limit(limit).with_for_update(skip_locked=True).cte("some")
    gone = sa.delete(key.class_).where(key.in_(sa.select(some))).returning(key)
    return len(session.execute(gone, execution_options={"synchronize_session": False}).all())
