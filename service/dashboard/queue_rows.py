"""What the pages of queues are made of: alerts and requests in sections, and how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.accounts import queries as people
from service.accounts.access import Topic
from service.accounts.models import Patient, Queue
from service.alerts import queries
from service.alerts.models import Alert, AlertState, Severity
from service.care import alert_view
from service.dashboard import alert_page, cursors
from service.dashboard.access import Visit
from service.support import queries as support
from service.support.models import Cascade, SupportRequest
from service.wire import moment_text

PAGE = 50
# Which of a queue's alerts are shown, by what stands in the address.
SHOWS: Mapping[str, str] = {"": "All", "mine": "Mine", "nobody": "Nobody's"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A list under a heading of its own.

    ``empty`` is said of an empty one; one without it is left out.  ``more`` is the place in the
    list the next page begins after; ``None`` at its end.
    """

    key: str
    heading: str
    alerts: Sequence[Mapping[str, Any]] = ()
    requests: Sequence[Mapping[str, Any]] = ()
    empty: str = ""
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many alerts a page shows, and how many of them press."""

    alerts: int
    urgent: int
    waiting: int


def alerts(
    visit: Visit, queues: Sequence[Queue] | None, *, show: str = "",
    last: queries.Position | None = None,
) -> tuple[list[dict[str, Any]], str | None]:  # fmt: skip
    """Return a page of alerts as rows, and where the next begins; whoever looks is in the log."""
    found = queries.queue_page(
        visit.session, visit.viewer, queues=queues, limit=PAGE, last=last,
        state=AlertState.OPEN if show == "nobody" else None,
        assignee_id=visit.viewer.account_id if show == "mine" else None,
    )  # fmt: skip
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        due = rows[-1].due_at and moment_text(rows[-1].due_at)
        more = cursors.written([rows[-1].rank, due, str(rows[-1].id)])
    visit.log_listed([alert.patient_id for alert in rows], Topic.ALERTS)
    return alert_page.rows(visit, rows), more


def requests(visit: Visit, queue: Queue | None, *, show: str = "") -> list[dict[str, Any]]:
    """Return what patients ask of a queue, or of all the viewer's, who waits longest first."""
    if not visit.frame.may(Topic.REQUESTS):
        return []
    statement = (
        support.requests_for(visit.viewer, queue)
        .add_columns(Patient.display_name, Cascade)
        .join(Patient, Patient.id == SupportRequest.patient_id)
        .outerjoin(Cascade, Cascade.request_id == SupportRequest.id)
    )
    if show == "mine":
        statement = statement.where(SupportRequest.claimed_by == visit.viewer.account_id)
    elif show == "nobody":
        statement = statement.where(SupportRequest.state == "received")
    found = visit.session.execute(
        statement.order_by(SupportRequest.requested_at, SupportRequest.id).limit(PAGE)
    ).all()
    names = people.names_of(visit.session, {row.claimed_by for row, *_ in found if row.claimed_by})
    visit.log_listed([row.patient_id for row, *_ in found], Topic.REQUESTS)
    return [
        {
            "row": row,
            "patient_name": name,
            "claimed_by": alert_view.person(names, row.claimed_by),
            "stage": _stage(row, cascade),
            "follow_up_on": cascade.follow_up_on if cascade else None,
        }
        for row, name, cascade in found
    ]


def patients_of_mine(visit: Visit, queues: Sequence[Queue]) -> set[UUID]:
    """Return everybody whose alerts or requests in these queues the viewer has."""
    alerts_of = sa.select(Alert.patient_id).where(
        Alert.clinic_id == visit.viewer.clinic_id, Alert.queue.in_(queues),
        Alert.assignee_id == visit.viewer.account_id, Alert.state != AlertState.CLOSED,
    )  # fmt: skip
    requests_of = (
        support.requests_for(visit.viewer, None)
        .with_only_columns(SupportRequest.patient_id)
        .where(
            SupportRequest.queue.in_(queues),
            SupportRequest.claimed_by == visit.viewer.account_id,
        )
    )
    return set(visit.session.scalars(alerts_of.union(requests_of)))


def counted(sections: Sequence[Section]) -> Count:
    """Count the alerts of a page."""
    found = [alert for section in sections for alert in section.alerts]
    return Count(
        alerts=len(found),
        urgent=sum(alert["severity"] is Severity.URGENT for alert in found),
        waiting=sum(alert["state"] is AlertState.OPEN for alert in found),
    )


def _stage(request: SupportRequest, cascade: Cascade | None) -> str:
    """Return the last stage on the way from asking to being followed up."""
    if cascade is not None and cascade.followed_up_at:
        return "followed up"
    if cascade is not None and cascade.assessed_at:
        return "assessed"
    return {"received": "waiting", "claimed": "taken", "contacted": "contacted"}[request.state]
