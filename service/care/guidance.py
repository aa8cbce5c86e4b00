"""What to tell her now: the strongest word of the rules that spoke, in her clinic's numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.clinical import Knowledge
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
) -> Guidance:
    """Return guidance in her language, with her clinic's numbers in it."""
    text = in_her_language(knowledge.guidance, slug, locale)
    words = text.body.format(**phones)
    if nobody_on_duty:
        extra = in_her_language(knowledge.guidance, _NOBODY, locale)
        words = f"{words}\n\n{extra.body.format(**phones)}"
    phone = phones.get(_PHONE_OF[level]) if level in _PHONE_OF else None
    return Guidance(level, rules, text.title, words, phone, slug)


def in_her_language(texts: Mapping[tuple[str, str], Any], slug: str, locale: str) -> Any:
    """Return a text in her language, in English where it has not been translated yet."""
    there = (language for language in languages_of(locale) if (slug, language) in texts)
    return texts[slug, next(there, FALLBACK)]
