"""Conditions about symptoms, signs and what was measured, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from service.care.facts.measures import MEASURES
from service.care.rules.phrasing import (
    Phrasing,
    as_list,
    between,
    counted,
    either,
    plain,
    sentence,
    span_words,
    within,
)  # fmt: skip

Words = Callable[[Mapping[str, Any], Phrasing], str]


def _symptom(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    names, asked = phrase.symptoms(spec["symptom"]), spec.get("attribute", "any")
    what = "any answer" if asked == "any" else plain(asked)
    repeated = ""
    if "in_reports" in spec:
        rows = spec["in_reports"]
        repeated = f"in {rows['count']} reports"
        if rows.get("in_a_row"):
            repeated += " one after the other"
        if "apart_days" in rows:
            repeated += f" at least {counted(rows['apart_days'], 'day')} apart"
    window = within(spec, phrase.vocabulary.windows.symptom_answers)
    return sentence(f"{names}: {what} {_range(spec)}", _change(spec), repeated, window)


def _worsened(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    windows = phrase.vocabulary.windows
    which = "it" if spec["worsened"] is True else phrase.symptoms(spec["worsened"])
    rise = f"rose by {counted(spec.get('by', windows.worsening_delta), 'point')} or more"
    return sentence(f"{which} {rise} since an answer of the last {windows.worsening_gap.days} days")


def _answer(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    what = either(plain(one) for one in as_list(spec["answer"]))
    only = "where nothing else is asked of the symptom" if spec.get("only_attribute") else ""
    which = f"asked of {phrase.symptoms(spec['only'])}" if "only" in spec else ""
    but = f"not of {phrase.symptoms(spec['except'])}" if "except" in spec else ""
    return sentence(f"{what} {_range(spec)}", _change(spec), only, which, but)


def _severe(_spec: Mapping[str, Any], phrase: Phrasing) -> str:
    windows = phrase.vocabulary.windows
    limit = f"at least {windows.severe_from}"
    if windows.severe_variant == "composite":
        return f"The grade is {limit}"
    if windows.severe_variant == "any_attribute":
        return f"Any answer is {limit}"
    return (
        f"The grade or any answer is {limit}, a frequency only where nothing else is asked of "
        "the symptom"
    )


def _count_symptoms(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    inner = spec["count_symptoms"]
    what = plain(inner.get("attribute", "grade"))
    window = within(inner, phrase.vocabulary.windows.symptom_answers) if "within" in inner else ""
    return sentence(
        f"{inner['count']} symptoms or more with {what} {_range(inner)}", _change(inner), window
    )


def _measure(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    measure = MEASURES[spec["measure"]]
    what = f"{measure.label} in {measure.unit}" if measure.unit else measure.label
    limits = [between(spec, "at_least", "below")]
    if "above" in spec:
        limits.append(f"above {spec['above']:g}")
    lasting = f"for at least {span_words(spec['lasting'])}" if "lasting" in spec else ""
    limit = " and ".join(part for part in limits if part)
    return sentence(f"{what}: {limit}", lasting, within(spec, phrase.vocabulary.windows.measures))


def _red_flag(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    window = within(spec, phrase.vocabulary.windows.red_flags)
    return sentence(f"she ticked {phrase.red_flags(spec['red_flag'])}", window)


def _range(spec: Mapping[str, Any]) -> str:
    return between(spec, "at_least", "at_most", default=1)


def _change(spec: Mapping[str, Any]) -> str:
    if spec.get("newly"):
        return "newly so: the answer before was lower, or there was none"
    return "new, or worse than the answer before" if spec.get("new_or_worse") else ""


WORDS: Mapping[str, Words] = {
    "symptom": _symptom, "worsened": _worsened, "answer": _answer, "severe": _severe,
    "count_symptoms": _count_symptoms, "measure": _measure, "red_flag": _red_flag,
}  # fmt: skip
"""What writes each of these conditions."""
