"""Mails that bring a code: for a new password, for signing in, for a new address.

The code stands behind the # of a link, which no browser sends and no proxy logs.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from service.accounts.codes import as_written
from service.accounts.credential_actions import RESET_LIFETIME
from service.accounts.mailed_codes import LIFETIME, Made, MailOwner
from service.accounts.tokens import sha256_of
from service.notify.actions import tell, tell_nobody
from service.notify.sealed_urls import sealed_mailbox, sealed_url

_LIKE_THIS = (
    "Open the link on the device you asked on, or type the eight characters at its end there. It "
    "is good once, for ten minutes."
)
_NOT_YOU = (
    "If it was not you, do nothing: elsewhere the link opens nothing. Give the eight characters "
    "to nobody. Neither Waymark nor your clinic ever asks you for them."
)


def mail_reset(
    session: Session, owner: MailOwner | None, code: str, *, public_url: str, now: datetime
) -> None:
    """Mail a code for a new password; the same work for nobody."""
    if owner is None:
        tell_nobody(session)
        return
    _mail(
        session, owner, "Set a new Waymark password", "The link is good once, for ten minutes.",
        link=f"{public_url}/password/reset#{code}", key=f"reset:{sha256_of(code)}",
        now=now, useful_until=now + RESET_LIFETIME,
    )  # fmt: skip


def mail_sign_in_link(
    session: Session, owner: MailOwner | None, made: Made, *, public_url: str, now: datetime
) -> None:
    """Mail a link to sign in with; the same work for nobody."""
    if owner is None:
        tell_nobody(session)
        return
    _mail(
        session, owner, "Sign in to Waymark",
        f"Somebody asked to sign in to Waymark with your address. {_LIKE_THIS} {_NOT_YOU}",
        link=f"{public_url}/sign-in/link/code#{as_written(made.code)}",
        key=f"sign-in:{sha256_of(made.request)}", now=now, useful_until=now + LIFETIME,
    )  # fmt: skip


def mail_new_address(
    session: Session, owner: MailOwner, made: Made, *, to: str, public_url: str, now: datetime
) -> None:
    """Mail a code to the address somebody wants to sign in with from now on."""
    _mail(
        session, owner, "Confirm your e-mail address for Waymark",
        "Somebody signed in to Waymark wants to sign in with this address from now on. "
        f"{_LIKE_THIS} {_NOT_YOU}",
        link=f"{public_url}/account/address#{as_written(made.code)}",
        key=f"address:{sha256_of(made.request)}", now=now, useful_until=now + LIFETIME, to=to,
    )  # fmt: skip


def _mail(
    session: Session,
    owner: MailOwner,
    title: str,
    text: str,
    *,
    link: str,
    key: str,
    now: datetime,
    useful_until: datetime,
    to: str | None = None,
) -> None:
    body = {"text": text, **sealed_url(owner.account_id, link)}
    if to is not None:
        body |= sealed_mailbox(owner.account_id, to)
    tell(
        session, recipient_id=owner.account_id, patient_id=owner.patient_id,
        to_staff=owner.is_staff, kind="account", subject_id=None, title=title, body=body,
        collapse_key=key, now=now, channel="email", useful_until=useful_until,
    )  # fmt: skip
