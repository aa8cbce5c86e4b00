"""The rule language: rules are data, reviewed and versioned, and compiled once.

    rules = rule_set()                                     at start-up; BadRule stops it
    picture = Picture.of(records, as_of=now, knowledge=vocabulary())
    new = picture.facts_of({report.id})
    for finding in rules.evaluate(picture, purposes={"alert", "guidance"}, reading=new):
        if finding.rests_on({report.id}):
            ...  finding.outcome.alert, finding.outcome.guidance, finding.reason

``parse`` reads words, ``conditions_*`` hold one function for each kind of condition (its
docstring is the reference of that condition), ``outcome`` what may follow, ``compile`` joins
them, ``evaluate`` runs them.  A rule file is a list of rules::

    - id: EM-FEVER
      version: 1
      about: one line for people
      when: {all: [...]} | {any: [...]} | {not: ...} | {at_least_of: {count, of}} | a condition
            | {any_symptom: a condition about one answer of the newest report}
      unless: a condition                                  optional
      then: {alert, guidance, content, reminder, ask, next}, or with
        cases: [{when, alert, ...}]                        the first that holds; the rest is shared
      source: where the threshold comes from
      status: how far that has been traced
      review: {status, by, on}
      note: what was decided in writing it down            optional
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from service.care.rules.compile import Rule, rules_in
from service.care.rules.evaluate import Explanation, Finding, RuleSet
from service.care.rules.parse import BadRule
from service.care.rules.vocabulary import vocabulary, vocabulary_of
from service.clinical.reading import Document, check, read_folder

__all__ = [
    "BadRule",
    "Explanation",
    "Finding",
    "Rule",
    "RuleSet",
    "compiled",
    "rule_set",
    "rules_in",
    "vocabulary",
    "vocabulary_of",
]


@cache
def rule_set() -> RuleSet:
    """Return the rules shipped with this version, compiled.

    Raises:
        BadRule: a rule is wrong or stands twice; the service must not start.
        BadKnowledge: a file cannot be read.
    """
    return compiled(read_folder(files("service.clinical"), "rules", ".yaml"))


def compiled(documents: Iterable[Document]) -> RuleSet:
    """Compile the rules of several files, in their order, over the vocabulary in force.

    Raises:
        BadRule: the first fault found.
    """
    words = vocabulary()
    rules: dict[str, Rule] = {}
    for document in documents:
        for number, rule in enumerate(rules_in(document, words)):
            if rule.id in rules:
                place = (number, "id")
                raise BadRule(document, place, f"stands in {rules[rule.id].file} too", rule.id)
            rules[rule.id] = rule
        # Last: what the language itself finds wrong it says in better words.
        check("rules", document.data, document)
    return RuleSet(rules.values())
