"""What is severe is the site's choice: the three published variants, and from which answer on."""

from dataclasses import replace

import pytest

from service.care.picture import Picture
from service.care.rules import RuleSet, rule_set, rules_in, vocabulary
from service.care.rules.words import condition_words
from service.clinical.reading import Document
from tests.care.patients import NOW, records_of, report_of

REPORT = report_of(
    nausea=(4, 1),  # often, but mild: grade 1
    vomiting=(1, 3),  # severe, but rare: grade 2
    fatigue=(4, 4),  # grade 3
    diarrhea=(3,),  # nothing else is asked: grade 2
    hair_loss=(3,),
    rash=(1,),
)


def rules_of(variant, at_least=3):
    windows = replace(vocabulary().windows, severe_variant=variant, severe_from=at_least)
    words = replace(vocabulary(), windows=windows)
    data = [dict(rule_set().by_id["SYM-SEV"].data)]
    return words, RuleSet(rules_in(Document("x", "", data), words))


@pytest.mark.parametrize(
    ("variant", "at_least", "severe"),
    [
        ("composite_or_attribute", 3, ["vomiting", "fatigue", "diarrhea", "hair_loss"]),
        ("composite", 3, ["fatigue"]),
        ("any_attribute", 3, ["nausea", "vomiting", "fatigue", "diarrhea", "hair_loss"]),
        ("composite", 2, ["vomiting", "fatigue", "diarrhea", "hair_loss"]),
        ("any_attribute", 4, ["nausea", "fatigue"]),
    ],
)
def test_a_variant_finds_these_symptoms_severe(variant, at_least, severe):
    words, rules = rules_of(variant, at_least)
    picture = Picture.of(records_of({"reports": [REPORT]}), as_of=NOW, knowledge=words)

    assert [finding.subject for finding in rules.evaluate(picture)] == severe


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("composite", "The grade is at least 3"),
        ("any_attribute", "Any answer is at least 3"),
        ("composite_or_attribute", "The grade or any answer is at least 3, a frequency only where"
         " nothing else is asked of the symptom"),
    ],
)  # fmt: skip
def test_a_variant_is_said_in_words(variant, said):
    words, rules = rules_of(variant)
    sentence = condition_words(rules.by_id["SYM-SEV"].data["when"], words)

    assert [text for _, text in sentence.lines()] == [
        "For any symptom of the newest report:", said,
    ]  # fmt: skip
