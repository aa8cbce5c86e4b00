"""A patient in a few words, as cases of rules write her (``service.care.rule_cases.given``)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.care.picture import Picture
from service.care.records import Records
from service.care.rule_cases import NOW, given
from service.care.rules import vocabulary
from service.care.rules.parse import Spec
from service.clinical import knowledge
from service.clinical.reading import Document
from service.symptoms.rules import grade_of

__all__ = ["NOW", "graded", "picture_of", "records_of", "report_of"]


def picture_of(words: Mapping[str, Any], *, as_of: datetime = NOW) -> Picture:
    """Take the picture of a patient described in the words of a case."""
    return Picture.of(records_of(words), as_of=as_of, knowledge=vocabulary())


def records_of(words: Mapping[str, Any]) -> Records:
    """Make records of the words of a case."""
    spec = Spec(words, Document("a test", "", words), (), None)
    return given.records_of(spec, vocabulary(), knowledge())


def graded(symptom: str, answer: Mapping[str, Any]) -> int | None:
    """Grade an answer by the published table; ``None`` where an answer it needs is missing."""
    return grade_of(symptom, answer, knowledge())


def report_of(**answers: Sequence[int]) -> dict[str, Any]:
    """Describe a report by levels in the order they are asked: ``report_of(nausea=(3, 3))``."""
    words = vocabulary().symptoms
    return {
        "answers": {
            symptom: dict(zip(words[symptom].attributes, levels, strict=True))
            for symptom, levels in answers.items()
        }
    }
