"""What she can do about family she has let in: change what they see, until when, and end it."""

from collections.abc import Sequence
from datetime import date
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Grant
from service.accounts.patient_ref import PatientRef
from service.db import insert_if_new
from service.errors import IdConflict, NotFound, Rejected
from service.records import Change

_GRANTS = cast(sa.Table, Grant.__table__)


class GrantUnusable(Rejected):
    """It is for nobody she has let in before, or for a day that is over."""

    slug = "grant-unusable"
    title = "Access cannot be given like this."


def grant(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    id: UUID,
    account_id: UUID,
    topics: Sequence[str],
    until: date | None,
) -> bool:
    """Let a member of her family see these topics from now on, in place of what she saw before.

    Somebody new comes by an invitation; this is for whom she has let in once.  The same grant
    again changes nothing.

    Returns:
        Whether it is new.

    Raises:
        GrantUnusable: she has never let this account in, or the last day has passed.
        IdConflict: the id is taken for something else.
    """
    said = {
        "patient_id": patient.id, "account_id": account_id, "topics": list(topics), "until": until,
    }  # fmt: skip
    before = session.get(Grant, id)
    if before is not None:
        if any(getattr(before, name) != value for name, value in said.items()):
            raise IdConflict
        return False
    if not _is_family(session, patient.id, account_id):
        raise GrantUnusable(errors=[("/account_id", "You have not let this person in.")])
    if until is not None and until < patient.local_date(change.now):
        raise GrantUnusable(errors=[("/until", "This day has passed.")])
    session.execute(
        sa.update(_GRANTS)
        .where(
            _GRANTS.c.patient_id == patient.id, _GRANTS.c.account_id == account_id,
            _GRANTS.c.revoked_at.is_(None),
        )
        .values(revoked_at=change.now)
    )  # fmt: skip
    # Another patient's grant of this id is none she may know of, and yet in the way.
    if not insert_if_new(session, _GRANTS, {"id": id, "granted_at": change.now, **said}):
        raise IdConflict
    return True


def revoke(session: Session, patient: PatientRef, id: UUID, *, change: Change) -> None:
    """End a grant: the next call of whoever had it finds nothing.  One that has ended stays so.

    Raises:
        NotFound: there is no such grant of hers.
    """
    found = session.get(Grant, id)
    if found is None or found.patient_id != patient.id:
        raise NotFound
    found.revoked_at = found.revoked_at or change.now


def _is_family(session: Session, patient_id: UUID, account_id: UUID) -> bool:
    return bool(
        session.scalar(
            sa.select(sa.literal(1))
            .where(Grant.patient_id == patient_id, Grant.account_id == account_id)
            .limit(1)
        )
    )
