"""The access log's turn in a round: seal what waits, write down how far the chains have come."""

import logging

from flask import Flask

from service.audit import anchors
from service.audit.sealing import seal
from service.clock import Clock
from service.db import transaction

logger = logging.getLogger(__name__)

# What a made-up clinic brings by the million takes its time, and nobody waits for it.
AT_ONCE, TIMES_A_ROUND = 1000, 10


def seal_the_log(app: Flask) -> None:
    """Seal entries that are not, a batch in a transaction."""
    for _ in range(TIMES_A_ROUND):
        with app.app_context(), transaction() as session:
            if seal(session, limit=AT_ONCE) < AT_ONCE:
                return


def anchor_the_log(app: Flask, clock: Clock) -> None:
    """Write the heads that are due to the file that is kept elsewhere, if there is one.

    A file that cannot be written is logged, and no reason to say that the scheduler is dead.
    """
    path = app.config["AUDIT_ANCHOR_FILE"]
    if path is None:
        return
    with app.app_context(), transaction() as session:
        due = anchors.due(session, now=clock.now())
    if not due:
        return
    try:
        anchors.append(path, due)
    except OSError as error:
        logger.error("AUDIT_ANCHOR_FILE cannot be written: %s", error.strerror)
        return
    with app.app_context(), transaction() as session:
        anchors.note_anchored(session, due)
