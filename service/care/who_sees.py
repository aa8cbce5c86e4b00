"""Who would be shown an article, and why: tried on made-up people, and on one who is real.

What decides is what decides for the feed (``care.feed.cards``); what is added is a reason in words
for everybody who would not see it.  Nothing is written down: a try is no showing.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care.feed import kept_back
from service.care.feed.cards import cards_of, hurts, is_emergency
from service.care.picture import Picture
from service.care.respond import picture_of
from service.care.rule_cases.given import NOW, records_of
from service.care.rules import Finding, Rule, RuleSet, vocabulary, vocabulary_of
from service.care.rules.parse import Spec
from service.care.rules.words import Sentence, condition_words
from service.care.rules_in_force import held_in, rules_of
from service.clinical import Article, Example, Knowledge, knowledge
from service.clinical.articles import article_of
from service.content import queries as content
from service.content.articles import Shelf
from service.content.models import ArticleRevision
from service.content.revision_actions import today_at
from service.content.showings import Seen, seen_by

WISHES: Mapping[str, str] = {
    "prognosis": "how the disease may go on", "statistics": "numbers and chances",
    "side_effects": "side effects", "trials": "studies", "end_of_life": "the end of life",
    "sexual": "sexuality",
}  # fmt: skip
_KEPT_BACK: Mapping[str, tuple[str, ...]] = {
    "put_away": ("She has put this card away: it comes back for a stronger reason only.",),
    "rests": ("She was shown this card for a while: it rests for some weeks.",),
}
_FOR = {"patient": "patients", "caregiver": "families"}


class Sight(NamedTuple):
    """Whether one person would be shown an article, and why, or why not, in sentences."""

    who: str
    audience: str
    sees: bool
    why: tuple[str, ...]


class Brings(NamedTuple):
    """A rule that puts an article into feeds, and when it does."""

    rule: str
    about: str
    when: Sentence


def brings(session: Session, row: ArticleRevision) -> list[Brings]:
    """Return the rules in force at its clinic that put an article into feeds, in their order."""
    return [
        Brings(rule.id, rule.about, condition_words(rule.data["when"], vocabulary()))
        for rule in _naming(row.slug, held_in(session, row.clinic_id).rules)
    ]


def on_examples(session: Session, row: ArticleRevision, *, now: datetime) -> list[Sight]:
    """Try a version of an article, of any status, on the made-up people, as if it were published.

    ``now`` decides whether its last day is over, at the clinic.
    """
    today = today_at(session, row, now)
    article = article_of(row.front, row.body)
    rules = held_in(session, row.clinic_id).rules
    return [
        Sight(one.name, one.audience, *_sight(article, rules, picture, one.audience, today))
        for one, picture in example_pictures(knowledge())
    ]


def on_patient(
    session: Session, row: ArticleRevision, patient: PatientRef, *, now: datetime
) -> Sight:
    """Try a version of an article on a patient, as if it were published; four statements."""
    who, today = patient.display_name, patient.local_date(now)
    article, rules = article_of(row.front, row.body), rules_of(session, patient)
    picture = picture_of(session, patient, now=now)
    sees, why = _sight(article, rules, picture, "patient", today)
    if not sees:
        return Sight(who, "patient", False, why)
    published = content.shelf_of(session, patient.clinic_id, {article.slug}).published
    shelf = Shelf({**published, (article.slug, article.language): article})
    picked = {article.slug: _bringing(article.slug, rules, picture)}
    for card in cards_of(picture, patient, rules, picked, shelf, audience="patient", now=now):
        if card.article is article:
            hers = seen_by(session, patient.id).get(article.slug, Seen())
            kept = kept_back(card, hers, today)
            return Sight(who, "patient", kept is None, (*why, *_KEPT_BACK.get(kept or "", ())))
    return Sight(who, "patient", False, ("Her app shows it in another language.",))


@lru_cache(maxsize=2)
def example_pictures(known: Knowledge) -> tuple[tuple[Example, Picture], ...]:
    """Return the made-up people with their pictures.

    Raises:
        BadRule: one of them is described in words nobody knows, by file, line and word.
    """
    words = vocabulary_of(known)
    made = []
    for one in known.examples:
        spec = Spec(one.given, one.document, ("examples", one.number, "given"), None)
        records = records_of(spec, words, known)
        made.append((one, Picture.of(records, as_of=NOW, knowledge=words)))
    return tuple(made)


def _sight(
    article: Article, rules: RuleSet, picture: Picture, audience: str, today: date
) -> tuple[bool, tuple[str, ...]]:
    against = list(_against(article, rules, picture, audience, today))
    if against:
        return False, tuple(against)
    found = _bringing(article.slug, rules, picture)
    if found:
        return True, tuple(dict.fromkeys(f"{finding.reason}." for finding in found))
    return False, tuple(_not_brought(article.slug, rules, picture))


def _bringing(slug: str, rules: RuleSet, picture: Picture) -> list[Finding]:
    found = rules.evaluate(picture, purposes={"content"})
    return [one for one in found if slug in one.outcome.content]


def _against(
    article: Article, rules: RuleSet, picture: Picture, audience: str, today: date
) -> Iterator[str]:
    """Say what keeps an article away whatever the rules bring, in the words of a sentence each."""
    if article.expires_on < today:
        yield "The last day of this version is over."
    if not article.audience & {audience, "all"}:
        yield f"It is not written for {_FOR[audience]}."
    if hurts(article, picture.diagnosis):
        yield "It speaks to people who are through with it; hers has spread, or nobody knows."
    wants = picture.records.information_preferences
    for need in sorted(article.needs):
        if wants.get(need) is not True:
            yield f"She has not said that she wants to know about {WISHES[need]}."
    if article.priority != "safety" and is_emergency(picture, rules, picture.as_of):
        yield "An emergency was reported within a day: only what keeps her safe is shown."


def _not_brought(slug: str, rules: RuleSet, picture: Picture) -> Iterator[str]:
    names = [rule.id for rule in _naming(slug, rules)]
    if not names:
        yield "No rule puts it into a feed: it is read under its own name only."
        return
    yield "Nothing that is on file brings it now."
    unknown = {fact for name in names for fact in rules.explain(name, picture).unknown}
    if unknown:
        yield f"Not on file: {', '.join(sorted(_plain(fact) for fact in unknown))}."


def _naming(slug: str, rules: RuleSet) -> list[Rule]:
    return [
        rule
        for rule in rules.by_id.values()
        if any(slug in case.outcome.content for case in rule.cases)
    ]


def _plain(fact: str) -> str:
    """Name a fact as an editor would: ``symptom.chills.severity`` is ``chills``."""
    kind, _, rest = fact.partition(".")
    if kind == "measure":
        return rest.partition("_")[0]
    name = rest.partition(".")[0] if kind in ("symptom", "questionnaire") else kind
    return name.replace("_", " ") if name != "*" else "a report"
