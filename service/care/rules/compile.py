"""Turning checked rules into closures, once, at start-up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from service.care.facts.vocabulary import Vocabulary
from service.care.rules import (
    conditions_answers,
    conditions_disease,
    conditions_doses,
    conditions_person,
    conditions_questionnaires,
    conditions_signs,
    conditions_symptoms,
    conditions_wellbeing,
)
from service.care.rules.evidence import Condition, all_of, at_least, none_of
from service.care.rules.outcome import SEVERITIES, Outcome, joined, outcome_of
from service.care.rules.parse import BadRule, Spec
from service.clinical.reading import Document

_Builder = Callable[[Spec, Vocabulary], Condition]

CONDITIONS: Mapping[str, _Builder] = {
    "symptom": conditions_symptoms.symptom,
    "worsened": conditions_symptoms.worsened,
    "count_symptoms": conditions_answers.count_symptoms,
    "answer": conditions_answers.answer,
    "severe": conditions_answers.severe,
    "measure": conditions_signs.measure,
    "red_flag": conditions_signs.red_flag,
    "treatment": conditions_disease.treatment,
    "procedure": conditions_disease.procedure,
    "diagnosis": conditions_disease.diagnosis,
    "doses_missed": conditions_doses.doses_missed,
    "distress": conditions_wellbeing.distress,
    "topic": conditions_wellbeing.topic,
    "wish": conditions_wellbeing.wish,
    "safe_now": conditions_wellbeing.safe_now,
    "questionnaire": conditions_questionnaires.questionnaire,
    "silence": conditions_person.silence,
    "care": conditions_person.care,
    "age": conditions_person.age,
    "prefers": conditions_person.prefers,
    "study_saved": conditions_person.study_saved,
    "days_since_joining": conditions_person.days_since_joining,
}
"""Every single condition a rule may use, by the word that opens it."""

_JOINS = ("all", "any", "not", "at_least_of")
_EVERY_ANSWER = "any_symptom"
_OF_AN_ANSWER = ("answer", "severe")
_MODIFIERS = (
    "attribute", "at_least", "at_most", "above", "below", "newly", "new_or_worse", "within",
    "within_days", "in_reports", "lasting", "only_attribute", "only", "except", "by",
)  # fmt: skip
_REVIEWS = ("draft", "verified", "unverified", "project choice", "reviewed")


@dataclass(frozen=True, slots=True)
class Case:
    """One way a rule can turn out; without ``when`` it always does.  A lower rank leads."""

    when: Condition | None
    outcome: Outcome
    rank: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, compiled.

    Attributes:
        id: stays the same for as long as the rule means the same.
        version: kept in every row the rule makes.
        about: one line for people.
        source: where its threshold comes from.
        status: how far that has been traced.
        review: ``{"status", "by", "on"}``, the sign-off.
        file: where it stands.
        origin: whose it is, ``waymark`` or ``site``.
        for_each_answer: whether it is asked of each answer of the newest report.
        reads: names of the facts it reads, as :meth:`Picture.facts_of` gives them.
        tests: how many single conditions it holds.
        data: the rule as written, for people who want to read or change it.
    """

    id: str
    version: int
    about: str
    source: str
    status: str
    review: Mapping[str, Any]
    file: str
    origin: str
    for_each_answer: bool
    when: Condition
    unless: Condition | None
    cases: tuple[Case, ...]
    numbered: bool
    reads: frozenset[str]
    tests: int
    purposes: frozenset[str]
    data: Mapping[str, Any]


def rules_in(document: Document, vocabulary: Vocabulary) -> list[Rule]:
    """Check and compile every rule of one file.

    Raises:
        BadRule: the first fault, by file, line, rule, place and word.
    """
    if not isinstance(document.data, list):
        raise Spec({}, document, (), None).refuse("a file of rules is a list of rules")
    return [
        _rule(Spec(row, document, (number,), _id_of(row)), vocabulary)
        for number, row in enumerate(document.data)
    ]


def _id_of(row: Any) -> str | None:
    name = row.get("id") if isinstance(row, dict) else None
    return name if isinstance(name, str) else None


