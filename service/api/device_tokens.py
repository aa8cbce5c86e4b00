"""What a device is given that has signed in: a session of its own, and the tokens for it."""

from typing import Any
from uuid import UUID

from flask import current_app, g
from sqlalchemy.orm import Session

from service.accounts import session_actions as actions
from service.accounts.session_models import DeviceSession
from service.accounts.tokens import lifetime_seconds


def open_app_session(
    session: Session, account_id: UUID, device_name: str | None, *, proof: str = "password"
) -> DeviceSession:
    """Sign an account in on a phone; ``proof`` is as ``DeviceSession`` keeps it."""
    return actions.open_session(
        session, account_id, kind="app", device_name=device_name, proof=proof,
        lifetime=current_app.config["REFRESH_TOKEN_LIFETIME"], now=g.now,
    )  # fmt: skip


def tokens_of(device: DeviceSession, refresh_token: str) -> dict[str, Any]:
    """Return what the device is answered, as ``TokensOut`` has it."""
    lifetime = current_app.config["ACCESS_TOKEN_LIFETIME"]
    access_token = current_app.extensions["tokens"].sign(
        device.id, kind="app", expires_at=g.now + lifetime
    )
    return {
        "access_token": access_token,
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": lifetime_seconds(lifetime),
    }
