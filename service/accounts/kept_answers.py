"""Answering the same request the same way, once done: what an ``Idempotency-Key`` is good for.

A request that comes a second time while the first is under way waits for it (on the row it
claims) and is then answered what the first was.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.kept_models import KeptAnswer
from service.db import db, insert_if_new
from service.errors import Conflict
from service.ids import derived_id
from service.sealing import DataKey, data_key_from

KEPT_FOR = timedelta(days=30)
"""How long an answer is kept: longer than a phone is away (promise P-20)."""


class KeyReused(Conflict):
    """The ``Idempotency-Key`` was sent before, with another request."""

    slug = "key-reused"
    title = "This Idempotency-Key was used for something else."


class Answer(NamedTuple):
    """An answer as it went out."""

    status: int
    kind: str
    body: str


class Lock(NamedTuple):
    """Where the answer to one request of one caller is kept, and what seals it."""

    id: UUID
    cipher: DataKey


def lock_of(secret: str, viewer: Viewer, key: str) -> Lock:
    """Return the lock a caller's key stands for.

    Args:
        secret: the site's.  With another one nothing kept before is opened any more.
        viewer: who calls; the same key of somebody else, or in another clinic, is another lock.
        key: the ``Idempotency-Key``.
    """
    whose = f"{viewer.account_id}|{viewer.clinic_id}|{key}"
    made = hmac.digest(secret.encode(), f"kept-answer|{whose}".encode(), hashlib.sha256)
    return Lock(derived_id("kept-answer", made.hex()), data_key_from(made))


def claim(
    session: Session, lock: Lock, viewer: Viewer, request: bytes, *, now: datetime
) -> Answer | None:
    """Take the lock; return the answer if the request was answered before, else ``None``.

    Whoever comes second waits here until the first has committed or failed.

    Raises:
        KeyReused: what was answered was another request.
    """
    digest = lock.cipher.keyed(request)
    claimed = {
        "id": lock.id, "account_id": viewer.account_id, "patient_id": None,
        "request_hash": digest, "status": None, "answer": None, "kept_at": now,
    }  # fmt: skip
    if insert_if_new(session, _table(), claimed):
        return None
    columns = _table().c
    kept = session.execute(
        sa.select(columns.request_hash, columns.answer).where(columns.id == lock.id)
    ).one()
    if not hmac.compare_digest(kept.request_hash, digest):
        raise KeyReused
    return Answer(*orjson.loads(lock.cipher.open(_place(lock), kept.answer)))


def keep(session: Session, lock: Lock, answer: Answer, *, about: UUID | None) -> None:
    """Keep the answer to the request that has the lock.

    Args:
        session: in the transaction that claimed it.
        lock: as claimed.
        answer: what goes out.
        about: the patient it tells of.
    """
    text = orjson.dumps(list(answer)).decode()
    sealed = {"status": answer.status, "answer": lock.cipher.seal(_place(lock), text)}
    session.execute(
        sa.update(_table()).where(_table().c.id == lock.id).values(patient_id=about, **sealed)
    )


def let_go(session: Session, lock: Lock) -> None:
    """Keep nothing: what was asked for may be asked for again."""
    session.execute(sa.delete(_table()).where(_table().c.id == lock.id))


def _table() -> sa.Table:
    return db.metadata.tables[KeptAnswer.__tablename__]


def _place(lock: Lock) -> str:
    return f"kept_answers.answer.{lock.id.hex}"
