"""Who is signed in on this browser: one cookie, one row, hours of work, and minutes of idleness."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from flask import Response, current_app, g, request
from sqlalchemy.orm import Session

from service.accounts import mailed_codes, queries, step_up
from service.accounts import session_actions as actions
from service.accounts.access import Viewer
from service.accounts.known_devices import KNOWN, KNOWN_FOR
from service.accounts.models import Account
from service.accounts.session_models import DeviceSession
from service.accounts.tokens import TokenSigner, lifetime_seconds
from service.dashboard.browsers import browser_named
from service.errors import NotSignedIn
from service.notify.ways_in import tell_of_new_device

KIND = "dashboard"
# For how long a browser keeps the secret of a code it asked to be mailed (``MailedCode``).
_ASKED_FOR = mailed_codes.LIFETIME
_SECRET_MOST = 100
_DEVICES = cast(sa.Table, DeviceSession.__table__)


def cookie_name() -> str:
    """Return the cookie's name: ``__Host-`` makes browsers refuse it without TLS."""
    return "__Host-waymark" if current_app.config["COOKIES_NEED_TLS"] else "waymark"


def viewer_here(session: Session) -> Viewer:
    """Return who is signed in on this browser.

    Raises:
        NotSignedIn: nobody is, or not any more.
        TooMany: the account calls more often than it may.
    """
    token = request.cookies.get(cookie_name(), "")
    session_id = _signer().read(token, kind=KIND, now=g.now)
    if session_id is None or not _is_in_use(session, session_id, g.now):
        raise NotSignedIn
    viewer = queries.viewer_of(session, session_id, kind=KIND, now=g.now)
    if viewer is None:
        raise NotSignedIn
    current_app.extensions["call_rates"].count(viewer.account_id, now=g.now)
    return viewer


def begin(session: Session, account_id: UUID) -> str:
    """Open the first session of somebody who has just joined; return what its cookie holds."""
    return _cookie(_opened(session, account_id, "password"))


def sign_in(session: Session, account: Account, *, proof: str = "password") -> str:
    """Open a session of this browser and return what its cookie holds.

    Its owner gets a mail if she has not used a browser of this kind for 90 days.  ``proof`` is
    what she proved herself with, as ``DeviceSession`` keeps it.
    """
    device = _opened(session, account.id, proof)
    tell_of_new_device(session, account, device, now=g.now)
    return _cookie(device)


def known_here() -> UUID | None:
    """Return on which device somebody was signed in here before, ``None`` if on none of ours."""
    token = request.cookies.get(_known_cookie_name(), "")
    return _signer().read(token, kind=KNOWN, now=g.now)


def renew(session: Session, session_id: UUID) -> str:
    """Open this browser's session anew, its owner having proved herself; return the cookie."""
    return _cookie(step_up.renew_session(session, session_id, now=g.now))


def keep(response: Response, token: str) -> None:
    """Hand the browser its cookie: out of reach of scripts, and of other sites' forms.

    With it goes the one that stays when she signs out, and by which her browser is known when
    she comes back; of several who share a browser, that of the last.
    """
    _set(response, cookie_name(), token, current_app.config["DASHBOARD_SESSION_LIFETIME"])
    session_id = _signer().read(token, kind=KIND, now=g.now)
    if session_id is not None:
        known = _signer().sign(session_id, kind=KNOWN, expires_at=g.now + KNOWN_FOR)
        _set(response, _known_cookie_name(), known, KNOWN_FOR)


def forget(response: Response) -> None:
    """Take the cookie back, and let the browser forget every page it has seen of ours.

    What it is known by stays: it opens nothing.  For that, and because "cookies" would take those
    of every other service under the clinic's domain along, ours is taken back by its name.
    """
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    _take_back(response, cookie_name())


def keep_asked(response: Response, secret: str) -> None:
    """Hand the browser the secret of a code it asked for: the code counts here and nowhere else."""
    _set(response, _asked_cookie_name(), secret, _ASKED_FOR)


def asked_here() -> str:
    """Return the secret of the code this browser asked for last; empty if it asked for none."""
    return request.cookies.get(_asked_cookie_name(), "")[:_SECRET_MOST]


def forget_asked(response: Response) -> None:
    """Take the secret of a code back that has been used."""
    _take_back(response, _asked_cookie_name())


def is_refresh() -> bool:
    """Tell whether the page asks by itself, and not because somebody has done something."""
    by_itself = request.headers.get("HX-Request") == "true" or wants_stream()
    return request.method == "GET" and by_itself


def wants_stream() -> bool:
    """Tell whether a script of the page wants to hear of changes: browsers ask so for no page."""
    return request.headers.get("Accept") == "text/event-stream"


def _set(response: Response, name: str, value: str, lifetime: timedelta) -> None:
    response.set_cookie(
        name, value, secure=current_app.config["COOKIES_NEED_TLS"], httponly=True, samesite="Lax",
        path="/", max_age=lifetime_seconds(lifetime),
    )  # fmt: skip


def _take_back(response: Response, name: str) -> None:
    response.delete_cookie(
        name, path="/", secure=current_app.config["COOKIES_NEED_TLS"], httponly=True,
        samesite="Lax",
    )  # fmt: skip


def _known_cookie_name() -> str:
    return f"{cookie_name()}-known"


def _asked_cookie_name() -> str:
    return f"{cookie_name()}-asked"


def _opened(session: Session, account_id: UUID, proof: str) -> DeviceSession:
    return actions.open_session(
        session, account_id, kind=KIND, device_name=browser_named(request.user_agent.string),
        lifetime=current_app.config["DASHBOARD_SESSION_LIFETIME"], proof=proof, now=g.now,
    )  # fmt: skip


def _cookie(device: DeviceSession) -> str:
    return _signer().sign(device.id, kind=KIND, expires_at=device.expires_at)


def _is_in_use(session: Session, session_id: UUID, now: datetime) -> bool:
    idle = current_app.config["DASHBOARD_IDLE"]
    still = (_DEVICES.c.id == session_id, _DEVICES.c.last_used_at > now - idle)
    if is_refresh():
        return session.scalar(sa.select(_DEVICES.c.id).where(*still)) is not None
    renewed = sa.update(_DEVICES).where(*still).values(last_used_at=now)
    return session.scalar(renewed.returning(_DEVICES.c.id)) is not None


def _signer() -> TokenSigner:
    signer: TokenSigner = current_app.extensions["tokens"]
    return signer
