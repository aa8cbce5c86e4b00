"""Who may do what: one table, and the one place that reads it.

``docs/access.md`` is rendered from this table and ``tests/test_access_matrix.py`` walks every
route as every role for an own patient, another patient and another clinic's.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from service.accounts.factor import SecondFactorNeeded
from service.accounts.models import STAFF, Queue, Role
from service.accounts.patient_ref import PatientRef
from service.accounts.sharing import NotShared
from service.errors import NotAllowed, NotFound


class Topic(StrEnum):
    """What a route is about."""

    ACCOUNT = "account"
    CATALOG = "catalog"
    INVITATIONS = "invitations"
    PROFILE = "profile"
    DIAGNOSIS = "diagnosis"
    TREATMENTS = "treatments"
    SYMPTOMS = "symptoms"
    REPORTS = "reports"
    MEASUREMENTS = "measurements"
    WELLBEING = "wellbeing"
    QUESTIONNAIRES = "questionnaires"
    REMINDERS = "reminders"
    EVENTS = "events"
    CALENDAR = "calendar"
    TIMELINE = "timeline"
    CONSENTS = "consents"
    FEED = "feed"
    STUDIES = "studies"
    STUDY_REGISTER = "study_register"
    SUPPORT = "support"
    REPLIES = "replies"
    PICTURE = "picture"
    VISIT = "visit"
    ACCESS_LOG = "access_log"
    PANEL = "panel"
    ALERTS = "alerts"
    REQUESTS = "requests"
    OUTBOX = "outbox"
    NOTES = "notes"
    QUESTIONS = "questions"
    AWAY = "away"
    SAFETY_PLAN = "safety_plan"
    VIEWS = "views"
    MEASURES = "measures"
    DRILLS = "drills"
    CONTENT = "content"
    SUPPORT_ENTRIES = "support_entries"
    STAFF = "staff"
    CLINIC = "clinic"
    ROSTER = "roster"
    RULES = "rules"
    LAB = "lab"
    AUDIT = "audit"
    EXPORTS = "exports"
    ERASURE = "erasure"
    BREAK_GLASS = "break_glass"
    EMERGENCY_REVIEW = "emergency_review"
    SYNC = "sync"
    WEBHOOKS = "webhooks"


class Do(StrEnum):
    """What a route does to it."""

    READ = "read"
    WRITE = "write"


# Roles in the order of the columns below.  The patient's column is about herself; the
# caregiver's holds as far as a grant of the patient's covers the topic (GRANT_OF); the others'
# are about patients of their own clinic.  Nobody may do anything that is not in the table.
COLUMNS = (
    Role.PATIENT, Role.CAREGIVER, Role.NURSE, Role.PHYSICIAN, Role.SOCIAL_WORKER,
    Role.CHAPLAIN, Role.COORDINATOR, Role.EDITOR, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER,
)  # fmt: skip

_TABLE = """
                 pat care nur phy soc cha coo edi adm pri
