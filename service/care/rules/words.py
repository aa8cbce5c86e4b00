"""A rule in plain words, for people who want to know what it reads and from where on it speaks.

What is written here is worked out from the rule as it stands in its file, thresholds and windows
included; nothing is said that the rule does not say, and nothing of it is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.care.facts.vocabulary import Vocabulary
from service.care.rules import words_person, words_symptoms
from service.care.rules.phrasing import Phrasing

_JOINS = {
    "all": "All of these are true:",
    "any": "At least one of these is true:",
    "not": "This is not true:",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """What one condition says, and the conditions it is made of, if it joins several."""

    text: str
    parts: tuple["Sentence", ...] = ()

    def lines(self, depth: int = 0) -> Iterator[tuple[int, str]]:
        """Yield what it says line by line, each with how deep it stands in the others."""
        yield depth, self.text
        for part in self.parts:
            yield from part.lines(depth + 1)


def condition_words(condition: Mapping[str, Any], vocabulary: Vocabulary) -> Sentence:
    """Write a condition of a rule that was compiled, so that it is known to be one."""
    if "any_symptom" in condition:
        inner = condition_words(condition["any_symptom"], vocabulary)
        return Sentence("For any symptom of the newest report:", (inner,))
    for join, words in _JOINS.items():
        if join in condition:
            below = condition[join] if join != "not" else [condition[join]]
            return Sentence(words, tuple(condition_words(one, vocabulary) for one in below))
    if "at_least_of" in condition:
        of = condition["at_least_of"]
        parts = tuple(condition_words(one, vocabulary) for one in of["of"])
        return Sentence(f"At least {of['count']} of these are true:", parts)
    opener = next(word for word in condition if word in WORDS)
    return Sentence(WORDS[opener](condition, Phrasing(vocabulary)))


WORDS = {**words_symptoms.WORDS, **words_person.WORDS}
"""What writes each single condition, by the word that opens it."""
