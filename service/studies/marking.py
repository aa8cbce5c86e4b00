"""What she did with a study: saved it, put it away, asked to talk it over."""

from uuid import UUID

from sqlalchemy.orm import Session

from service.ids import derived_id
from service.records import Change, amend, find, store
from service.studies.models import StudyMark

ACTS = ("save", "unsave", "dismiss", "discuss")


def mark_of(session: Session, nct_id: str, *, change: Change) -> StudyMark:
    """Return her mark on a study, made now if she has none."""
    id = derived_id("study-mark", change.patient_id, nct_id)
    blank = dict.fromkeys(("saved_at", "dismissed_at", "question_id", "seen"))
    store(session, StudyMark, change=change, id=id, content={"nct_id": nct_id}, derived=blank)
    return find(session, StudyMark, change.patient_id, id)


def save(mark: StudyMark, *, seen: str | None, change: Change) -> None:
    """Keep a study; one she had put away comes back.

    ``seen`` stands for how its criteria stand to her now, ``None`` if nobody knows.
    """
    saved_at = mark.saved_at or change.now
    amend(mark, {"saved_at": saved_at, "dismissed_at": None, "seen": seen}, change=change)


def unsave(mark: StudyMark, *, change: Change) -> None:
    """Keep a study no longer."""
    amend(mark, {"saved_at": None}, change=change)


def dismiss(mark: StudyMark, *, change: Change) -> None:
    """Put a study away; it is not listed again until she saves it."""
    amend(mark, {"dismissed_at": mark.dismissed_at or change.now, "saved_at": None}, change=change)


def note_question(mark: StudyMark, question_id: UUID, *, change: Change) -> None:
    """Note the question for her visit that a study has become."""
    amend(mark, {"question_id": question_id, "dismissed_at": None}, change=change)