account          rw  rw   rw  rw  rw  rw  rw  rw  rw  rw
catalog          r   r    r   r   r   r   r   r   r   r
invitations      w   -    w   w   -   -   w   -   w   -
profile          rw  r    rw  rw  r   r   rw  -   -   -
diagnosis        rw  r    rw  rw  r   -   r   -   -   -
treatments       rw  r    rw  rw  r   -   r   -   -   -
symptoms         rw  r    rw  rw  r   -   r   -   -   -
reports          w   w    w   w   -   -   -   -   -   -
measurements     rw  r    rw  rw  -   -   -   -   -   -
wellbeing        rw  r    r   r   r   r   -   -   -   -
questionnaires   rw  -    rw  rw  rw  -   -   -   -   -
reminders        rw  r    r   r   r   -   r   -   -   -
events           rw  r    rw  rw  r   -   rw  -   -   -
calendar         rw  -    -   -   -   -   -   -   -   -
timeline         r   r    r   r   r   -   -   -   -   -
consents         rw  -    r   r   r   r   r   -   -   r
feed             rw  -    r   r   r   r   -   -   -   -
studies          rw  -    rw  rw  r   -   r   -   -   -
study_register   -   -    r   r   -   -   r   rw  rw  -
support          rw  -    r   r   r   r   r   -   -   -
replies          rw  -    r   r   r   r   r   -   -   -
picture          r   -    r   r   r   -   -   -   -   -
visit            r   -    r   r   r   -   -   -   -   -
access_log       r   -    -   -   -   -   -   -   -   r
panel            -   -    r   r   r   r   r   -   -   -
alerts           -   -    rw  rw  rw  rw  rw  -   rw  -
requests         -   -    rw  rw  rw  rw  rw  -   -   -
outbox           -   -    -   -   -   -   -   -   rw  -
notes            r   -    rw  rw  rw  rw  rw  -   -   -
questions        rw  r    rw  rw  r   r   r   -   -   -
away             rw  -    rw  rw  r   -   rw  -   -   -
safety_plan      rw  -    rw  rw  rw  -   -   -   -   -
views            -   -    rw  rw  rw  rw  rw  -   -   -
measures         -   -    r   r   r   r   r   -   r   r
drills           -   -    r   r   r   r   r   -   rw  -
content          -   -    rw  rw  r   r   r   rw  r   -
support_entries  -   -    r   r   rw  rw  r   rw  r   -
staff            -   -    r   r   r   r   r   r   rw  r
clinic           -   -    r   r   r   r   r   r   rw  r
roster           -   -    r   r   r   r   r   -   rw  -
rules            -   -    rw  rw  rw  r   r   rw  r   r
lab              -   -    rw  rw  rw  -   -   rw  r   -
audit            -   -    -   -   -   -   -   -   -   r
exports          rw  -    -   -   -   -   -   -   -   -
erasure          rw  -    -   -   -   -   -   -   r   rw
break_glass      r   -    w   w   -   -   -   -   -   r
emergency_review -   -    -   -   -   -   -   -   -   rw
sync             rw  -    -   -   -   -   -   -   -   -
webhooks         -   -    -   -   -   -   -   -   rw  r
"""

# What she writes in her own words: her questions, and the notes beside what she reports.
JOURNAL = "journal"
# Which of the patient's grants opens a topic to her family.  Topics that are not here and are
# about a patient need no grant beyond being family at all (her name and how she is addressed).
GRANT_OF: Mapping[Topic, str] = {
    Topic.DIAGNOSIS: "treatments",
    Topic.TREATMENTS: "treatments",
    Topic.SYMPTOMS: "symptoms",
    Topic.REPORTS: "symptoms",
    Topic.MEASUREMENTS: "symptoms",
    Topic.WELLBEING: "wellbeing",
    Topic.QUESTIONS: JOURNAL,
    Topic.REMINDERS: "calendar",
    Topic.EVENTS: "calendar",
}
GRANT_TOPICS = ("treatments", "symptoms", "wellbeing", JOURNAL, "calendar")

# Whose alerts and requests a role sees.  Her own team's first: that one is ``home_queue``.
QUEUES: Mapping[Role, tuple[Queue, ...]] = {
    Role.NURSE: (Queue.NURSING, Queue.COORDINATION, Queue.SOCIAL_WORK),
    Role.PHYSICIAN: (Queue.NURSING, Queue.COORDINATION, Queue.SOCIAL_WORK),
    Role.SOCIAL_WORKER: (Queue.SOCIAL_WORK, Queue.CHAPLAINCY),
    Role.CHAPLAIN: (Queue.CHAPLAINCY,),
    Role.COORDINATOR: (Queue.COORDINATION,),
    Role.ADMINISTRATOR: tuple(Queue),
}


def _read(table: str) -> dict[Topic, dict[Role, frozenset[Do]]]:
    meaning = {
        "-": frozenset[Do](),
        "r": frozenset({Do.READ}),
        "w": frozenset({Do.WRITE}),
        "rw": frozenset(Do),
    }
    _heading, *lines = table.strip().splitlines()
    rows = [line.split() for line in lines]
    return {
        Topic(name): dict(zip(COLUMNS, (meaning[cell] for cell in cells), strict=True))
        for name, *cells in rows
    }


TABLE: Mapping[Topic, Mapping[Role, frozenset[Do]]] = _read(_TABLE)


class Viewer(NamedTuple):
    """Who is calling: an account on one signed-in device."""

    account_id: UUID
    session_id: UUID
    role: Role
    clinic_id: UUID | None
    display_name: str
    email: str
    time_zone: str
    locale: str
    has_second_factor: bool
    own_record: PatientRef | None = None
    # Set only while she looks at a patient of another clinic whose record she has opened in an
    # emergency (``emergencies/looking.py``): ``clinic_id`` is then the patient's.
    emergency_ends_at: datetime | None = None

    @property
    def is_staff(self) -> bool:
        """Tell whether the viewer works for a clinic."""
        return self.role in STAFF

    @property
    def home_queue(self) -> Queue | None:
        """Return the queue the viewer's role answers for, if any."""
        return QUEUES[self.role][0] if self.role in QUEUES else None


