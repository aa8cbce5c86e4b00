"""Who watches what, and what is told: names of what has changed, never what it says.

A patient watches her own record, staff the queues of their role at their clinic.  Nobody watches
anybody else.
"""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import orjson

from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Role
from service.sync.tables import TABLES

# Where her alerts and requests for somebody stand, which is what she is shown as replies.
REPLIES = "replies"
# Whatever else of hers is in none of the tables a phone keeps: profile, consents and so on.
RECORD = "record"
_UNSEEN = "0"
# Who has missed more changes than this is told all names: which they were no longer matters.
MOST_MISSED = 100
# A browser asks again so soon after a stream has ended.
_RETRY_MS = 2000
# What nobody has to be told, but shows that somebody is there on both ends.
BREATH = b":\n\n"


class Watch(NamedTuple):
    """Somebody signed in on one device, and what she may hear of.

    ``patient_id`` is her own record; ``None`` for staff, who hear of the queues of their role.
    """

    session_id: UUID
    account_id: UUID
    role: Role
    clinic_id: UUID | None
    patient_id: UUID | None

    @property
    def names(self) -> tuple[str, ...]:
        """Return all that may be told to have changed."""
        if self.patient_id is not None:
            return (*TABLES, REPLIES, RECORD)
        return tuple(queue.value for queue in QUEUES.get(self.role, ()))


class News(NamedTuple):
    """Where things stand (``id``, to be sent back), and the names of what has changed."""

    id: str
    changed: tuple[str, ...]

    def event(self) -> bytes:
        """Write it as an event of a stream."""
        data = orjson.dumps({"changed": self.changed}).decode()
        return f"retry: {_RETRY_MS}\nid: {self.id}\ndata: {data}\n\n".encode()


def watch_of(viewer: Viewer) -> Watch:
    """Return what a viewer may watch."""
    own = viewer.own_record
    return Watch(
        session_id=viewer.session_id, account_id=viewer.account_id, role=viewer.role,
        clinic_id=viewer.clinic_id, patient_id=own.id if own else None,
    )  # fmt: skip


def number_in(id: str | None) -> int | None:
    """Return the number of the last change a patient was told of; ``None`` if it is none."""
    text = (id or "").partition(".")[0]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def news_of_hers(
    watch: Watch, seen_id: str | None, number: int, mark: str | None, found: Mapping[str, set[int]]
) -> News:
    """Tell a patient what of hers has changed.

    Args:
        watch: hers.
        seen_id: the ``id`` she was told last; ``None`` for none, and then nothing has changed.
        number: that of her last change.
        mark: how her replies stand, ``None`` where there are none.
        found: the numbers since, by name; a change that is under none was of the rest.
    """
    mark = mark or _UNSEEN
    id = f"{number}.{mark}"
    if seen_id is None:
        return News(id, ())
    seen, mark_seen = number_in(seen_id), seen_id.partition(".")[2]
    if seen is None or not 0 <= number - seen <= MOST_MISSED:
        # Also who is ahead of us: the database was restored from a backup.
        return News(id, watch.names)
    changed = set(found)
    if mark != mark_seen:
        changed.add(REPLIES)
    if len(set[int]().union(*found.values())) < number - seen:
        changed.add(RECORD)
    return News(id, tuple(name for name in watch.names if name in changed))


def news_of_queues(watch: Watch, seen_id: str | None, marks: Mapping[str, str]) -> News:
    """Tell staff which of their queues have changed.

    Args:
        watch: whose.
        seen_id: the ``id`` told last: the marks of all queues; ``None`` for none.
        marks: how each queue stands now; one that is not there is empty.
    """
    now = [marks.get(name, _UNSEEN) for name in watch.names]
    id = ".".join(now)
    if seen_id is None:
        return News(id, ())
    before = seen_id.split(".")
    if len(before) != len(now):
        return News(id, watch.names)
    both = zip(watch.names, before, now, strict=True)
    return News(id, tuple(name for name, old, new in both if old != new))
