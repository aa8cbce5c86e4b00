"""The check in which she says how she feels: our own words for it."""

from collections.abc import Collection
from dataclasses import dataclass

from service.clinical.reading import Document, check


@dataclass(frozen=True, slots=True)
class DistressPrompt:
    """The question for a number from 0 to 10, and what its two ends are called."""

    prompt: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class TopicChip:
    """Something it may be about: its key in a check, and the words on the button."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class WellbeingForm:
    """The check as it is shown; ``questionnaire`` is asked after it and is not part of it."""

    distress: DistressPrompt
    topics: tuple[TopicChip, ...]
    questionnaire: str


def wellbeing_form_in(document: Document, questionnaires: Collection[str]) -> WellbeingForm:
    """Build the check.

    Raises:
        BadKnowledge: a topic stands twice or is left out, or there is no such questionnaire.
    """
    check("wellbeing_check", document.data, document)
    data = document.data
    seen: set[str] = set()
    for place, row in enumerate(data["topics"]):
        if row["key"] in seen:
            raise document.refuse(["topics", place, "key"], f"{row['key']!r} stands twice")
        seen.add(row["key"])
    code = data["then"]["questionnaire"]
    if code not in questionnaires:
        raise document.refuse(["then", "questionnaire"], f"{code!r} is not an instrument")
    words = data["distress"]
    return WellbeingForm(
        distress=DistressPrompt(words["prompt"], words["low"], words["high"]),
        topics=tuple(TopicChip(row["key"], row["label"]) for row in data["topics"]),
        questionnaire=code,
    )
