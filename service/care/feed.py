"""Her feed: what the rules pick for her now, each card with the reasons it is there.

Safety first, then what belongs to a treatment that starts, a symptom, how she feels, the rest.
Within that: what she has not read, the newest reason, then the title, so that the order is the
same for the same picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from service.accounts.access import PatientRef, Viewer
from service.accounts.models import Role
from service.care.picture import Picture
from service.care.respond import picture_of
from service.care.rules import Finding, rule_set
from service.clinical import Article
from service.content import queries as content
from service.content.articles import article_in, may_be_shown
from service.content.models import FeedMark
from service.errors import NotFound

_PRIORITIES = ("safety", "treatment_start", "symptom", "psychosocial", "general")
# Beyond these a day no card is marked new; the list itself is not cut.
NEW_A_DAY = 3
_EMERGENCY_LASTS = timedelta(hours=24)
_NEVER_COUNTED = frozenset({"safety", "treatment_start"})


@dataclass(slots=True)
class Card:
    """One article and why it is shown."""

    article: Article
    reasons: list[dict[str, Any]] = field(default_factory=list)
    newest: datetime | None = None
    strength: dict[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Tell whether it is one of the few a day that are marked new.

        Safety, a treatment that starts and what her diagnosis brings, as a new site, never wait.
        Source: content plan, matching rule 2.
        """
        if self.article.priority in _NEVER_COUNTED:
            return False
        return not any(
            record["type"] == "diagnosis" for reason in self.reasons for record in reason["records"]
        )

    @property
    def signature(self) -> str:
        """What the card is shown for now, and how strongly: ``READ-NAUSEA=2|READ-TRAST=0``.

        Not the reason's words: those name a day, and saying the same again next week is no
        stronger reason.
        """
        parts = [f"{rule}={strength:g}" for rule, strength in sorted(self.strength.items())]
        return "|".join(parts)

    def is_stronger_than(self, signature: str) -> bool:
        """Tell whether there is a new reason, or a stronger one, than in a signature."""
        before = dict(part.split("=", 1) for part in signature.split("|") if "=" in part)
        return any(
            rule not in before or float(f"{strength:g}") > float(before[rule])
            for rule, strength in self.strength.items()
        )

    def add(self, finding: Finding) -> None:
        """Add a rule's reason."""
        self.strength[finding.rule] = max(finding.values.values(), default=0)
        self.reasons.append(
            {"text": finding.reason, "records": [one.as_json() for one in finding.records]}
        )
        moments = [record.at for record in finding.records]
        self.newest = max([*moments, *([self.newest] if self.newest else [])], default=None)


def feed_for(
    session: Session, viewer: Viewer, patient: PatientRef, *, now: datetime
) -> list[dict[str, Any]]:
    """Return the cards of a patient, best first."""
    picture = picture_of(session, patient, now=now)
    marks = content.marks_of(session, patient.id)
    cards = cards_of(picture, patient, audience=audience_of(viewer), now=now)
    shown = [card for card in cards if not _dismissed(card, marks)]
    shown.sort(key=lambda card: _order(card, marks))
    return _as_items(shown, marks, opened=_opened_today(patient, cards, marks, now))


def cards_of(picture: Picture, patient: PatientRef, *, audience: str, now: datetime) -> list[Card]:
    """Return a card for every article some rule picks and she may be shown."""
    today = patient.local_date(now)
    emergency = _is_emergency(picture, now)
    cards: dict[str, Card] = {}
    for finding in rule_set().evaluate(picture, purposes={"content"}):
        for slug in finding.outcome.content:
            article = article_in(slug, patient.locale)
            wants = patient.information_preferences
            if audience not in article.audience and "all" not in article.audience:
                continue
            if emergency and article.priority != "safety":
                continue
            if may_be_shown(article, today=today, wants=wants):
                cards.setdefault(slug, Card(article)).add(finding)
    return list(cards.values())


def _is_emergency(picture: Picture, now: datetime) -> bool:
    """Tell whether an emergency was reported within a day: then nothing else is offered to read.

    Source: content plan, matching rule 6: content never contradicts an alert.
    """
    return any(
        finding.rule.startswith(("EM-", "SI-"))
        and any(now - record.at <= _EMERGENCY_LASTS for record in finding.records)
        for finding in rule_set().evaluate(picture, purposes={"guidance"})
    )


def reason_now(
    session: Session, viewer: Viewer, patient: PatientRef, slug: str, now: datetime
) -> str:
    """Return what a card is shown for now, empty if it is not in her feed.

    Raises:
        NotFound: there is no such article.
    """
    article_in(slug, patient.locale)
    picture = picture_of(session, patient, now=now)
    cards = cards_of(picture, patient, audience=audience_of(viewer), now=now)
    return next((card.signature for card in cards if card.article.slug == slug), "")


def readable(viewer: Viewer, slug: str, *, now: datetime) -> Article:
    """Return an article the viewer may read.

    Raises:
        NotFound: there is none, it has expired, or she does not want to know such things.
    """
    article = article_in(slug, viewer.locale)
    own = viewer.own_record
    if own is None:
        if article.expires_on < now.date():
            raise NotFound
        return article
    today = own.local_date(now)
    if not may_be_shown(article, today=today, wants=own.information_preferences):
        raise NotFound
    return article


def audience_of(viewer: Viewer) -> str:
    """Return for whom articles are shown: her family reads what is for her family."""
    return "caregiver" if viewer.role is Role.CAREGIVER else "patient"


def _dismissed(card: Card, marks: Mapping[str, FeedMark]) -> bool:
    mark = marks.get(card.article.slug)
    if mark is None or mark.dismissed_at is None or card.article.pinned:
        return False
    return not card.is_stronger_than(mark.dismissed_reason or "")


def _order(card: Card, marks: Mapping[str, FeedMark]) -> tuple[Any, ...]:
    mark = marks.get(card.article.slug)
    return (
        _PRIORITIES.index(card.article.priority),
        mark is not None and mark.read_at is not None,
        -(card.newest.timestamp() if card.newest else 0),
        card.article.title,
    )


def _opened_today(
    patient: PatientRef, cards: Sequence[Card], marks: Mapping[str, FeedMark], now: datetime
) -> int:
    """Count the cards she first did something with today: so many of today's new ones are gone."""
    today = patient.local_date(now)
    there = {card.article.slug: card for card in cards}
    return sum(
        patient.local_date(mark.received_at) == today
        and (there.get(mark.slug) or Card(article_in(mark.slug, patient.locale))).counts
        for mark in marks.values()
    )


def _as_items(
    cards: Sequence[Card], marks: Mapping[str, FeedMark], *, opened: int
) -> list[dict[str, Any]]:
    items, counted = [], opened
    for card in cards:
        article, mark = card.article, marks.get(card.article.slug)
        is_new = mark is None or mark.read_at is None
        if is_new and card.counts:
            is_new = counted < NEW_A_DAY
            counted += 1
        items.append(
            {
                "slug": article.slug, "kind": article.kind, "title": article.title,
                "summary": article.summary, "priority": article.priority,
                "pinned": article.pinned, "is_new": is_new, "reasons": card.reasons,
                "reviewed_on": article.review.on,
                "read_at": mark.read_at if mark else None,
                "saved_at": mark.saved_at if mark else None,
            }
        )  # fmt: skip
    return items
