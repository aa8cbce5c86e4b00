"""SQL statements, counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask

from service.db import db


@contextmanager
def statements_counted(app: Flask, *, but: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """Collect every SQL statement that is executed meanwhile, but those that begin so."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(but):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
