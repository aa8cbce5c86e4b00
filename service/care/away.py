"""An absence, and what follows from it: a known reason is no silence, from this moment on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care import silence
from service.journey import actions
from service.journey.models import AwayPeriod
from service.records import Change


def note_away(
    session: Session, patient: PatientRef, *, change: Change, period: Mapping[str, Any]
) -> bool:
    """Enter an absence; tell whether it is new.  See ``journey.actions.note_away``."""
    is_new = actions.note_away(session, change=change, period=period)
    if is_new:
        silence.look(session, patient, now=change.now)
    return is_new


def change_away(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    if_version: int | None,
) -> AwayPeriod:
    """Change an absence and return it.  See ``journey.actions.change_away``."""
    period = actions.change_away(
        session, change=change, id=id, changes=changes, if_version=if_version
    )
    silence.look(session, patient, now=change.now)
    return period


def take_out_away(
    session: Session, patient: PatientRef, *, change: Change, id: UUID, if_version: int | None
) -> None:
    """Take out an absence that was not one.  See ``journey.actions.take_out_away``."""
    actions.take_out_away(session, change=change, id=id, if_version=if_version)
    silence.look(session, patient, now=change.now)
