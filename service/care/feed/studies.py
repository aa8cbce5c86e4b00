"""Cards of studies that may fit her: few, calm, and gone for good once she puts one away.

A card says that a study may fit, never that she may take part: that is for the people of the
study.  Source: content plan, matching rules 1, 4 and 6; how many is a project choice.
"""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.accounts.access import Topic, Viewer, readable_topics
from service.accounts.patient_ref import PatientRef
from service.care import studying
from service.care.feed.cards import Card
from service.care.records import Records
from service.care.studying import StudyCard
from service.clinical import Article
from service.clinical.reading import Review
from service.content import actions as content
from service.records import Change
from service.studies import marking, queries
from service.studies.registry import NCT_ID

# So many at a time.  One that rests keeps its place: the next best does not step in for it.
MOST = 3
_SIGNATURE = "STUDY"
_UNSIGNED = Review("unverified", None, None)
_PHASES = {"EARLY_PHASE1": "early phase 1"}
_NOT_PHASES = frozenset({"NA"})


def may_see_studies(viewer: Viewer, patient: PatientRef) -> bool:
    """Tell whether she wants to hear of studies, and the viewer may read them."""
    return studying.wants_studies(patient) and Topic.STUDIES in readable_topics(viewer, None)


def study_cards(session: Session, patient: PatientRef, records: Records) -> list[Card]:
    """Return the cards of studies that may fit her, best first; see ``studying.new_for``."""
    found = studying.new_for(session, patient, records, limit=MOST)
    return [_card_of(one, place) for place, one in enumerate(found, start=1)]


def as_item(found: StudyCard) -> dict[str, Any]:
    """Return what a card says of its study, for the app."""
    place = None if found.km is None else {"city": found.town, "km": found.km}
    return {
        "nct_id": found.nct_id, "phases": found.phases, "nearest_site": place,
        "imported_at": found.imported_at, "registry_url": studying.REGISTRY + found.nct_id,
        "path": "/patients/me/studies" + ("?phase=1" if found.is_phase_1 else ""),
        "source": studying.ATTRIBUTION,
    }  # fmt: skip


def is_study(slug: str) -> bool:
    """Tell whether the name of a card is the number of a study."""
    return NCT_ID.fullmatch(slug) is not None


def mark_study(
    session: Session, patient: PatientRef, nct_id: str, act: str, *, change: Change
) -> None:
    """Save, unsave or dismiss a study, in the feed as in the list, or note what she says of it.

    Raises:
        NotFound: her clinic has no such study.
    """
    if act in marking.ACTS:
        studying.act(session, patient, nct_id, act, change=change)
        return
    queries.study_of(session, patient.clinic_id, nct_id)
    content.mark(session, change=change, slug=nct_id, act=act, reason=None)


def _card_of(found: StudyCard, place: int) -> Card:
    article = Article(
        slug=found.nct_id, language="en", title=found.title, kind="study",
        audience=frozenset({"patient"}), tags=frozenset(), version=1, summary=_summary(found),
        sources=(studying.ATTRIBUTION,), review=_UNSIGNED, expires_on=date.max,
        needs=frozenset({"trials"}), priority="general", pinned=False, body="",
    )  # fmt: skip
    return Card(article, list(found.reasons), strength={_SIGNATURE: 0}, study=found, place=place)


def _summary(found: StudyCard) -> str:
    """Say in short sentences what is known of a study: phase, how far it is, as of when."""
    phases = " and ".join(
        _PHASES.get(one, one.lower().replace("phase", "phase "))
        for one in found.phases
        if one not in _NOT_PHASES
    )
    parts = [f"A study that may fit{f', {phases}' if phases else ''}."]
    if found.km is not None:
        parts.append(
            f"Nearest site that takes people: {found.town or 'a site'}, {found.km:.0f} km."
        )
    parts.append(f"From {studying.ATTRIBUTION}, read on {found.imported_at.date().isoformat()}.")
    return " ".join([*parts, "Ask your team."])
