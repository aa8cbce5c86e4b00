"""The heard loop: for each thing she reported, who saw it, when, and what happens next."""

from collections.abc import Collection
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.access import Topic
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.care.replies_alerts import replies_to_alerts
from service.care.replies_reports import replies_to_reports
from service.care.replies_requests import replies_to_requests

# The moment and the id of the last item of the page before.
Place = tuple[datetime, UUID]
_PLACE = itemgetter("at", "id")


def replies_to(
    session: Session,
    patient: PatientRef,
    *,
    now: datetime,
    topics: Collection[Topic],
    queues: Collection[Queue] = tuple(Queue),
    limit: int = 50,
    last: Place | None = None,
) -> tuple[list[dict[str, Any]], Place | None]:
    """Return what became of what she reported and asked for, newest first, and where it goes on.

    Seven statements at most, however long her history.  An alert speaks for the reports it rests
    on; a report of the last 30 days that raised none has an item of its own.

    Args:
        session: any.
        patient: whose replies.
        now: what is late is late by it.
        topics: what the reader may read of her: nobody else learns that there was a check.
        queues: whose answers the reader may read: staff those of the queues they work on.
        limit: how many.
        last: the place the page before ended at, ``None`` for the first one.

    Returns:
        The items, and the place the next page begins after, ``None`` if this is the last one.
    """
    alerts, raised = replies_to_alerts(
        session, patient, now=now, queues=queues, limit=limit + 1, last=last
    )
    reports = replies_to_reports(
        session, patient, now=now, topics=topics, raised=raised, limit=limit + 1, last=last
    )
    requests = replies_to_requests(session, patient, queues=queues, limit=limit + 1, last=last)
    items = sorted([*alerts, *reports, *requests], key=_PLACE, reverse=True)
    if len(items) <= limit:
        return items, None
    shown = items[:limit]
    return shown, _PLACE(shown[-1])
