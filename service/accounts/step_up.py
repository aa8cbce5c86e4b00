"""Proving oneself once more, for what does harm when somebody else does it.

A browser left open, or a phone that was lent, signs its holder in; it does not let her add a way
in of her own.  Such a view begins with ``require_fresh_sign_in(call)``.
"""

from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.session_models import DeviceSession
from service.errors import NotAllowed

# Project choice: long enough for what is done in one go, short enough for a coffee.
FRESH = timedelta(minutes=5)


class StepUpNeeded(NotAllowed):
    """Whoever is signed in has to prove herself again before this."""

    slug = "step-up-needed"
    title = "Please confirm first that it is you."


class Asked(Protocol):
    """One request on its way, of the API (``Call``) or of the dashboard (``Visit``)."""

    @property
    def session(self) -> Session:
        """Return the open transaction."""

    @property
    def now(self) -> datetime:
        """Return the moment of the request."""

    @property
    def viewer(self) -> Viewer:
        """Return who is signed in."""


def require_fresh_sign_in(asked: Asked) -> None:
    """Let only those past who have proved themselves on this device within five minutes.

    Raises:
        StepUpNeeded: she has not; nothing has been changed.
    """
    proved_at = asked.session.scalar(
        sa.select(DeviceSession.created_at).where(DeviceSession.id == asked.viewer.session_id)
    )
    if proved_at is None or proved_at <= asked.now - FRESH:
        raise StepUpNeeded
