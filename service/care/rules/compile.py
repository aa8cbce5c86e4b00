"""Turning checked rules into closures, once, at start-up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from service.care.facts.vocabulary import Vocabulary
from service.care.picture import Picture
from service.care.rules import (
    conditions_answers,
    conditions_disease,
    conditions_doses,
    conditions_person,
    conditions_signs,
    conditions_symptoms,
    conditions_wellbeing,
)
from service.care.rules.evidence import Condition, Evidence, Seen, Test, merged
from service.care.rules.outcome import SEVERITIES, Outcome, joined, outcome_of
from service.care.rules.parse import Spec
from service.clinical.reading import Document

_Builder = Callable[[Spec, Vocabulary], Condition]

CONDITIONS: Mapping[str, _Builder] = {
    "symptom": conditions_symptoms.symptom,
    "worsened": conditions_symptoms.worsened,
    "count_symptoms": conditions_answers.count_symptoms,
    "answer": conditions_answers.answer,
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
    "questionnaire": conditions_wellbeing.questionnaire,
    "silence": conditions_person.silence,
    "care": conditions_person.care,
    "age": conditions_person.age,
    "prefers": conditions_person.prefers,
    "days_since_joining": conditions_person.days_since_joining,
}
"""Every single condition a rule may use, by the word that opens it."""

_JOINS = ("all", "any", "not", "at_least_of")
_EVERY_ANSWER = "any_symptom"
_REVIEWS = ("draft", "verified", "unverified", "project choice", "reviewed")


@dataclass(frozen=True, slots=True)
class Case:
    """One way a rule can turn out; without ``when`` it always does.  A lower rank leads."""

    when: Test | None
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
    for_each_answer: bool
    when: Test
    unless: Test | None
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
        for_each_answer=each,
        when=condition.test,
        unless=unless.test if unless else None,
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
        cases.append(Case(condition.test, outcome, _rank(outcome, rank)))
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
            if openers:
                raise spec.refuse(f"{' and '.join(openers)} are conditions of their own")
            word = next(iter(spec.data), "")
            raise spec.unknown("fact", word, [*CONDITIONS, *_JOINS], word or None)
        opener = openers[0]
        if opener in _JOINS:
            return self._join(opener, spec)
        about_answer = opener == "answer" or (opener == "worsened" and spec.data[opener] is True)
        if about_answer and not self.in_answer:
            raise spec.refuse("only inside 'any_symptom'", opener)
        return CONDITIONS[opener](spec, self.vocabulary)

    def _join(self, opener: str, spec: Spec) -> Condition:
        if opener == "not":
            inner = self.condition(spec.part("not"))
            spec.done()
            return Condition(_none_of(inner.test), inner.reads, inner.tests)
        of, count = spec, 0
        if opener == "at_least_of":
            of = spec.part(opener)
            count = of.whole("count")
        key = "of" if opener == "at_least_of" else opener
        inner_ones = [self.condition(part) for part in of.parts(key)]
        if count > len(inner_ones):
            raise of.refuse(f"cannot be {count} of {len(inner_ones)}", "count")
        of.done()
        spec.done()
        tests = tuple(one.test for one in inner_ones)
        return Condition(
            _all_of(tests) if opener == "all" else _at_least(max(count, 1), tests),
            frozenset().union(*(one.reads for one in inner_ones)),
            sum(one.tests for one in inner_ones),
        )


def _all_of(tests: tuple[Test, ...]) -> Test:
    def test(picture: Picture, seen: Seen) -> Evidence | None:
        parts = []
        for one in tests:
            part = one(picture, seen)
            if part is None:
                return None
            parts.append(part)
        return merged(parts)

    return test


def _at_least(count: int, tests: tuple[Test, ...]) -> Test:
    def test(picture: Picture, seen: Seen) -> Evidence | None:
        # Every part is asked, also after enough are true: the newest record may be in the last.
        parts = [part for one in tests if (part := one(picture, seen)) is not None]
        return merged(parts) if len(parts) >= count else None

    return test


def _none_of(inner: Test) -> Test:
    nothing = Evidence()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        return nothing if inner(picture, seen) is None else None

    return test
