"""A place in a list that is put together of several, newest first."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa


def older_than(last: tuple[datetime, UUID] | None, *, at: Any, id: Any) -> sa.ColumnElement[bool]:
    """Leave out what stands before a place, and at it; all belong here if it is ``None``."""
    if last is None:
        return sa.true()
    moment = sa.bindparam(None, last[0], type_=at.type)
    return sa.or_(at < moment, sa.and_(at == moment, id < last[1]))
