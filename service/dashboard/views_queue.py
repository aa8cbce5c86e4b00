"""A queue: what waits for its team, most urgent first, with the time that is left."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response

from service.accounts import queries as people
from service.accounts.access import Do, Topic, may_see_queue
from service.accounts.models import Patient, Queue
from service.alerts import queries
from service.care import alert_view
from service.dashboard import alert_page, cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.errors import NotFound
from service.support import queries as support
from service.support.models import SupportRequest
from service.wire import moment_text

PAGE = 50


@allow(Topic.ALERTS, Do.READ)
def show_queue(*, visit: Visit, queue: str) -> Response:
    """List what waits in a queue."""
    if queue not in set(Queue):
        raise NotFound
    return queue_page(visit, Queue(queue))


def queue_page(
    visit: Visit, queue: Queue, *, refusal: str | None = None, status: int = 200
) -> Response:
    """Return the page of a queue; ``refusal`` says why a button on it did nothing.

    Raises:
        NotFound: the viewer's role does not work on this queue.
    """
    if not may_see_queue(visit.viewer, queue):
        raise NotFound
    after = forms.asked("after", most=500)
    found = queries.queue_page(
        visit.session, visit.viewer, queues=[queue], state=None, limit=PAGE,
        last=_position(after) if after else None,
    )  # fmt: skip
    alerts, more = found[:PAGE], None
    if len(found) > PAGE:
        last = alerts[-1]
        due = last.acknowledge_by and moment_text(last.acknowledge_by)
        more = cursors.written([last.rank, due, str(last.id)])
    taken = forms.asked("taken")
    requests = [] if after else _requests(visit, queue)
    visit.log_listed([alert.patient_id for alert in alerts], Topic.ALERTS)
    visit.log_listed([one["row"].patient_id for one in requests], Topic.REQUESTS)
    return page(
        "queue", status=status, queue=queue, alerts=alert_page.rows(visit, alerts), more=more,
        after=after, requests=requests, taken=taken,
        refusal=refusal, may_take=visit.frame.may(Topic.ALERTS, Do.WRITE),
    )  # fmt: skip


def _requests(visit: Visit, queue: Queue) -> list[dict[str, Any]]:
    """Return what patients ask of this queue, whoever waits longest first."""
    if not visit.frame.may(Topic.REQUESTS):
        return []
    found = visit.session.execute(
        support.requests_for(visit.viewer, queue)
        .add_columns(Patient.display_name)
        .join(Patient, Patient.id == SupportRequest.patient_id)
        .order_by(SupportRequest.requested_at, SupportRequest.id)
        .limit(PAGE)
    ).all()
    takers = {row.claimed_by for row, _name in found if row.claimed_by}
    names = people.names_of(visit.session, takers)
    return [
        {"row": row, "patient_name": name, "claimed_by": alert_view.person(names, row.claimed_by)}
        for row, name in found
    ]


def _position(text: str) -> queries.Position:
    rank, due, id = cursors.read(text, parts=3)
    try:
        deadline = datetime.fromisoformat(due).astimezone(UTC) if due else None
        return int(rank), deadline, UUID(id)
    except (ValueError, TypeError, AttributeError):
        raise cursors.PlaceUnknown from None
