"""The clock's edge for files: one after the other, each worked off in many short transactions."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.clock import Clock
from service.db import transaction
from service.exports import actions
from service.exports.actions import Work
from service.exports.reading import Reader, Transactions
from service.exports.zip_file import passes_of, write_sealed
from service.her_rows import hers_of
from service.leases import LeaseLost

logger = logging.getLogger(__name__)

# The next round is seconds away.
FILES_AT_MOST = 20


def make_files(
    app: Flask, clock: Clock, owner: UUID, *, goes_on: Callable[[], bool] = lambda: True
) -> int:
    """Make the files that were asked for, erase those that are over, and return how many.

    ``goes_on`` is asked before each file: who is being stopped begins no other.
    """
    transactions = transactions_of(app)
    done = 0
    with transactions() as session:
        actions.clear(session, now=clock.now())
    while done < FILES_AT_MOST and goes_on():
        with transactions() as session:
            work = actions.begin(session, owner=owner, now=clock.now(), lease=app.config["LEASE"])
        if work is None:
            break
        done += 1
        try:
            _make(transactions, clock, app.config["LEASE"], work)
        except LeaseLost:
            logger.warning("export %s is another worker's now", work.id)
        except SQLAlchemyError:
            raise  # the database is away: the lease runs out and another begins it
        except Exception:
            # Of ours, and the same the next time: after five times it has failed.
            logger.exception("export %s stopped", work.id)
    return done


def transactions_of(app: Flask) -> Transactions:
    """Return what opens a transaction of an application, for reading page by page."""

    @contextmanager
    def open_one() -> Iterator[Session]:
        with app.app_context(), transaction() as session:
            yield session

    return open_one


def _make(transactions: Transactions, clock: Clock, lease: timedelta, work: Work) -> None:
    with transactions() as session:
        hers = hers_of(session, work.patient_id)
    if hers is None:
        raise LeaseLost  # she was erased meanwhile, and this with her
    began, read, total = clock.now(), 0, 1

    def after_page(rows: int) -> None:
        nonlocal read
        read += rows
        with transactions() as session:
            actions.go_on(
                session, work, progress=min(99, 100 * read // total), until=clock.now() + lease
            )

    def put(number: int, data: bytes) -> None:
        with transactions() as session:
            actions.add_piece(session, work, number, data)

    reader = Reader(transactions, hers, after_page)
    total = max(1, reader.count() * passes_of(work.format))
    made = write_sealed(reader, work.reader_key, put, work.format, now=began)
    with transactions() as session:
        actions.end(session, work, made, now=clock.now())
