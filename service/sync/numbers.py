"""Change numbers as a phone sees them.

A phone's ``timestamp`` is one more than the number of the last change it has seen: it must be at
least 1, also where nothing has changed yet.

A number also says in which life of the database it was given: a database that comes back from a
backup goes on at the first number of a new life (``waymark db restored``).  Lives are minutes
since 2026, so none is ever the same as another, and numbers go on growing.
"""

from datetime import UTC, datetime, timedelta

# As many changes of one patient fit into a life; and lives until the year 2089 into the 53 bits
# that a phone's JavaScript counts with.
CHANGES_IN_A_LIFE = 2**28
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def timestamp_after(change_no: int) -> int:
    """Return what a phone is to send as ``last_pulled_at`` once it has seen a change."""
    return change_no + 1


def seen_until(last_pulled_at: int, *, change_no: int) -> int:
    """Return the last change a phone has seen, 0 for none.

    A phone that is ahead of us, or was told a number in another life, has seen a database that
    was lost and restored from a backup: it has seen nothing of this one.
    """
    seen = max(last_pulled_at - 1, 0)
    return seen if seen <= change_no and _life_of(seen) == _life_of(change_no) else 0


def has_seen_another(last_pulled_at: int, *, change_no: int) -> bool:
    """Tell whether a phone has seen changes that are not there (any more)."""
    return last_pulled_at > 1 and seen_until(last_pulled_at, change_no=change_no) == 0


def first_of_new_life(highest: int, *, now: datetime) -> int:
    """Return where numbers go on after a restore.

    Args:
        highest: the highest number that is there.
        now: the moment of the restore.
    """
    minutes = (now - _FIRST) // timedelta(minutes=1)
    return max(minutes, _life_of(highest) + 1) * CHANGES_IN_A_LIFE


def _life_of(change_no: int) -> int:
    return change_no // CHANGES_IN_A_LIFE
