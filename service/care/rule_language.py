"""The page about the language of rules, made from the code that reads it.

Every condition is described by the docstring of the function that compiles it, its words are those
that function asks for, and the examples are taken from the shipped rules.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from service.care.facts.measures import MEASURES
from service.care.facts.vocabulary import (
    ATTRIBUTES,
    CARE_STATUSES,
    SITES,
    TOPICS,
    WISHES,
    Vocabulary,
)
from service.care.rule_cases.case import SEEN
from service.care.rule_language_text import (
    CASES,
    EXAMPLES,
    INTRODUCTION,
    JOINS,
    OUTCOMES,
    PRECEDENCE,
    UNKNOWN,
)  # fmt: skip
from service.care.rules import RuleSet, rule_set_of, vocabulary_of
from service.care.rules.compile import CONDITIONS
from service.care.rules.conditions_disease import DIAGNOSIS_WORDS
from service.care.rules.conditions_doses import MISSED_FOR
from service.care.rules.conditions_person import PREFERENCES
from service.care.rules.outcome import Alert, Guidance, Reminder
from service.care.rules.parse import Spec, Understood
from service.care.rules.phrasing import counted, length_words
from service.clinical import Knowledge
from service.clinical.reading import Document

_ENDLESS = 1_000


def page_of(known: Knowledge) -> str:
    """Write the page, as Markdown."""
    words, rules = vocabulary_of(known), rule_set_of(known)
    parts = [
        INTRODUCTION,
        JOINS,
        "## Conditions\n",
        *(_condition(name, words, rules) for name in CONDITIONS),
        UNKNOWN,
        _windows(words),
        OUTCOMES,
        *(_outcome(kind) for kind in (Alert, Guidance, Reminder)),
        PRECEDENCE.format(order=", ".join(f"`{name}`" for name in known.policy.precedence)),
        _names(words),
        CASES.format(seen=", ".join(f"`{word}`" for word in SEEN)),
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _condition(name: str, words: Vocabulary, rules: RuleSet) -> str:
    said = inspect.getdoc(CONDITIONS[name]) or ""
    found = [(rule, one) for rule, one in _in_rules(rules) if name in one]
    understood: dict[str, Understood] = {}
    for one in (*(one for _, one in found), *EXAMPLES.get(name, ())):
        spec = Spec(one, Document("example", "", one), (), None)
        CONDITIONS[name](spec, words)
        understood = _with(understood, spec.understood())
    # Rules that alert are known best; a long example shows less than a short one.
    found.sort(key=lambda pair: (pair[0].startswith("READ"), len(_written(pair[1]))))
    rule, example = found[0] if found else ("", EXAMPLES[name][0])
    return "\n".join(
        [
            f"### `{name}`\n",
            said,
            "",
            *_listed(understood, name),
            "",
            "```yaml",
            f"{_written(example)}{f'   # {rule}' if rule else ''}",
            "```",
        ]
    ).replace("\n\n\n", "\n\n")


def _with(some: Mapping[str, Understood], more: Mapping[str, Understood]) -> dict[str, Understood]:
    """Join what two examples of one condition showed to be understood."""
    return {
        word: Understood(
            next((one[word].usual for one in (some, more) if word in one), None),
            _with(
                some[word].below if word in some else {}, more[word].below if word in more else {}
            ),
        )
        for word in {**some, **more}
    }


def _listed(understood: Mapping[str, Understood], opener: str, depth: int = 0) -> Iterator[str]:
    # The word that opens a condition comes first.
    for word in sorted(understood, key=lambda word: (word != opener, word)):
        more = understood[word]
        usual = _usual(more.usual)
        if word != opener or more.below:
            yield f"{'  ' * depth}* `{word}`{f' (if left out: {usual})' if usual else ''}"
        yield from _listed(more.below, opener, depth + 1)


def _usual(value: int | timedelta | None) -> str:
    if isinstance(value, timedelta):
        return length_words(value) if value else ""
    return str(value) if value and value < _ENDLESS else ""


def _in_rules(rules: RuleSet) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for rule in rules.rules:
        for one in _conditions(rule.data):
            yield rule.id, one


def _conditions(written: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(written, list):
        for one in written:
            yield from _conditions(one)
    elif isinstance(written, Mapping):
        if any(word in CONDITIONS for word in written) and "alert" not in written:
            yield written
        for key, below in written.items():
            if key not in CONDITIONS:
                yield from _conditions(below)


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(_written(one) for one in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and re.fullmatch(r"[0-9.]+", value):
        return f'"{value}"'
    return str(value)


def _windows(words: Vocabulary) -> str:
    windows = words.windows
    rows = {
        "an answer about a symptom, distress, a topic, a wish": windows.symptom_answers,
        "a warning sign": windows.red_flags,
        "what was measured": windows.measures,
        "a questionnaire": windows.questionnaires,
        "a dose": windows.doses,
        "a treatment after its end": timedelta(days=windows.treatment_days),
        **{
            f"the effect {effect} after its end": None if days is None else timedelta(days=days)
            for effect, days in windows.effect_days.items()
        },
        "a procedure": timedelta(days=windows.procedure_days),
        "the answer a worsening is compared with": windows.worsening_gap,
    }
    lines = [
        "## How long a fact counts\n",
        "Set in `policy.yaml`; a condition may say otherwise with `within` or `within_days`.\n",
        "| | if the condition says nothing |",
        "|---|---|",
        *(
            f"| {what} | {'for ever' if span is None else length_words(span)} |"
            for what, span in rows.items()
        ),
        f"\nA worsening is {counted(windows.worsening_delta, 'point')} or more. Any symptom is "
        f"`severe` from {windows.severe_from}, by the variant `{windows.severe_variant}`.",
    ]
    return "\n".join(lines)


def _outcome(kind: type) -> str:
    said = (inspect.getdoc(kind) or "").replace("``", "`")
    head, _, attributes = said.partition("\nAttributes:\n")
    lines = [f"### `{kind.__name__.lower()}`\n", head.strip(), ""]
    for row in inspect.cleandoc(attributes).splitlines():
        name, _, what = row.partition(": ")
        if name:
            lines.append(f"* `{_in_a_file(name)}`: {what}")
    return "\n".join(lines)


def _in_a_file(name: str) -> str:
    """Return the word of a file for a field of the code, where they differ."""
    return {"high": "priority: high"}.get(name, name)


def _names(words: Vocabulary) -> str:
    def several(names: Any) -> str:
        return ", ".join(f"`{name}`" for name in names)

    measures = several(
        f"{name} ({measure.unit})" if measure.unit else name for name, measure in MEASURES.items()
    )
    return "\n".join(
        [
            "## Names a rule may use\n",
            f"* questions of a symptom: {several(ATTRIBUTES)}; `grade` is the composite, 0 to 3",
            f"* measures: {measures}",
            f"* effects of treatments: {several(sorted(words.effects))}",
            f"* modalities: {several(sorted(words.modalities))}",
            f"* metastatic sites: {several(SITES)}",
            *(f"* diagnosis, `{name}`: {several(of)}" for name, of in DIAGNOSIS_WORDS.items()),
            "* diagnosis, true or false: `metastatic`, `stage_iv_at_diagnosis`; in days: "
            "`recorded_within_days`",
            f"* topics: {several(TOPICS)}",
            f"* wishes: {several(WISHES)}",
            f"* reasons a dose is missed for: {several(MISSED_FOR)}",
            f"* what she may want to read about: {several(PREFERENCES)}",
            f"* statuses of care: {several(CARE_STATUSES)}",
            f"* questionnaires: {several(sorted(words.questionnaires))}",
            "* symptoms stand in `symptoms.json`, treatments and procedures in `treatments.json`, "
            "warning signs in `red_flags.yaml`, texts in `guidance/` and `articles/`",
        ]
    )
