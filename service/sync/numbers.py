"""Change numbers as a phone sees them.

A phone's ``timestamp`` is one more than the number of the last change it has seen: it must be at
least 1, also where nothing has changed yet.
"""


def timestamp_after(change_no: int) -> int:
    """Return what a phone is to send as ``last_pulled_at`` once it has seen a change."""
    return change_no + 1


def seen_until(last_pulled_at: int, *, change_no: int) -> int:
    """Return the last change a phone has seen, 0 for none.

    A phone that is ahead of us has seen a database that was lost and restored from a backup: it
    has seen nothing of this one.
    """
    seen = max(last_pulled_at - 1, 0)
    return seen if seen <= change_no else 0


def is_ahead(last_pulled_at: int, *, change_no: int) -> bool:
    """Tell whether a phone has seen changes that are not there (any more)."""
    return last_pulled_at > timestamp_after(change_no)
