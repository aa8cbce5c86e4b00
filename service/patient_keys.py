"""The wrapped keys of patients, as far as a transaction has met them."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, SessionTransaction

from service.errors import NotFound

OPEN = "open"
"""What stands for the key of a patient whose words are not sealed yet."""

_KEYS = "words_keys"
_PATIENTS = sa.table("patients", sa.column("id", sa.Uuid), sa.column("words_key", sa.String))


def know(session: Session, patient_id: UUID, wrapped: str | None) -> None:
    """Remember, until the transaction ends, a key that came with the patient."""
    session.info.setdefault(_KEYS, {})[patient_id] = wrapped


@sa.event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_KEYS, None)


def key_of(session: Session, patient_id: UUID) -> str:
    """Return a patient's wrapped key, asking for it only where it did not come with her.

    Raises:
        NotFound: there is no such patient, or she was shredded.
    """
    known = session.info.setdefault(_KEYS, {})
    if patient_id not in known:
        learn(session, [patient_id])
    key: str | None = known.get(patient_id)
    if key is None:
        raise NotFound
    return key


def learn(session: Session, patient_ids: Iterable[UUID]) -> None:
    """Ask for the keys of several patients at once."""
    missing = set(patient_ids) - session.info.setdefault(_KEYS, {}).keys()
    if missing:
        query = sa.select(_PATIENTS.c.id, _PATIENTS.c.words_key).where(_PATIENTS.c.id.in_(missing))
        with session.no_autoflush:
            found = session.execute(query).all()
            if any(wrapped == OPEN for _, wrapped in found):
                # Being sealed at this moment, perhaps: wait for that.
                found = session.execute(query.with_for_update(read=True)).all()
        for id, wrapped in found:
            know(session, id, wrapped)
