"""Queues: what waits for a team, most urgent first, with the time that is left; and one's own."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts.access import QUEUES, Do, Topic, may_see_queue
from service.accounts.models import Queue
from service.alerts import queries
from service.care import answering
from service.dashboard import cursors, forms, queue_rows
from service.dashboard.access import Visit, allow
from service.dashboard.colleagues import colleagues_on
from service.dashboard.formatting import QUEUE_WORDS
from service.dashboard.pages import page
from service.dashboard.queue_rows import SHOWS, Section
from service.dashboard.routing import POST, Route
from service.errors import Conflict, NotFound, Rejected

# The page a button stands on, by what its form says (``back``).
MINE = "mine"
_IN_QUEUE = {"queue": "", "queue.mine": "mine", "queue.nobody": "nobody"}
_EMPTY = {
    "": "Nothing is waiting here.", "mine": "You have none.",
    "nobody": "Somebody has each of them.",
}  # fmt: skip


@allow(Topic.ALERTS, Do.READ)
def show_queue(*, visit: Visit, queue: str) -> Response:
    """List what waits in a queue."""
    show = forms.asked("show")
    return queue_page(visit, _queue(queue), show=show if show in SHOWS else "")


@allow(Topic.ALERTS, Do.READ)
def show_mine(*, visit: Visit) -> Response:
    """List what the viewer has, in all her queues, and what waits in her own team's."""
    return my_page(visit)


def queue_page(
    visit: Visit, queue: Queue, *, show: str = "", refusal: str | None = None, status: int = 200
) -> Response:
    """Return the page of a queue; ``refusal`` says why a button on it did nothing.

    Raises:
        NotFound: the viewer's role does not work on this queue.
    """
    if not may_see_queue(visit.viewer, queue):
        raise NotFound
    after = forms.asked("after", most=500)
    rows, more = queue_rows.alerts(
        visit, [queue], show=show, last=_position(after) if after else None
    )
    sections = [Section(key="alerts", heading="Alerts", alerts=rows, more=more, empty=_EMPTY[show])]
    if not after:
        asked = queue_rows.requests(visit, queue, show=show)
        sections += [
            Section(key="requests", heading="Patients who ask for somebody", requests=asked)
        ]
    path = f"/queues/{queue.value}"
    return _page(
        visit, sections, refusal=refusal, status=status, name=QUEUE_WORDS[queue],
        here=queue.value, queue=queue, path=path, show=show, shows=SHOWS, after=after,
        back=next(token for token, shown in _IN_QUEUE.items() if shown == show),
    )  # fmt: skip


def my_page(visit: Visit, *, refusal: str | None = None, status: int = 200) -> Response:
    """Return the page of what is the viewer's; ``refusal`` as in ``queue_page``.

    Raises:
        NotFound: her role works on no queue.
    """
    home = visit.viewer.home_queue
    if home is None:
        raise NotFound
    mine, more_of_mine = queue_rows.alerts(visit, None, show="mine")
    held = {alert["id"] for alert in mine}
    waiting, more = queue_rows.alerts(visit, [home], show="nobody")
    name = QUEUE_WORDS[home]
    sections = [
        Section(key="mine", heading="Mine", alerts=mine, more=more_of_mine, empty="You have none."),
        Section(
            key="asked-me", heading="Requests you answer",
            requests=queue_rows.requests(visit, None, show="mine"),
        ),
        Section(
            key="waiting", heading=f"{name}: waiting for somebody", more=more,
            alerts=[alert for alert in waiting if alert["id"] not in held],
            empty="Nothing is waiting here.",
        ),
        Section(
            key="asked", heading=f"{name}: patients who ask for somebody",
            requests=queue_rows.requests(visit, home, show="nobody"),
        ),
    ]  # fmt: skip
    return _page(
        visit, sections, refusal=refusal, status=status, name="My queue", here=MINE, queue=None,
        path="/queue", show="", shows={}, after="", back=MINE,
    )  # fmt: skip


def is_on_a_queue(back: str) -> bool:
    """Tell whether a form says that its button stands on a page of queues."""
    return back == MINE or back in _IN_QUEUE


