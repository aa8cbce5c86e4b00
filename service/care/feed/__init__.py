"""Her feed: what the rules pick for her now, each card with the reasons it is there.

Safety first, then what belongs to a treatment that starts, a symptom, how she feels, the rest.
Within that: what she has not read and has not found useless, the newest reason by day, what was
shown on the fewest days, then the title, so that the order is the same for the same picture.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Role
from service.accounts.patient_ref import PatientRef
from service.care.feed.cards import Card, cards_of, dangers, hurts, picked_for
from service.care.feed.showing import changed, rests, shown_today
from service.care.feed.studies import as_item, is_study, mark_study, may_see_studies, study_cards
from service.care.respond import picture_of
from service.care.rules_in_force import rules_of
from service.clinical import Article, knowledge
from service.content import queries as content
from service.content.articles import SURVIVOR, Shelf, may_be_shown
from service.content.showings import Seen, keep, seen_by
from service.errors import NotFound

__all__ = [
    "audience_of", "feed_for", "is_study", "mark_study", "may_read", "readable", "reason_now",
]  # fmt: skip

_PRIORITIES = ("safety", "treatment_start", "symptom", "psychosocial", "general")
_UNSEEN = Seen()
_SeenCards = Mapping[str, Seen]


def feed_for(
    session: Session, viewer: Viewer, patient: PatientRef, *, now: datetime
) -> list[dict[str, Any]]:
    """Return the cards of a patient, best first.

    What she is shown herself is written down, once a day a card; a look of staff's leaves no
    trace in what she sees tomorrow.
    """
    picture = picture_of(session, patient, now=now)
    rules = rules_of(session, patient)
    seen = seen_by(session, patient.id)
    picked = picked_for(picture, rules)
    shelf = content.shelf_of(session, patient.clinic_id, picked.keys() | seen.keys())
    cards = cards_of(picture, patient, rules, picked, shelf, audience=audience_of(viewer), now=now)
    if may_see_studies(viewer, patient) and not dangers(picture, rules):
        cards += study_cards(session, patient, picture.records)
    today = patient.local_date(now)
    shown = [
        card
        for card in cards
        if kept_back(card, seen.get(card.article.slug, _UNSEEN), today) is None
    ]
    shown.sort(key=lambda card: _order(card, patient, seen))
    if viewer.own_record is not None and viewer.own_record.id == patient.id:
        _write_down(session, patient, shown, seen, today)
    return _as_items(shown, seen, opened=_opened_today(patient, cards, seen, shelf, now))


def reason_now(
    session: Session, viewer: Viewer, patient: PatientRef, slug: str, now: datetime
) -> str:
    """Return what a card is shown for now, empty if it is not in her feed.

    Raises:
        NotFound: there is no such article.
    """
    shelf = content.shelf_of(session, patient.clinic_id, {slug})
    if not shelf.knows(slug):
        raise NotFound
    picture = picture_of(session, patient, now=now)
    rules = rules_of(session, patient)
    picked = {name: found for name, found in picked_for(picture, rules).items() if name == slug}
    cards = cards_of(picture, patient, rules, picked, shelf, audience=audience_of(viewer), now=now)
    return next((card.signature for card in cards), "")


def readable(session: Session, viewer: Viewer, slug: str, *, now: datetime) -> Article:
    """Return an article the viewer may read, in her clinic's words where it has its own.

    Raises:
        NotFound: there is none, it has expired, or she does not want to know such things.
    """
    own = viewer.own_record
    clinic_id = own.clinic_id if own else viewer.clinic_id
    today = own.local_date(now) if own else now.date()
    shelf = content.shelf_of(session, clinic_id, {slug}, with_text=True)
    article = shelf.find(slug, viewer.locale, today=today)
    if article is None or not may_read(session, viewer, article, now=now):
        raise NotFound
    return article


def may_read(session: Session, viewer: Viewer, article: Article, *, now: datetime) -> bool:
    """Tell whether an article is for the viewer's eyes: not expired, not unwanted, not hurtful.

    Whose family somebody is does not stand here, so words for survivors are kept from them all.
    """
    own = viewer.own_record
    if own is None:
        return viewer.is_staff or SURVIVOR not in article.tags
    if not may_be_shown(article, today=own.local_date(now), wants=own.information_preferences):
        return False
    return SURVIVOR not in article.tags or not hurts(
        article, picture_of(session, own, now=now).diagnosis
    )


def audience_of(viewer: Viewer) -> str:
    """Return for whom articles are shown: her family reads what is for her family."""
    return "caregiver" if viewer.role is Role.CAREGIVER else "patient"


def kept_back(card: Card, hers: Seen, today: date) -> str | None:
    """Tell what keeps a card from being up today: ``put_away``, ``rests``, or ``None``: nothing."""
    if hers.dismissed_at is not None and not card.article.pinned:
        return None if card.is_stronger_than(hers.dismissed_reason or "") else "put_away"
    saved, policy = hers.saved_at is not None, knowledge().policy.feed
    return "rests" if rests(card, hers.shown, saved=saved, today=today, policy=policy) else None


def _write_down(
    session: Session, patient: PatientRef, cards: Sequence[Card], seen: _SeenCards, today: date
) -> None:
    policy = knowledge().policy.feed
    before = {slug: one.shown for slug, one in seen.items() if one.shown is not None}
    after = {
        card.article.slug: shown_today(
            card, before.get(card.article.slug), today=today, policy=policy
        )
        for card in cards
    }
    keep(session, patient.id, changed(before, after))


def _order(card: Card, patient: PatientRef, seen: _SeenCards) -> tuple[Any, ...]:
    hers = seen.get(card.article.slug, _UNSEEN)
    return (
        _PRIORITIES.index(card.article.priority),
        hers.read_at is not None,
        hers.helpful is False,
        -(patient.local_date(card.newest).toordinal() if card.newest else 0),
        card.place,
        hers.shown.days if hers.shown else 0,
        card.article.title,
    )


def _opened_today(
    patient: PatientRef,
    cards: Sequence[Card],
    seen: _SeenCards,
    shelf: Shelf,
    now: datetime,
) -> int:
    """Count the cards she first did something with today: so many of today's new ones are gone."""
    today = patient.local_date(now)
    there = {card.article.slug: card.counts for card in cards}
    opened = [
        slug for slug, one in seen.items()
        if one.marked_at is not None and patient.local_date(one.marked_at) == today
    ]  # fmt: skip
    gone = [shelf.find(slug, patient.locale, today=today) for slug in opened if slug not in there]
    return sum(there.get(slug, False) for slug in opened) + sum(
        Card(article).counts for article in gone if article is not None
    )


def _as_items(cards: Sequence[Card], seen: _SeenCards, *, opened: int) -> list[dict[str, Any]]:
    new_a_day = knowledge().policy.feed.new_a_day
    items, counted = [], opened
    for card in cards:
        article, hers = card.article, seen.get(card.article.slug, _UNSEEN)
        is_new = hers.read_at is None and hers.helpful is not False
        if is_new and card.counts:
            is_new = counted < new_a_day
            counted += 1
        items.append(
            {
                "slug": article.slug, "kind": article.kind, "title": article.title,
                "summary": article.summary, "priority": article.priority,
                "pinned": article.pinned, "is_new": is_new, "reasons": card.reasons,
                "reviewed_on": article.review.on, "read_at": hers.read_at,
                "saved_at": hers.saved_at, "helpful": hers.helpful,
                "study": card.study and as_item(card.study),
            }
        )  # fmt: skip
    return items
