"""What whoever answers an alert is offered: lines for her to read, and what to ask first."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.clinical.reading import Document, check

_FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Answers:
    """Words at hand for the care team.

    Attributes:
        offered_replies: lines she may be sent when an alert is taken, by language.
        ask_first: what to ask somebody who may not be safe, the first first.
        then: what to do about what she answers.
    """

    offered_replies: Mapping[str, tuple[str, ...]]
    ask_first: tuple[str, ...]
    then: tuple[str, ...]

    def replies_in(self, locale: str) -> tuple[str, ...]:
        """Return the offered lines in the language of a locale, else in English."""
        language = locale.replace("_", "-").split("-")[0]
        return self.offered_replies.get(language, self.offered_replies[_FALLBACK])


def answers_in(document: Document) -> Answers:
    """Build the answers.

    Raises:
        BadKnowledge: the file does not fit its schema.
    """
    data = document.data
    check("answers", data, document)
    texts = data["offered_replies"]["texts"]
    return Answers(
        offered_replies=MappingProxyType({name: tuple(lines) for name, lines in texts.items()}),
        ask_first=tuple(data["crisis"]["ask_first"]),
        then=tuple(data["crisis"]["then"]),
    )
