"""One look for everybody who watches: one statement, however many they are.

It also tells who may not watch any more: signed out, closed off, moved to another role or clinic.
Of a patient who does not share her record her clinic's staff hear as much as their queues show.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from service.live.statement import HERE, LOOK, NUMBER, STANDING
from service.live.watching import News, Watch, news_of_hers, news_of_queues, number_in

# Beyond every number there is: nothing has changed since.
_NEVER = 2**62
_MARK_BYTES = 4


class Asked(NamedTuple):
    """Somebody who watches, and the ``id`` she was told last; ``None`` for none."""

    watch: Watch
    seen_id: str | None


def look(
    session: Session, asked: Sequence[Asked], *, now: datetime, idle_since: datetime
) -> list[News | None]:
    """Return what has changed for each who watches; ``None`` for who may not any more.

    Args:
        session: in a transaction that reaches whom it is about.
        asked: who watches what.
        now: when this is.
        idle_since: browsers used last before this have signed themselves out.
    """
    given = [_given(place, one) for place, one in enumerate(asked)]
    rows = LOOK.rows(session, given, now=now, idle_since=idle_since)
    found = _Found()
    for row in rows:
        found.take(*row)
    return [found.news_for(place, one) for place, one in enumerate(asked)]


class _Found:
    """What the statement has found, by the place of who asked, and by clinic."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._here: set[int] = set()
        self._changed: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        self._replies: dict[int, list[str]] = defaultdict(list)
        self._queues: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))

    def take(self, place: int, clinic: str | None, name: str, mark: str) -> None:
        """Take in one row."""
        if clinic is not None:
            self._queues[UUID(clinic)][name].append(mark)
        elif name == NUMBER:
            self._numbers[place] = int(mark)
        elif name == HERE:
            self._here.add(place)
        elif name == STANDING:
            self._replies[place].append(mark)
        else:
            self._changed[place][name].add(int(mark))

    def news_for(self, place: int, asked: Asked) -> News | None:
        """Return what one who asked is told, ``None`` if she may not watch any more."""
        watch, seen_id = asked
        if place in self._numbers:
            return news_of_hers(
                watch, seen_id, self._numbers[place], _joined(self._replies[place]),
                self._changed[place],
            )  # fmt: skip
        if place in self._here and watch.clinic_id is not None:
            queues = self._queues[watch.clinic_id].items()
            return news_of_queues(watch, seen_id, {name: _joined(parts) for name, parts in queues})
        return None


def _given(place: int, asked: Asked) -> dict[str, Any]:
    watch = asked.watch
    seen = number_in(asked.seen_id)
    return {
        "place": place, "session_id": watch.session_id, "account_id": watch.account_id,
        "role": watch.role.value, "clinic_id": watch.clinic_id, "patient_id": watch.patient_id,
        "seen": _NEVER if seen is None else seen,
    }  # fmt: skip


def _joined(parts: list[str]) -> str:
    """Return one short mark of some alerts and some requests; empty for none."""
    if not parts:
        return ""
    return hashlib.blake2b(" ".join(sorted(parts)).encode(), digest_size=_MARK_BYTES).hexdigest()
