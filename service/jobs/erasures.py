"""The clock's edge for erasing: what is due, one patient after the other."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy.exc import IntegrityError

from service.accounts import queries as people
from service.clock import Clock
from service.erasures import actions, erased_list
from service.erasures.actions import Work
from service.erasures.erased_list import Erased
from service.erasures.erasing import Archive, NotErased, RecordChanged, carry_out
from service.erasures.retention import HIPAA, Retention
from service.exports.models import ExportFormat
from service.exports.reading import Reader, Transactions
from service.exports.zip_file import write_sealed
from service.her_rows import Hers, hers_of
from service.jobs.files import transactions_of
from service.leases import LeaseLost

logger = logging.getLogger(__name__)

# The next round is seconds away.
PATIENTS_AT_MOST = 20


def erase_due(
    app: Flask, clock: Clock, owner: UUID, *, goes_on: Callable[[], bool] = lambda: True
) -> int:
    """Erase whose time is over, and what was kept long enough; return how many patients.

    Where a worker is killed: before the last transaction nothing of her is gone, and the next
    worker begins anew once the lease is over; after it all is.  ``goes_on`` is asked before each.
    """
    transactions = transactions_of(app)
    with transactions() as session:
        actions.erase_kept(session, now=clock.now())
    done = 0
    for _ in range(PATIENTS_AT_MOST):
        if not goes_on():
            break
        with transactions() as session:
            work = actions.begin(session, owner=owner, now=clock.now(), lease=app.config["LEASE"])
        if work is None:
            break
        try:
            _erase(app, transactions, clock, work)
            done += 1
        except (LeaseLost, RecordChanged):
            logger.warning("erasure %s is to be begun again", work.id)
        except (NotErased, IntegrityError, OSError):
            # Nothing of her is gone.  It is tried again when the lease is over.
            logger.exception("erasure %s was not carried out", work.id)
    return done


def _erase(app: Flask, transactions: Transactions, clock: Clock, work: Work) -> None:
    retention = Retention.of(app.config)
    with transactions() as session:
        hers = hers_of(session, work.patient_id)
    archive = None
    if hers is not None and retention.mode == HIPAA:
        archive = _seal(transactions, clock, app.config["LEASE"], work, hers, retention)
    now = clock.now()
    keep_until = (work.keep_until or retention.until(now)) if archive else None
    if app.config["ERASED_LIST_FILE"] is not None:
        # Before it is done: a line too many is somebody whose time is over anyway, a line too few
        # would bring her back.
        erased_list.append(
            app.config["ERASED_LIST_FILE"],
            Erased(work.patient_id, work.account_id, work.clinic_id, now, retention.mode,
                   keep_until),
        )  # fmt: skip
    with transactions() as session:
        carry_out(session, work, archive, retention, now=now, keep_until=keep_until)


def _seal(
    transactions: Transactions, clock: Clock, lease: timedelta, work: Work, hers: Hers,
    retention: Retention,
) -> Archive:  # fmt: skip
    assert retention.reader_key is not None  # noqa: S101 - checked with the settings
    with transactions() as session:
        began_at = people.patient_ref(session, work.patient_id).change_no

    def after_page(_rows: int) -> None:
        with transactions() as session:
            actions.go_on(session, work, until=clock.now() + lease)

    def put(number: int, data: bytes) -> None:
        with transactions() as session:
            actions.add_piece(session, work, number, data)

    reader = Reader(transactions, hers, after_page)
    made = write_sealed(reader, retention.reader_key, put, ExportFormat.ALL, now=clock.now())
    return Archive(made.pieces, made.writer_key, began_at)