def _rule(spec: Spec, vocabulary: Vocabulary) -> Rule:
    name = spec.text("id")
    when = spec.part("when")
    each = _EVERY_ANSWER in when
    if each:
        asked = when.part(_EVERY_ANSWER)
        when.done()
        when = asked
    compiler = _Compiler(vocabulary, in_answer=each)
    condition = compiler.condition(when)
    unless = compiler.condition(spec.part("unless")) if "unless" in spec else None
    cases, conditions = _cases(spec.part("then"), compiler, vocabulary.rank(name))
    parts = [part for part in (condition, unless, *conditions) if part is not None]
    rule = Rule(
        id=name,
        version=spec.whole("version"),
        about=spec.text("about"),
        source=spec.text("source"),
        status=spec.text("status"),
        review=_review(spec.part("review")),
        file=spec.document.name,
        origin=spec.document.origin,
        for_each_answer=each,
        when=condition,
        unless=unless,
        cases=cases,
        numbered=bool(conditions),
        reads=frozenset().union(*(part.reads for part in parts)),
        tests=sum(part.tests for part in parts),
        purposes=frozenset().union(*(case.outcome.purposes for case in cases)),
        data=spec.data,
    )
    spec.optional("note")
    spec.done()
    return rule


def _review(spec: Spec) -> Mapping[str, Any]:
    review = {
        "status": spec.word("status", _REVIEWS, "review status"),
        "by": spec.raw("by"),
        "on": spec.raw("on"),
    }
    spec.done()
    return review


def _cases(
    spec: Spec, compiler: "_Compiler", rank: int
) -> tuple[tuple[Case, ...], list[Condition]]:
    shared = outcome_of(spec, compiler.vocabulary)
    if "cases" not in spec:
        spec.done()
        if not shared.purposes:
            raise spec.refuse("a rule must lead to something")
        return (Case(None, shared, _rank(shared, rank)),), []
    cases, conditions = [], []
    for row in spec.parts("cases"):
        outcome = joined(shared, outcome_of(row, compiler.vocabulary))
        condition = compiler.condition(row.part("when"))
        row.done()
        if not outcome.purposes:
            raise row.refuse("a case must lead to something")
        conditions.append(condition)
        cases.append(Case(condition, outcome, _rank(outcome, rank)))
    spec.done()
    return tuple(cases), conditions


def _rank(outcome: Outcome, precedence: int) -> tuple[int, ...]:
    """Order findings: by severity, "high" first in it, then by the policy's precedence."""
    alert = outcome.alert
    if alert is None:
        return (len(SEVERITIES), 0, precedence)
    return (SEVERITIES.index(alert.severity), 0 if alert.high else 1, precedence)


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Compiles conditions; ``in_answer`` where the rule is asked of each answer."""

    vocabulary: Vocabulary
    in_answer: bool

    def condition(self, spec: Spec) -> Condition:
        """Compile one condition and what is in it."""
        openers = [word for word in spec.data if word in CONDITIONS or word in _JOINS]
        if len(openers) != 1:
            if _EVERY_ANSWER in spec:
                raise spec.refuse("'any_symptom' can only be the whole of 'when'", _EVERY_ANSWER)
            raise self._no_opener(spec, openers)
        opener = openers[0]
        if opener in _JOINS:
            return self._join(opener, spec)
        at_hand = opener in _OF_AN_ANSWER or (opener == "worsened" and spec.data[opener] is True)
        if at_hand and not self.in_answer:
            raise spec.refuse(f"{opener!r} of an answer stands only inside 'any_symptom'", opener)
        return CONDITIONS[opener](spec, self.vocabulary)

    def _no_opener(self, spec: Spec, openers: list[str]) -> BadRule:
        """Say what is wrong with a condition that none, or more than one, word opens."""
        if openers:
            both = " and ".join(openers)
            complaint = f"{both} are conditions of their own; join them with 'all' or 'any'"
            return spec.refuse(complaint, openers[1])
        if not spec.data:
            return spec.refuse("there is no condition here")
        word = next(iter(spec.data))
        if word in _MODIFIERS:
            return spec.refuse(f"{word!r} needs a fact beside it, such as symptom or measure", word)
        return spec.unknown("fact", word, [*CONDITIONS, *_JOINS], word)

    def _join(self, opener: str, spec: Spec) -> Condition:
        if opener == "not":
            inner = self.condition(spec.part("not"))
            spec.done()
            return none_of(inner)
        of, count = spec, 0
        if opener == "at_least_of":
            of = spec.part(opener)
            count = of.whole("count", least=1)
        key = "of" if opener == "at_least_of" else opener
        inner_ones = [self.condition(part) for part in of.parts(key)]
        if count > len(inner_ones):
            raise of.refuse(f"cannot be {count} of {len(inner_ones)}", "count")
        of.done()
        spec.done()
        return all_of(inner_ones) if opener == "all" else at_least(max(count, 1), inner_ones)
