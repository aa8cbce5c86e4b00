"""Writing the access log: in the same transaction as what it tells of."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Do, Topic, Viewer
from service.accounts.models import Account, Role
from service.accounts.patient_ref import PatientRef
from service.accounts.rules import email_key
from service.audit.models import NOBODY, AccessLogEntry, Event
from service.ids import new_id
from service.late_writes import LateWrite

# What is changed without being one patient's record, and noted whenever it is: her own account
# and how she proves to be herself, and what a clinic works by.
NOTED_CHANGES = frozenset({
    Topic.ACCOUNT, Topic.INVITATIONS, Topic.STUDY_REGISTER, Topic.OUTBOX, Topic.DRILLS,
    Topic.CONTENT, Topic.SUPPORT_ENTRIES, Topic.STAFF, Topic.CLINIC, Topic.ROSTER, Topic.RULES,
    Topic.LAB, Topic.WEBHOOKS,
})  # fmt: skip
_LOG: sa.Table = AccessLogEntry.__table__  # type: ignore[assignment]
_ENTRY = LateWrite.insert(_LOG, "log_", leave=("number", "hash"))


def log_access(
    session: Session,
    viewer: Viewer,
    patient: PatientRef,
    topic: Topic,
    do: Do,
    *,
    route: str,
    request_id: str,
    now: datetime,
) -> None:
    """Note that a viewer read or wrote something of a patient's."""
    look = _look(viewer, topic, do, route=route, request_id=request_id, now=now)
    _ENTRY.add(
        session, look | {"id": new_id(), "clinic_id": patient.clinic_id, "patient_id": patient.id}
    )


def log_listed(
    session: Session,
    viewer: Viewer,
    patient_ids: Iterable[UUID],
    topic: Topic,
    *,
    route: str,
    request_id: str,
    now: datetime,
    do: Do = Do.READ,
) -> None:
    """Note whom of her clinic a viewer has seen in a list: a row each, one statement for all.

    ``do`` is what she did with all of them at once, if not only see them.
    """
    look = _look(viewer, topic, do, route=route, request_id=request_id, now=now)
    rows = [
        look | {"id": new_id(), "clinic_id": viewer.clinic_id, "patient_id": patient_id}
        for patient_id in dict.fromkeys(patient_ids)
    ]
    if rows:
        session.execute(sa.insert(_LOG), rows)


def log_event(
    session: Session,
    event: Event | Do,
    topic: Topic,
    *,
    account_id: UUID,
    role: Role,
    clinic_id: UUID | None,
    route: str,
    request_id: str,
    now: datetime,
    patient_id: UUID = NOBODY,
) -> None:
    """Note what somebody did that is no look at one patient: a sign-in, an export, a change.

    Args:
        session: the transaction the event happens in, or one of its own for what was refused.
        event: what was done.
        topic: to what.
        account_id: whose account it was done with, or tried.
        role: of that account.
        clinic_id: whose log it stands in; ``None`` for an account of no clinic.
        route: the endpoint, or the command, never an address with ids in it.
        request_id: the request's.
        now: when.
        patient_id: whose record it is about, if anybody's.
    """
    _ENTRY.add(
        session,
        {
            "id": new_id(), "at": now, "clinic_id": clinic_id or NOBODY,
            "patient_id": patient_id, "account_id": account_id, "role": role,
            "topic": topic.value, "action": event.value, "route": route,
            "request_id": request_id,
        },
    )  # fmt: skip


def log_change(
    session: Session, viewer: Viewer, topic: Topic, *, route: str, request_id: str, now: datetime
) -> None:
    """Note that a viewer changed what is no patient's record."""
    log_event(
        session, Do.WRITE, topic, account_id=viewer.account_id, role=viewer.role,
        clinic_id=viewer.clinic_id, route=route, request_id=request_id, now=now,
    )  # fmt: skip


def log_sign_in(
    session: Session, email: str, *, is_in: bool, route: str, request_id: str, now: datetime
) -> None:
    """Note that somebody signed in with an address, or was refused.

    An address nobody has is noted as ``NOBODY``'s: the same work, so that the time an answer
    takes tells nobody who has an account.  The address itself is not kept.
    """
    account = session.execute(
        sa.select(Account.id, Account.role, Account.clinic_id).where(
            Account.email_key == email_key(email)
        )
    ).one_or_none()
    account_id, role, clinic_id = account or (NOBODY, Role.PATIENT, None)
    log_event(
        session, Event.SIGN_IN if is_in else Event.REFUSED, Topic.ACCOUNT, account_id=account_id,
        role=role, clinic_id=clinic_id, route=route, request_id=request_id, now=now,
    )  # fmt: skip


def log_way_in(
    session: Session,
    account: Account | None,
    *,
    is_in: bool = True,
    route: str,
    request_id: str,
    now: datetime,
) -> None:
    """Note that somebody came in by a passkey, a mailed code or another's word, or was refused.

    Refused is whoever is ``None``, or not ``is_in``.
    """
    has_come_in = is_in and account is not None
    log_event(
        session, Event.SIGN_IN if has_come_in else Event.REFUSED, Topic.ACCOUNT,
        account_id=account.id if account else NOBODY,
        role=account.role if account else Role.PATIENT,
        clinic_id=account.clinic_id if account else None,
        route=route, request_id=request_id, now=now,
    )  # fmt: skip


def _look(
    viewer: Viewer, topic: Topic, do: Do, *, route: str, request_id: str, now: datetime
) -> dict[str, Any]:
    return {
        "at": now,
        "account_id": viewer.account_id,
        "role": viewer.role,
        "topic": topic.value,
        "action": do.value,
        "route": route,
        "request_id": request_id,
    }
