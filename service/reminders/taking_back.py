"""Taking back messages about occurrences that need none any more."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.notify.actions import withdraw
from service.notify.queries import waiting_bodies
from service.reminders.models import ReminderOccurrence

_OCCURRENCES: sa.Table = ReminderOccurrence.__table__  # type: ignore[assignment]
_O = _OCCURRENCES.c


def take_back(
    session: Session, *, patient_id: UUID, occurrence_ids: Collection[UUID], why: str
) -> None:
    """Take back what has not gone out yet about some occurrences that have just been settled.

    A message that others share stays for them: it goes once the last of them is settled.
    """
    keys = session.scalars(
        sa.select(_O.message_key).where(
            _O.id.in_(occurrence_ids), _O.patient_id == patient_id, _O.message_key.is_not(None)
        )
    ).all()
    about = {
        key: {UUID(id) for id in body.get("occurrences", ())} - set(occurrence_ids)
        for key, body in waiting_bodies(session, {key for key in keys if key}).items()
    }
    wanted = _waiting_for_a_message(session, about)
    withdraw(
        session,
        patient_id=patient_id,
        why=why,
        keys=[key for key, ids in about.items() if not ids & wanted],
    )


def _waiting_for_a_message(
    session: Session, about: Mapping[str, Iterable[UUID]]
) -> frozenset[UUID]:
    ids = {id for some in about.values() for id in some}
    if not ids:
        return frozenset()
    return frozenset(
        session.scalars(
            sa.select(_O.id).where(
                _O.id.in_(ids),
                _O.deleted_at.is_(None),
                # Missed for want of a way it may still be sent after all.
                sa.or_(
                    _O.status.not_in(("done", "skipped", "missed")),
                    sa.and_(_O.status == "missed", _O.missed_because == "no_way"),
                ),
                # What has been snoozed rings again by itself.
                sa.or_(_O.next_step.is_(None), _O.next_step == "nag"),
            )
        )
    )
