"""What links an entry of a clinic's log to the one before it (pure).

    hash = SHA-256(hash before, 32 bytes ‖ canonical(entry))

The first entry's hash before is 32 zero bytes.  ``canonical`` is one JSON array without spaces, its
number first, ids with their hyphens, moments in UTC with ``+00:00``: whatever a field holds, line
breaks and all, no two entries are written alike.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import orjson

from service.audit.models import AccessLogEntry

START = "0" * 64

_C = AccessLogEntry.__table__.c
# The order is part of the hash: it is never changed, and a column that comes is put in last.
LINKED: Sequence[Any] = (
    _C.clinic_id, _C.id, _C.at, _C.patient_id, _C.account_id, _C.role, _C.topic, _C.action,
    _C.route, _C.request_id,
)  # fmt: skip


def link(before: str, number: int, values: Sequence[Any]) -> str:
    """Return the hash of an entry, 64 hex digits.

    Args:
        before: the hash of the entry before it, ``START`` for the first.
        number: its place in the clinic's chain, from 1.
        values: what it holds, in the order of ``LINKED``, as the database hands it out.
    """
    canonical = orjson.dumps([number, *values])
    return sha256(bytes.fromhex(before) + canonical).hexdigest()