def page_again(visit: Visit, back: str, queue: Queue, *, refusal: str) -> Response:
    """Return the page a button stands on, which says why it did nothing."""
    if back == MINE:
        return my_page(visit, refusal=refusal, status=409)
    return queue_page(visit, queue, show=_IN_QUEUE[back], refusal=refusal, status=409)


def address_after(back: str, queue: Queue, taken: UUID) -> str:
    """Return where to go on after taking an alert: where it stands now."""
    if back == MINE:
        return f"/queue?taken={taken}"
    show = "&show=mine" if _IN_QUEUE[back] else ""
    return f"/queues/{queue.value}?taken={taken}{show}"


@allow(Topic.ALERTS, Do.WRITE)
def show_hand_over(*, visit: Visit) -> Response:
    """Ask whom to hand everything to that the viewer has, in one queue or in all."""
    return _hand_over_page(visit, forms.asked("queue"))


@allow(Topic.ALERTS, Do.WRITE)
def hand_over(*, visit: Visit) -> Response:
    """Hand everything the viewer has to a colleague."""
    named = forms.text_of("queue")
    queues = _queues(visit, named)
    chosen = forms.text_of("to")
    found = colleagues_on(visit.session, visit.viewer, queues, now=visit.now)
    to = next((one for one in found if str(one.id) == chosen), None)
    errors = {}
    if to is None:
        errors["to"] = "Choose a colleague."
    if forms.text_of("confirm") != "yes":
        errors["confirm"] = "Say that your colleague knows."
    if to is None or errors:
        return _hand_over_page(visit, named, errors=errors)
    mine = queue_rows.patients_of_mine(visit, queues)
    queue = Queue(named) if named else None
    try:
        count = answering.hand_over(
            visit.session, visit.viewer, to=to.id, queue=queue, now=visit.now
        )
    except (Conflict, Rejected) as refused:
        return _hand_over_page(visit, named, errors={"to": refused.title})
    visit.log_listed(mine, Topic.ALERTS, Do.WRITE)
    there = f"/queues/{named}" if named else "/queue"
    return make_response(redirect(f"{there}?handed={count}", 303))


def _hand_over_page(visit: Visit, named: str, *, errors: Any = None) -> Response:
    queues = _queues(visit, named)
    mine, more = queue_rows.alerts(visit, queues, show="mine")
    queue = Queue(named) if named else None
    return page(
        "hand_over", status=422 if errors else 200, queue=queue, named=named, alerts=mine,
        more=more, requests=queue_rows.requests(visit, queue, show="mine"),
        colleagues=colleagues_on(visit.session, visit.viewer, queues, now=visit.now),
        errors=errors or {}, typed=forms.typed(), back=f"/queues/{named}" if named else "/queue",
    )  # fmt: skip


def _queues(visit: Visit, named: str) -> list[Queue]:
    """Return the queue of this name, or all the viewer works on."""
    queues = [_queue(named)] if named else list(QUEUES.get(visit.viewer.role, ()))
    if not queues or not all(may_see_queue(visit.viewer, queue) for queue in queues):
        raise NotFound
    return queues


def _queue(name: str) -> Queue:
    if name not in set(Queue):
        raise NotFound
    return Queue(name)


def _page(visit: Visit, sections: list[Section], *, status: int, **context: Any) -> Response:
    handed = forms.asked("handed")
    return page(
        "queue", status=status, sections=sections, count=queue_rows.counted(sections),
        taken=forms.asked("taken"), handed=handed if handed.isdecimal() else "",
        may_take=visit.frame.may(Topic.ALERTS, Do.WRITE), **context,
    )  # fmt: skip


def _position(text: str) -> queries.Position:
    rank, due, id = cursors.read(text, parts=3)
    try:
        deadline = datetime.fromisoformat(due).astimezone(UTC) if due else None
        return int(rank), deadline, UUID(id)
    except (ValueError, TypeError, AttributeError):
        raise cursors.PlaceUnknown from None


ROUTES: tuple[Route, ...] = (
    Route("/queues/<queue>", "queue", show_queue),
    Route("/queue", "my_queue", show_mine),
    Route("/queue/hand-over", "show_hand_over", show_hand_over),
    Route("/queue/hand-over", "hand_over", hand_over, POST),
)
