"""What to tell her now: the strongest word of the rules that spoke, in her clinic's numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.patient_ref import PatientRef
from service.clinical import Knowledge, knowledge
from service.content.articles import FALLBACK, languages_of
from service.wire import LEVELS

_STRENGTH = {level: place for place, level in enumerate(LEVELS)}
# Which of the clinic's numbers a level is about.
_PHONE_OF = {
    "call_today": "oncology_line",
    "call_now": "oncology_line",
    "emergency": "emergency_number",
    "crisis": "crisis_line",
}
_NOBODY = "nobody-on-duty"
NOT_SHARED = "not-shared"


@dataclass(frozen=True, slots=True)
class Guidance:
    """What to tell her: a level, the rules that said so, and words."""

    level: str
    rules: tuple[str, ...] = ()
    title: str | None = None
    text: str | None = None
    phone: str | None = None
    slug: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in an answer."""
        return {
            "level": self.level, "rules": list(self.rules), "title": self.title,
            "text": self.text, "phone": self.phone,
        }  # fmt: skip


NOTHING = Guidance("none")


def strongest(found: Sequence[tuple[str, str, str]]) -> tuple[str, str, tuple[str, ...]] | None:
    """Return the strongest of (rule, level, text), and every rule that spoke, it first.

    Of equals the first holds: findings come most pressing first.
    """
    if not found:
        return None
    rule, level, slug = max(found, key=lambda one: _STRENGTH[one[1]])
    others = [one for one, _, _ in found if one != rule]
    return level, slug, tuple(dict.fromkeys([rule, *others]))


def worded(
    level: str,
    slug: str,
    rules: tuple[str, ...],
    *,
    knowledge: Knowledge,
    locale: str,
    phones: Mapping[str, str],
    nobody_on_duty: bool,
    not_shared: bool = False,
) -> Guidance:
    """Return guidance in her language, with her clinic's numbers in it.

    It says too that nobody is on duty, or that nobody is told because she does not share.
    """
    text = in_her_language(knowledge.guidance, slug, locale)
    words = text.body.format(**phones)
    for more in (_NOBODY,) * nobody_on_duty + (NOT_SHARED,) * not_shared:
        extra = in_her_language(knowledge.guidance, more, locale)
        words = f"{words}\n\n{extra.body.format(**phones)}"
    phone = phones.get(_PHONE_OF[level]) if level in _PHONE_OF else None
    return Guidance(level, rules, text.title, words, phone, slug)


def team_notice(session: Session, patient: PatientRef) -> dict[str, Any] | None:
    """Return what an app says before anything about safety if she does not share her record.

    ``None`` if she does: her team is told.  One statement if she does not.
    """
    if patient.is_shared:
        return None
    phones = people.clinic(session, patient.clinic_id).phones
    said = worded(
        "call_today", NOT_SHARED, (), knowledge=knowledge(), locale=patient.locale, phones=phones,
        nobody_on_duty=False,
    )  # fmt: skip
    return {"title": said.title, "text": said.text, "phone": said.phone}


def in_her_language(texts: Mapping[tuple[str, str], Any], slug: str, locale: str) -> Any:
    """Return a text in her language, in English where it has not been translated yet."""
    there = (language for language in languages_of(locale) if (slug, language) in texts)
    return texts[slug, next(there, FALLBACK)]
