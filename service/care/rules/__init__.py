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
from functools import lru_cache
from pathlib import Path

from service.care.facts.vocabulary import Vocabulary
from service.care.rules.compile import Rule, rules_in
from service.care.rules.evaluate import Explanation, Finding, RuleSet
from service.care.rules.parse import BadRule
from service.care.rules.site import check_warning_signs, refuse_weaker
from service.care.rules.vocabulary import vocabulary, vocabulary_of
from service.clinical import Knowledge, knowledge, knowledge_of, put_in_force, rules_written
from service.clinical.reading import Document, check

__all__ = [
    "BadRule",
    "Explanation",
    "Finding",
    "Rule",
    "RuleSet",
    "compiled",
    "go_by",
    "rule_set",
    "rule_set_of",
    "rules_in",
    "vocabulary",
    "vocabulary_of",
]


def go_by(site: Path | None) -> None:
    """Let this process go by ours, or by a site's folder laid over it; all of it or nothing.

    Raises:
        BadRule: a rule is wrong or stands twice; the service must not start.
        BadKnowledge: a file cannot be read, or names a rule that is not there.
    """
    known = knowledge_of(site)
    rule_set_of(known)
    put_in_force(known)


def rule_set() -> RuleSet:
    """Return the rules in force: ours, and the site's own in place of them or beside them.

    Raises:
        BadRule: a rule is wrong or stands twice; the service must not start.
        BadKnowledge: a file cannot be read, or names a rule that is not there.
    """
    return rule_set_of(knowledge())


@lru_cache(maxsize=8)
def rule_set_of(known: Knowledge) -> RuleSet:
    """Compile the rules that belong to a body of knowledge.

    Raises:
        BadRule: the first fault found in a rule.
        BadKnowledge: a file cannot be read, or names a rule that is not there.
    """
    written = rules_written(known)
    words = vocabulary_of(known)
    ours = compiled(written.ours, words)
    theirs = compiled(written.site, words)
    refuse_weaker(written, ours, theirs)
    rules = ours.replacing(theirs.rules)
    named = rules.by_id.keys()
    # What a site has switched off may still be spoken of; it just does not speak.
    known.stepped_care.check_rules(named)
    check_warning_signs(known, named)
    return RuleSet(rule for rule in rules.rules if rule.id not in written.off)


def compiled(documents: Iterable[Document], words: Vocabulary | None = None) -> RuleSet:
    """Compile the rules of several files, in their order.

    Args:
        documents: the files.
        words: the vocabulary, that in force by default.

    Raises:
        BadRule: the first fault found.
    """
    words = words or vocabulary()
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
