"""What can be done about a clinic: its hours, its holidays, the numbers patients call."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.actions import ClinicExists
from service.accounts.models import Clinic
from service.errors import NotFound, check_seen


def change_clinic(
    session: Session,
    clinic_id: UUID,
    changes: Mapping[str, Any],
    *,
    if_version: int | None = None,
) -> Clinic:
    """Change a clinic; what is left out stays, and so do numbers that are not named.

    Clocks that run are not rewritten: an alert keeps the moment it was due when it came in, or
    when its last clock began.  What comes in from now on goes by the new hours.

    Raises:
        NotFound: there is no such clinic.
        Outdated: it has a newer version than the caller has seen.
        ClinicExists: another one has this name.
    """
    clinic = session.get(Clinic, clinic_id, with_for_update=True, populate_existing=True)
    if clinic is None:
        raise NotFound
    check_seen(clinic, if_version)
    name = changes.get("name", clinic.name)
    taken = sa.select(Clinic.id).where(Clinic.name == name, Clinic.id != clinic_id)
    if session.scalar(taken) is not None:
        raise ClinicExists
    for field, value in changes.items():
        setattr(clinic, field, {**clinic.phones, **value} if field == "phones" else value)
    clinic.version += 1
    session.flush()
    return clinic
