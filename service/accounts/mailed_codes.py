"""Short codes by mail, which count only for whoever asked for them.

Who asks is handed a secret and keeps it; the mail brings the code.  Only both together open
anything.  So a mail that was forwarded, read by somebody else or opened by a scanner opens
nothing, and the secret alone leaves five guesses at forty bits.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.codes import new_short_code
from service.accounts.models import STAFF, Account, Patient
from service.accounts.rules import email_key, normal_code
from service.accounts.session_models import MailedCode
from service.accounts.tokens import new_secret, sha256_of
from service.errors import Rejected
from service.row_security import Narrowed

LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
SIGN_IN, ADDRESS = "sign-in", "address"
_CODES = cast(sa.Table, MailedCode.__table__)
_NO_CODE = sha256_of("")


class MailedCodeInvalid(Rejected):
    """The code is wrong, used, run out, or was asked for on another device."""

    slug = "mailed-code-invalid"
    title = "This code is not valid here. Ask for a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOwner:
    """Whose an address is.  ``patient_id`` is set if she is a patient."""

    account_id: UUID
    patient_id: UUID | None
    is_staff: bool


class Made(NamedTuple):
    """A new code: ``request`` is for who asked, ``code`` for the mail and for nobody else."""

    request: str
    code: str


class Taken(NamedTuple):
    """A code that was tried: for whom and which address it was made, and whether it is right."""

    account_id: UUID | None
    email: str | None
    is_right: bool


def owner_of(session: Session, email: str) -> MailOwner | None:
    """Return whose an address is, ``None`` if nobody's, or of an account that was closed.

    The transaction is left the owner's clinic, where the mail to her is to be written; so an
    account of no clinic is like none.
    """
    found = session.execute(
        sa.select(
            Account.id,
            Account.role,
            Patient.id.label("patient_id"),
            Narrowed(Account.clinic_id, Patient.id),
        )
        .outerjoin(Patient, Patient.account_id == Account.id)
        .where(
            Account.email_key == email_key(email),
            Account.disabled_at.is_(None),
            Account.clinic_id.is_not(None),
        )
    ).one_or_none()
    if found is None:
        return None
    return MailOwner(account_id=found.id, patient_id=found.patient_id, is_staff=found.role in STAFF)


def make(
    session: Session,
    purpose: str,
    *,
    account_id: UUID | None,
    email: str | None = None,
    now: datetime,
) -> Made:
    """Make a code for an account, good once, for ten minutes and five tries.

    Args:
        session: in a transaction.
        purpose: ``SIGN_IN`` or ``ADDRESS``.
        account_id: whose; ``None`` leaves a row that nothing opens, for the same work.
        email: the address to be confirmed.
        now: when this happens.
    """
    made = Made(new_secret(), new_short_code())
    session.add(
        MailedCode(
            request_sha256=sha256_of(made.request), code_sha256=_digest(*made), purpose=purpose,
            account_id=account_id, email=email, expires_at=now + LIFETIME,
        )
    )  # fmt: skip
    session.flush()
    return made


def try_code(session: Session, purpose: str, request: str, code: str, *, now: datetime) -> Taken:
    """Count a try and tell what came of it; ``spend`` it if it is to count.

    The caller commits whatever comes of it, and holds the row until then: of two who bring the
    same code at once one waits for the other.
    """
    row = session.execute(
        sa.update(_CODES)
        .where(
            _CODES.c.request_sha256 == sha256_of(request),
            _CODES.c.purpose == purpose,
            _CODES.c.tries < MOST_TRIES,
            _CODES.c.expires_at > now,
        )
        .values(tries=_CODES.c.tries + 1)
        .returning(_CODES.c.account_id, _CODES.c.email, _CODES.c.code_sha256)
    ).one_or_none()
    account_id, email, kept = row or (None, None, _NO_CODE)
    is_right = compare_digest(kept, _digest(request, code)) and account_id is not None
    return Taken(account_id, email, is_right)


def spend(session: Session, request: str) -> None:
    """Let a code that has been used count no more."""
    session.execute(sa.delete(_CODES).where(_CODES.c.request_sha256 == sha256_of(request)))


def void(session: Session, account_id: UUID, *, purpose: str | None = None) -> None:
    """Let no code count that was mailed to somebody; ``purpose`` ``None`` is any."""
    session.execute(
        sa.delete(_CODES).where(
            _CODES.c.account_id == account_id,
            _CODES.c.purpose == purpose if purpose is not None else sa.true(),
        )
    )


def _digest(request: str, code: str) -> str:
    return sha256_of(f"{request}|{normal_code(code)}")