def check_role(viewer: Viewer, topic: Topic, do: Do) -> None:
    """Let only roles past that may do this to some patient.

    Raises:
        SecondFactorNeeded: staff without a second factor, for all but their own account.
        NotAllowed: the role never may.
    """
    if viewer.is_staff and not viewer.has_second_factor and topic is not Topic.ACCOUNT:
        raise SecondFactorNeeded
    if do not in TABLE[topic][viewer.role]:
        raise NotAllowed


def check_relation(
    viewer: Viewer, patient: PatientRef, topic: Topic, do: Do, grants: frozenset[str] | None
) -> None:
    """Let the viewer past if she may do this to this patient.

    Args:
        viewer: who is calling.
        patient: whom it is about.
        topic: what it is about.
        do: what is to be done.
        grants: the topics the patient has granted the viewer today; ``None`` if the viewer is
            no family of hers.

    Raises:
        NotFound: the viewer may not even know that she exists.
        NotAllowed: she may see the patient and not do this.
        NotShared: the patient does not share her record with those who work here.
    """
    own = viewer.own_record is not None and viewer.own_record.id == patient.id
    if viewer.is_staff:
        related = viewer.clinic_id == patient.clinic_id
    elif viewer.role is Role.CAREGIVER:
        related = grants is not None
    else:
        related = own
    if not related:
        raise NotFound
    if not _may(viewer, topic, do, grants):
        raise NotAllowed
    if viewer.is_staff and not patient.is_shared and not _without_sharing(viewer, topic, do):
        raise NotShared


def _without_sharing(viewer: Viewer, topic: Topic, do: Do) -> bool:
    """Tell whether staff may do this for a patient who does not share her record.

    The privacy officer watches over what was done, and sees nothing of her health.  The others
    may say that she has died or withdrawn, so that nothing goes out to her: who writes her
    profile lets nothing else through (``api/patients.py``).
    """
    return viewer.role is Role.PRIVACY_OFFICER or (topic, do) == (Topic.PROFILE, Do.WRITE)


def readable_topics(viewer: Viewer, grants: frozenset[str] | None) -> frozenset[Topic]:
    """Return what the viewer may read of a patient whose relation to her has been checked.

    ``grants`` are the topics the patient has granted the viewer, as in ``check_relation``.
    """
    return frozenset(topic for topic in Topic if _may(viewer, topic, Do.READ, grants))


def _may(viewer: Viewer, topic: Topic, do: Do, grants: frozenset[str] | None) -> bool:
    if do not in TABLE[topic][viewer.role]:
        return False
    needed = GRANT_OF.get(topic)
    return viewer.role is not Role.CAREGIVER or needed is None or needed in (grants or ())


def may_see_queue(viewer: Viewer, queue: Queue) -> bool:
    """Tell whether the viewer's role works on this queue."""
    return queue in QUEUES.get(viewer.role, ())
