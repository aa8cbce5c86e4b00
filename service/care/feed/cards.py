"""The cards of a feed: which articles the rules pick for her now, each with its reasons."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from service.accounts.patient_ref import PatientRef
from service.care.picture import Picture
from service.care.rules import Finding, RuleSet
from service.care.studying import StudyCard
from service.clinical import Article
from service.content.articles import SURVIVOR, Shelf, may_be_shown

_EMERGENCY_LASTS = timedelta(hours=24)
_NEVER_COUNTED = frozenset({"safety", "treatment_start"})
_LONGEST_SIGNATURE = 200


@dataclass(slots=True)
class Card:
    """One article and why it is shown.

    Of a study, ``study`` is what it is about and ``place`` where it stands among the studies.
    """

    article: Article
    reasons: list[dict[str, Any]] = field(default_factory=list)
    newest: datetime | None = None
    strength: dict[str, float] = field(default_factory=dict)
    study: StudyCard | None = None
    place: int = 0

    @property
    def counts(self) -> bool:
        """Tell whether it is one of the few a day that are marked new.

        Safety, a treatment that starts and what her diagnosis brings, as a new site, never wait.
        Source: content plan, matching rule 2.
        """
        if self.study is not None:
            return True
        if self.article.priority in _NEVER_COUNTED:
            return False
        return not any(
            record["type"] == "diagnosis" for reason in self.reasons for record in reason["records"]
        )

    @property
    def rests(self) -> bool:
        """Tell whether it makes room for others after a while: not safety, nor what is pinned."""
        return self.article.priority != "safety" and not self.article.pinned

    @property
    def signature(self) -> str:
        """What the card is shown for now, and how strongly: ``READ-CDK@3f2a91=0|READ-NAUSEA=2``.

        Not the reason's words: those name a day, and saying the same again next week is no
        stronger reason.  What stands after ``@`` are the treatments and the places of the disease
        it rests on: another drug and a new site are new reasons.
        """
        parts = [f"{reason}={strength:g}" for reason, strength in sorted(self.strength.items())]
        while len("|".join(parts)) > _LONGEST_SIGNATURE:
            parts.pop()
        return "|".join(parts)

    def is_stronger_than(self, signature: str) -> bool:
        """Tell whether there is a new reason, or a stronger one, than in a signature."""
        before = dict(part.split("=", 1) for part in signature.split("|") if "=" in part)
        now = (part.split("=", 1) for part in self.signature.split("|") if part)
        for reason, strength in now:
            # Signatures of the first version name the rule alone.
            known = before.get(reason, before.get(reason.partition("@")[0]))
            if known is None or float(strength) > float(known):
                return True
        return False

    def add(self, finding: Finding, sites: Collection[str]) -> None:
        """Add a rule's reason; ``sites`` are where the disease is known to be."""
        reason = f"{finding.rule}{_trigger(finding, sites)}"
        self.strength[reason] = max(finding.values.values(), default=0)
        self.reasons.append(
            {"text": finding.reason, "records": [one.as_json() for one in finding.records]}
        )
        moments = [record.at for record in finding.records]
        self.newest = max([*moments, *([self.newest] if self.newest else [])], default=None)


def cards_of(
    picture: Picture,
    patient: PatientRef,
    rules: RuleSet,
    picked: Mapping[str, Sequence[Finding]],
    shelf: Shelf,
    *,
    audience: str,
    now: datetime,
) -> list[Card]:
    """Return a card for every article some rule picks and she may be shown."""
    today = patient.local_date(now)
    emergency = is_emergency(picture, rules, now)
    wants = patient.information_preferences
    sites = picture.diagnosis.metastatic_sites if picture.diagnosis else ()
    cards = []
    for slug, findings in picked.items():
        article = shelf.find(slug, patient.locale, today=today)
        if article is None or (emergency and article.priority != "safety"):
            continue
        if not article.audience & {audience, "all"} or hurts(article, picture.diagnosis):
            continue
        if may_be_shown(article, today=today, wants=wants):
            card = Card(article)
            for finding in findings:
                card.add(finding, sites)
            cards.append(card)
    return cards


def picked_for(picture: Picture, rules: RuleSet) -> dict[str, list[Finding]]:
    """Return what speaks for each article now, by slug, in the order of the rules."""
    picked: dict[str, list[Finding]] = {}
    for finding in rules.evaluate(picture, purposes={"content"}):
        for slug in finding.outcome.content:
            picked.setdefault(slug, []).append(finding)
    return picked


def hurts(article: Article, diagnosis: Any) -> bool:
    """Tell whether it speaks to survivors, and the disease has spread or may have.

    ``diagnosis`` is the one that holds, ``None`` if none was ever given.
    """
    return SURVIVOR in article.tags and (diagnosis is None or diagnosis.metastatic)


def is_emergency(picture: Picture, rules: RuleSet, now: datetime) -> bool:
    """Tell whether an emergency was reported within a day: then nothing else is offered to read.

    Source: content plan, matching rule 6: content never contradicts an alert.
    """
    return any(
        any(now - record.at <= _EMERGENCY_LASTS for record in finding.records)
        for finding in dangers(picture, rules)
    )


def dangers(picture: Picture, rules: RuleSet) -> list[Finding]:
    """Return the emergencies and thoughts of self-harm that still count, however long ago."""
    return [
        finding
        for finding in rules.evaluate(picture, purposes={"guidance"})
        if finding.rule.startswith(("EM-", "SI-"))
    ]


def _trigger(finding: Finding, sites: Collection[str]) -> str:
    """Return what the reason is about besides how strong it is; empty for a symptom."""
    parts = [str(record.id) for record in finding.records if record.type == "treatment"]
    if any(record.type == "diagnosis" for record in finding.records):
        parts += sites
    if not parts:
        return ""
    return "@" + hashlib.sha256("|".join(sorted(parts)).encode()).hexdigest()[:6]
