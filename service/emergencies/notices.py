"""Whom an emergency access is told to, by mail: that it happened, never what it was about.

These are mails about an account (kind ``account``): nobody can switch them off
(``notify/gate.py``), and who opened the record, and why, is read after signing in.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.emergency_models import BreakGlass
from service.accounts.models import Account, Role
from service.accounts.patient_ref import PatientRef
from service.notify.actions import Message, tell_all

_OPENED = "A record was opened in an emergency"
_TO_HER = (
    "Somebody who works at another clinic has opened your record in Waymark, saying that it was an"
    " emergency. It can be read for one hour and not changed. Sign in to see who it was and why."
    " If you know of no emergency, tell your clinic: its privacy officer has been told too."
)
_TO_OFFICER = (
    "Somebody who works at another clinic has opened the record of a patient of your clinic, saying"
    " that it was an emergency. Sign in to read who it was and why, and review it within 72 hours:"
    " on the dashboard under Emergency reviews."
)
_TO_STAND_IN = (
    "Somebody who works at another clinic has opened the record of a patient of your clinic, saying"
    " that it was an emergency. Your clinic has no privacy officer to review it: please invite one"
    " under Staff. It is to be reviewed within 72 hours."
)
_LATE = "An emergency access was not reviewed"
_NOT_REVIEWED = (
    "The record of a patient of your clinic was opened in an emergency, and nobody has reviewed"
    " that for 72 hours. Please see to it that your privacy officer does: on the dashboard under"
    " Emergency reviews."
)


def tell_opened(session: Session, glass: BreakGlass, patient: PatientRef, *, now: datetime) -> None:
    """Tell the patient, and the privacy officers of her clinic or else its administrators."""
    found = _people(session, [glass.clinic_id], Role.PRIVACY_OFFICER, Role.ADMINISTRATOR)
    officers = [id for id, role, _ in found if role is Role.PRIVACY_OFFICER]
    text = _TO_OFFICER if officers else _TO_STAND_IN
    told = [
        _message("glass", glass, id, _OPENED, text, now=now)
        for id in officers or [id for id, _, _ in found]
    ]
    if patient.account_id is not None:
        hers = _message("glass", glass, patient.account_id, _OPENED, _TO_HER, now=now)
        hers["patient_id"], hers["to_staff"] = patient.id, False
        told.append(hers)
    if told:
        tell_all(session, told)


def tell_unreviewed(session: Session, late: Sequence[BreakGlass], *, now: datetime) -> None:
    """Tell the administrators of each clinic what was not reviewed in time."""
    administrators = _people(session, {one.clinic_id for one in late}, Role.ADMINISTRATOR)
    told = [
        _message("late", glass, id, _LATE, _NOT_REVIEWED, now=now)
        for glass in late
        for id, _, clinic_id in administrators
        if clinic_id == glass.clinic_id
    ]
    if told:
        tell_all(session, told)


def _people(session: Session, clinic_ids: Iterable[UUID], *roles: Role) -> Sequence[Any]:
    """Return id, role and clinic of who works there in one of these roles."""
    return session.execute(
        sa.select(Account.id, Account.role, Account.clinic_id)
        .where(
            Account.clinic_id.in_(list(clinic_ids)), Account.role.in_(roles),
            Account.disabled_at.is_(None),
        )
        .order_by(Account.id)
    ).all()  # fmt: skip


def _message(
    key: str, glass: BreakGlass, account_id: UUID, title: str, text: str, *, now: datetime
) -> Message:
    # Staff are told without naming the patient: whatever becomes of her, they are to act on it.
    return Message(
        recipient_id=account_id, patient_id=None, to_staff=True, kind="account",
        subject_id=glass.id, title=title, body={"text": text},
        collapse_key=f"{key}:{glass.id}:{account_id}", now=now, channel="email",
    )  # fmt: skip
