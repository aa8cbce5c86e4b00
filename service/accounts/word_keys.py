"""What is done with the keys of private words: sealing what is plain yet, rotation, shredding.

Everything goes in small batches, each in the caller's transaction, and only over what is still to
be done: stopped anywhere and started again, it goes on.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service import sealing
from service.accounts.models import Patient
from service.db import db
from service.patient_keys import OPEN, know
from service.words import Words, words_of

_KEY: Any = Patient.__table__.c.words_key
_ID: Any = Patient.__table__.c.id
# The place a secret stands in says nothing of how it is kept: see ``service/words.py``.
_PLAIN = sa.Text()


def counts_by_master(session: Session) -> dict[str, int]:
    """Return how many patients' keys, and accounts' secrets, are under each master key.

    ``open`` counts patients whose words are not sealed yet, ``shredded`` those without a key.
    """
    found: dict[str, int] = {}
    for wrapped in session.scalars(sa.select(_KEY).execution_options(yield_per=1000)):
        state = "shredded" if wrapped is None else wrapped
        name = sealing.master_of(state) if state.startswith("k1.") else state
        found[name] = found.get(name, 0) + 1
    for column, _ in _secrets():
        for secret in session.scalars(sa.select(sa.type_coerce(column, _PLAIN))):
            if secret is not None:
                name = sealing.master_of(secret) if "." in secret else OPEN
                found[name] = found.get(name, 0) + 1
    return found


def rotate_some(session: Session, *, most: int) -> int:
    """Wrap some patients' keys anew, under the newest master key; return how many were left.

    The keys stay the same: what they seal is not touched, and who reads meanwhile sees no change.

    Raises:
        NoMasterKey: the one a key is wrapped with is not on the ring.
    """
    ring = sealing.held()
    rows = session.execute(
        sa.select(_ID, _KEY)
        .where(_KEY.like("k1.%"), _KEY.not_like(f"k1.{ring.newest}.%"))
        .order_by(_ID)
        .limit(most)
        .with_for_update(key_share=True)
    ).all()
    for id, wrapped in rows:
        session.execute(
            sa.update(Patient.__table__)  # type: ignore[arg-type]
            .where(id == _ID, wrapped == _KEY)
            .values(words_key=ring.rewrap(wrapped))
        )
    return len(rows)


def seal_secrets(session: Session) -> int:
    """Bring the secrets of accounts under the newest master key; return how many were not."""
    ring = sealing.held()
    done = 0
    for column, words in _secrets():
        rows = session.execute(
            sa.select(column.table.c[words.row], sa.type_coerce(column, _PLAIN))
            .where(column.is_not(None))
            .with_for_update()
        ).all()
        for row, secret in rows:
            place = f"{words.place}.{row.hex}"
            if sealing.master_of(secret) == ring.newest:
                continue
            # A secret of base32 letters has no dot; what is sealed has.
            plain = ring.open_secret(place, secret) if "." in secret else secret
            _write(session, column, words, row, ring.seal_secret(place, plain))
            done += 1
    return done


def open_patients(session: Session, *, most: int) -> list[UUID]:
    """Return some patients whose words are not sealed yet."""
    return list(session.scalars(sa.select(_ID).where(_KEY == OPEN).order_by(_ID).limit(most)))


def seal_patient(session: Session, patient_id: UUID) -> bool:
    """Seal all a patient's words in one go; tell whether they were plain."""
    plain = session.scalar(sa.select(_KEY).where(patient_id == _ID).with_for_update())
    if plain != OPEN:
        return False
    wrapped = sealing.held().new_wrapped_key()
    key = sealing.held().unwrap(wrapped)
    for table in db.metadata.sorted_tables:
        for name, words in words_of(table):
            if words.whose is None:
                continue
            column = table.c[name]
            for row, text in session.execute(_texts_of(column, words, patient_id)).all():
                _write(session, column, words, row, key.seal(f"{words.place}.{row.hex}", text))
        if words_of(table) and "content_hash" in table.c:
            _key_digests(session, table, patient_id, key)
    _set_key(session, patient_id, wrapped)
    return True


def shred(session: Session, patient_id: UUID) -> None:
    """Drop a patient's key: from the commit on nobody can read her words, in a copy neither.

    A backup made before holds the wrapped key as well, until it is gone.
    """
    _set_key(session, patient_id, None)


def _set_key(session: Session, patient_id: UUID, wrapped: str | None) -> None:
    session.execute(
        sa.update(Patient.__table__)  # type: ignore[arg-type]
        .where(patient_id == _ID)
        .values(words_key=wrapped)
    )
    know(session, patient_id, wrapped)


def _texts_of(column: Any, words: Words, patient_id: UUID) -> sa.Select[Any]:
    table = column.table
    found = sa.select(table.c[words.row], sa.type_coerce(column, _PLAIN)).where(column.is_not(None))
    if words.through is None:
        return found.where(table.c[words.whose] == patient_id)
    parent = db.metadata.tables[words.through[0]]
    return found.join(parent, parent.c.id == table.c[words.through[1]]).where(
        parent.c.patient_id == patient_id
    )


def _key_digests(session: Session, table: sa.Table, patient_id: UUID, key: sealing.DataKey) -> None:
    rows = session.execute(
        sa.select(table.c.id, table.c.content_hash).where(table.c.patient_id == patient_id)
    ).all()
    for row, digest in rows:
        session.execute(
            sa.update(table).where(table.c.id == row).values(content_hash=key.keyed(digest))
        )


def _write(session: Session, column: Any, words: Words, row: UUID, text: str) -> None:
    table = column.table
    session.execute(
        sa.update(table)
        .where(table.c[words.row] == row)
        .values({column.name: sa.literal(text, _PLAIN)})
    )


def _secrets() -> Iterator[tuple[Any, Words]]:
    for table in db.metadata.sorted_tables:
        for name, words in words_of(table):
            if words.whose is None:
                yield table.c[name], words
