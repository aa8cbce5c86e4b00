"""Sealing: entries are given their number and hash after they were committed, by the scheduler.

A request only adds its entry; to number it there would make all requests of a clinic wait for each
other.  Numbers are given in the order of moments among those that wait, in batches, each a
transaction: killed in the middle of one, nothing of it has happened.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.audit.chain import LINKED, START, link
from service.audit.models import AccessLogEntry
from service.hot import EachRow
from service.locks import only_one

_LOG: sa.Table = AccessLogEntry.__table__  # type: ignore[assignment]
_C = _LOG.c
_ONE_SEALER = "seal the access log"
_SEAL = EachRow(
    {"patient": sa.Uuid(), "entry": sa.Uuid(), "place": sa.BigInteger(), "link": sa.String(64)},
    lambda given: (
        sa.update(_LOG)
        .where(_C.patient_id == given.c.patient, _C.id == given.c.entry, _C.number.is_(None))
        .values(number=given.c.place, hash=given.c.link)
    ),
)


def seal(session: Session, *, limit: int) -> int:
    """Seal the oldest entries that are not, and return how many; 0 while another sealer is at it.

    ``limit`` is how many at most.
    """
    if not only_one(session, _ONE_SEALER):
        return 0
    waiting = session.execute(
        sa.select(*LINKED).where(_C.number.is_(None)).order_by(_C.at, _C.id).limit(limit)
    ).all()
    heads = _heads(session, {entry.clinic_id for entry in waiting})
    sealed = []
    for entry in waiting:
        number, before = heads.get(entry.clinic_id, (0, START))
        head = number + 1, link(before, number + 1, entry)
        heads[entry.clinic_id] = head
        sealed.append(
            {"patient": entry.patient_id, "entry": entry.id, "place": head[0], "link": head[1]}
        )
    if sealed:
        _SEAL.run(session, sealed)
    return len(sealed)


def _heads(session: Session, clinic_ids: Iterable[UUID]) -> dict[UUID, tuple[int, str]]:
    # One look at the end of an index for each clinic, where a MAX over all would read them whole.
    found: dict[UUID, Any] = {id: head_of(session, id) for id in clinic_ids}
    return {id: (head.number, head.hash) for id, head in found.items() if head is not None}


def head_of(session: Session, clinic_id: UUID) -> Any:
    """Return a clinic's last sealed entry (``number, hash, at``), ``None`` if it has none."""
    return session.execute(
        sa.select(_C.number, _C.hash, _C.at)
        .where(_C.clinic_id == clinic_id, _C.number.is_not(None))
        .order_by(_C.number.desc())
        .limit(1)
    ).one_or_none()
