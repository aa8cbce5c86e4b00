"""Conditions about her treatment, her disease, how she feels and her time here, in words."""

from collections.abc import Mapping, Set
from typing import Any

from service.care.rules.phrasing import (
    Phrasing,
    as_list,
    between,
    counted,
    either,
    listed,
    plain,
    sentence,
    within,
)  # fmt: skip
from service.care.rules.words_symptoms import Words

_WISHES = {
    "social_worker": "a social worker", "chaplain": "a chaplain", "nurse": "a nurse",
    "support_group": "a support group",
}  # fmt: skip


# Words for effects that the catalogue names by an abbreviation or in one word.
_EFFECTS = {
    "ild": "inflammation of the lungs (interstitial lung disease)",
    "onj": "damage to the jaw bone (osteonecrosis)",
    "immune": "turns the immune system on the body",
    "myelosuppressive": "lowers blood cells (myelosuppressive)",
    "cardiotoxic": "weakens the heart (cardiotoxic)",
    "hyperglycemia": "high blood sugar",
    "hypocalcemia": "low calcium",
    "stomatitis": "mouth sores (stomatitis)",
    "diarrhea_severe": "severe diarrhea",
    "hand_foot": "hand-foot syndrome",
    "thrombosis": "blood clots",
}


def _treatment(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    inner = {} if spec["treatment"] == "any" else spec["treatment"]
    narrowed = []
    if "line_at_least" in inner:
        narrowed.append(f"as line {inner['line_at_least']} or later")
    if "started_within_days" in inner:
        narrowed.append(f"begun in the last {counted(inner['started_within_days'], 'day')}")
    if "started_days_ago" in inner:
        days = between(inner["started_days_ago"], "at_least", "below")
        narrowed.append(f"days since it began: {days}")
    planned = " (or it is planned)" if inner.get("planned") else ""
    said = sentence(f"she is on {_drugs(inner, phrase) or 'any treatment'}", *narrowed)
    return f"{said}{planned}; {_after_end(inner, phrase)}"


def _drugs(inner: Mapping[str, Any], phrase: Phrasing) -> str:
    parts = []
    if "effect" in inner:
        effects = either(_EFFECTS.get(one, plain(one)) for one in as_list(inner["effect"]))
        parts.append(f"a treatment with this effect: {effects}")
    if "class" in inner:
        parts.append(f"a drug of the class {either(as_list(inner['class']))}")
    if "modality" in inner:
        kinds = either(plain(one) for one in as_list(inner["modality"]))
        parts.append(f"a treatment of the kind: {kinds}")
    if "code" in inner:
        parts.append(phrase.treatments(inner["code"]))
    return ", or on ".join(parts)


def _after_end(inner: Mapping[str, Any], phrase: Phrasing) -> str:
    windows = phrase.vocabulary.windows
    if inner.get("ever"):
        return "counts for ever"
    if "within_days" in inner:
        days = inner["within_days"]
        return _counts({days}) if days else "counts until its end"
    effects = as_list(inner.get("effect", []))
    spans = {windows.effect_days.get(one, windows.treatment_days) for one in effects}
    if not effects or inner.keys() & {"code", "class", "modality"}:
        spans.add(windows.treatment_days)
    return _counts(spans)


def _counts(spans: Set[int | None]) -> str:
    if spans == {None}:
        return "counts for ever"
    ends = [counted(days, "day") for days in sorted(days for days in spans if days is not None)]
    ever = ", and for ever for some of them" if None in spans else ""
    which = ", as the effect or the drug asks" if len(ends) > 1 else ""
    return f"counts until {either(ends)} after its end{which}{ever}"


def _procedure(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    days = spec.get("within_days", phrase.vocabulary.windows.procedure_days)
    named = "any procedure" if spec["procedure"] == "any" else phrase.treatments(spec["procedure"])
    return f"She had {named} in the last {counted(days, 'day')}"


def _diagnosis(spec: Mapping[str, Any], _phrase: Phrasing) -> str:
    return f"Her diagnosis: {', '.join(_fact(*one) for one in spec['diagnosis'].items())}"


def _fact(name: str, wanted: Any) -> str:
    if name == "metastatic_site":
        return f"metastases in {either(plain(one) for one in as_list(wanted))}"
    if name == "recorded_within_days":
        return f"entered in the last {counted(wanted, 'day')}"
    if isinstance(wanted, bool):
        words = plain(name)
        return words if wanted else f"not {words}"
    return f"{plain(name)} {either(plain(one) for one in as_list(wanted))}"


def _doses_missed(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    inner = spec["doses_missed"]
    row = inner.get("in_a_row", 1)
    missed = (
        "a dose was missed" if row == 1 else f"{row} doses of one treatment in a row were missed"
    )
    why = ""
    if "reason" in inner:
        why = f"for the reason {either(plain(one) for one in as_list(inner['reason']))}"
    return sentence(missed, why, within(inner, phrase.vocabulary.windows.doses))


def _distress(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    inner = spec["distress"]
    limit = between(inner, "at_least", "below")
    what = [f"distress (0 to 10) {limit}" if limit else "distress (0 to 10)"]
    if "rise" in inner:
        what.append(f"risen by {inner['rise']} points or more since the check before")
    if "in_checks" in inner:
        what.append(f"in {inner['in_checks']} checks one after the other")
    if inner.get("newly"):
        what.append("newly so: the check before was lower, or there was none")
    return sentence(*what, within(inner, phrase.vocabulary.windows.wellbeing))


def _topic(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    topics = either(plain(one) for one in as_list(spec["topic"]))
    return sentence(
        f"she ticked as on her mind: {topics}", within(spec, phrase.vocabulary.windows.wellbeing)
    )


def _wish(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    wishes = either(_WISHES[one] for one in as_list(spec["wish"]))
    return sentence(f"she asked for {wishes}", within(spec, phrase.vocabulary.windows.wellbeing))


def _safe_now(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    answer = "yes" if spec["safe_now"] else "no"
    window = within(spec, phrase.vocabulary.windows.wellbeing)
    return sentence(f"to “are you safe now” she answered {answer}", window)


def _questionnaire(spec: Mapping[str, Any], phrase: Phrasing) -> str:
    inner = spec["questionnaire"]
    title, window = phrase.questionnaire(inner["code"]), _recall(inner, phrase)
    if "item" in inner:
        items = [plain(one) for one in as_list(inner["item"])]
        named = f"question {either(items)}"
        return sentence(
            f"{title}: {named} answered with at least {inner.get('at_least', 1)}", window
        )
    if inner.get("positive"):
        at = phrase.vocabulary.questionnaires[inner["code"]].positive_at
        return sentence(f"{title}: total at least {at}, its own cut-off", window)
    of = f" of questions {listed(inner['items'])}" if "items" in inner else ""
    limit = between(inner, "total_at_least", "total_below")
    return sentence(f"{title}: total{of} {limit}", window)


def _recall(inner: Mapping[str, Any], phrase: Phrasing) -> str:
    return within(inner, phrase.vocabulary.windows.questionnaires)


def _silence(spec: Mapping[str, Any], _phrase: Phrasing) -> str:
    inner = dict(spec["silence"])
    weeks = inner.pop("weeks_missed", None)
    said = "no report came" if weeks is None else f"no report came for {counted(weeks, 'week')}"
    more = (f"{plain(name)}: {plain(value)}" for name, value in inner.items())
    return sentence(said, *more, "and nobody knows a reason")


def _care(spec: Mapping[str, Any], _phrase: Phrasing) -> str:
    return f"Her care is {either(plain(one) for one in as_list(spec['care']))}"


def _age(spec: Mapping[str, Any], _phrase: Phrasing) -> str:
    return f"Her age is {between(spec['age'], 'at_least', 'below')}"


def _prefers(spec: Mapping[str, Any], _phrase: Phrasing) -> str:
    topics = either(plain(one) for one in as_list(spec["prefers"]))
    return f"She wants to read about: {topics}"


def _study_saved(_spec: Mapping[str, Any], _phrase: Phrasing) -> str:
    return "She has saved a clinical study"


def _days_since_joining(spec: Mapping[str, Any], _phrase: Phrasing) -> str:
    return f"Days since she joined: {between(spec['days_since_joining'], 'at_least', 'below')}"


WORDS: Mapping[str, Words] = {
    "treatment": _treatment, "procedure": _procedure, "diagnosis": _diagnosis,
    "doses_missed": _doses_missed, "distress": _distress, "topic": _topic, "wish": _wish,
    "safe_now": _safe_now, "questionnaire": _questionnaire, "silence": _silence, "care": _care,
    "age": _age, "prefers": _prefers, "study_saved": _study_saved,
    "days_since_joining": _days_since_joining,
}  # fmt: skip
"""What writes each of these conditions."""
