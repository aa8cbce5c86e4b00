"""What stands in the navigation, for whom: one table, in the order it is shown."""

from collections.abc import Callable
from typing import NamedTuple

from service.accounts.access import QUEUES, TABLE, Do, Topic, Viewer
from service.accounts.models import Queue, Role
from service.dashboard.formatting import QUEUE_WORDS


class Place(NamedTuple):
    """One page in the navigation.  ``key`` is what the page calls itself (``here``)."""

    key: str
    title: str
    path: str


class _Page(NamedTuple):
    key: str
    title: str
    path: str
    topic: Topic
    do: Do = Do.READ


_PANEL = _Page("panel", "Patients", "/", Topic.PANEL)
_MINE = Place("mine", "My queue", "/queue")
_AFTER_QUEUES = (
    _Page("welfare", "Welfare checks", "/welfare", Topic.PANEL),
    _Page("cascade", "Support cascade", "/cascade", Topic.REQUESTS),
)
_CLINIC = (
    _Page("measures", "Measures", "/measures", Topic.MEASURES),
    _Page("content", "Articles", "/content", Topic.CONTENT),
    _Page("support", "Support", "/support", Topic.SUPPORT_ENTRIES),
    _Page("rules", "Rules", "/rules", Topic.RULES),
    _Page("lab", "Laboratory", "/lab", Topic.LAB),
    _Page("studies", "Studies", "/studies", Topic.STUDY_REGISTER),
    _Page("roster", "Roster", "/roster", Topic.ROSTER),
    _Page("staff", "Staff", "/staff", Topic.STAFF),
    _Page("clinic", "Clinic", "/clinic", Topic.CLINIC),
    _Page("drills", "Drills", "/drills", Topic.DRILLS),
    _Page("outbox", "Not sent", "/outbox", Topic.OUTBOX),
    _Page("webhooks", "Webhooks", "/webhooks", Topic.WEBHOOKS),
    _Page("erasures", "Erased records", "/erasures", Topic.ERASURE),
    _Page("audit", "Access log", "/audit", Topic.AUDIT),
    _Page("emergency_access", "Emergency access", "/emergency-access", Topic.BREAK_GLASS, Do.WRITE),
    _Page("emergency_reviews", "Emergency reviews", "/emergency-reviews", Topic.EMERGENCY_REVIEW),
)
_May = Callable[[Topic, Do], bool]


def work_of(viewer: Viewer, may: _May) -> list[Place]:
    """Return the pages of the daily work: patients, queues, what waits beyond them."""
    queues = [_queue(queue) for queue in QUEUES.get(viewer.role, ())]
    mine = [_MINE, *queues] if queues else []
    return [*_seen((_PANEL,), may), *mine, *_seen(_AFTER_QUEUES, may)]


def clinic_of(may: _May) -> list[Place]:
    """Return the pages about the clinic itself."""
    return _seen(_CLINIC, may)


def home_of(role: Role) -> str:
    """Return the page a role's work begins on: patients, else a queue, else of the clinic."""
    if Do.READ in TABLE[Topic.PANEL][role]:
        return _PANEL.path
    if role in QUEUES:
        return _queue(QUEUES[role][0]).path
    pages = (page.path for page in _CLINIC if page.do in TABLE[page.topic][role])
    return next(pages, _PANEL.path)


def _queue(queue: Queue) -> Place:
    return Place(queue.value, QUEUE_WORDS[queue], f"/queues/{queue.value}")


def _seen(pages: tuple[_Page, ...], may: _May) -> list[Place]:
    return [Place(page.key, page.title, page.path) for page in pages if may(page.topic, page.do)]
