"""Doing what only one worker may do at a time, without making the others wait.

Beside ``db``, ``hot`` and ``bulk`` the only module that knows which database it is.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session


def only_one(session: Session, what: str) -> bool:
    """Tell whether this transaction is the one that does something, until it ends.

    On PostgreSQL by an advisory lock, which a killed worker's connection gives back; SQLite has
    one writer at a time, which every transaction of ours is from its beginning.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    key = sa.func.hashtextextended(what, 0)
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(key))))
