"""Conditions about the disease and its treatment."""

from collections.abc import Callable, Collection
from typing import Any

from service.care.facts.courses import Course
from service.care.facts.vocabulary import SITES, Vocabulary
from service.care.picture import Picture
from service.care.records import DiagnosisFacts
from service.care.rules.evidence import Condition, Evidence, Phrase, Seen
from service.care.rules.parse import Spec

_SELECTORS = ("effect", "code", "class", "modality")
_DIAGNOSIS_WORDS: dict[str, tuple[str, ...]] = {
    "recurrence": ("local", "distant", "none"),
    "initial_surgery": ("lumpectomy", "mastectomy", "none"),
    "er": ("positive", "negative"),
    "pr": ("positive", "negative"),
    "her2": ("positive", "low", "ultralow", "negative"),
    "menopausal_status": ("pre", "peri", "post"),
}
_NAMED_IN_A_REASON = 3


def treatment(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{treatment: any | {effect, code, class, modality, within_days, planned, …}}``.

    Selectors together are a union: a drug with the effect, or one of the named.  She counts as on
    it while it is active or held, and within so many days of its end, by default the policy's for
    the effect, else for any treatment; ``ever: true`` is without end.  ``planned: true`` lets one
    not yet begun count too.  ``started_within_days`` and ``line_at_least`` narrow what is left.
    """
    if spec.optional("treatment") == "any":
        spec.done()
        return _on(("any", vocabulary.windows.treatment_days))
    inner = spec.part("treatment")
    spec.done()
    chosen = list(_selectors(inner, vocabulary))
    line = inner.whole("line_at_least", default=0)
    started = inner.whole("started_within_days") if "started_within_days" in inner else None
    planned = inner.flag("planned")
    if not chosen:
        chosen = [("any", _days(inner, vocabulary.windows.treatment_days))]
    inner.done()

    def fits(course: Course) -> bool:
        if line and (course.facts.line or 0) < line:
            return False
        since = course.days_since_start
        return started is None or (since is not None and 0 <= since <= started)

    return _on(*chosen, planned=planned, fits=fits if line or started is not None else None)


def procedure(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{procedure: any | code | [..], within_days}``: one was done so recently."""
    codes: Collection[str] | None = None
    if spec.optional("procedure") != "any":
        codes = spec.words("procedure", vocabulary.procedures, "procedure")
    within = spec.whole("within_days", default=vocabulary.windows.procedure_days)
    spec.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        found = [
            course
            for course in picture.treatments
            if course.kind == "procedure"
            and course.days_since_done is not None
            and 0 <= course.days_since_done <= within
            and (codes is None or course.facts.code in codes)
        ]
        return _courses(found) if found else None

    return Condition(test, frozenset({"treatment"}))


def diagnosis(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{diagnosis: {metastatic_site, metastatic, recurrence, er, …}}``: all must hold.

    ``metastatic_site`` takes one or several sites of which one is enough; ``recorded_within_days``
    asks that the diagnosis was recorded or changed so recently.  What nobody recorded is unknown.
    """
    del vocabulary  # the words of a diagnosis are fixed by the HTTP contract
    inner = spec.part("diagnosis")
    spec.done()
    tests = [_diagnosis_test(inner, name) for name in inner.data]
    inner.done()
    asked = tuple(inner.data)

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        facts = picture.diagnosis
        if facts is None:
            seen.unknown.append("diagnosis")
            return None
        for holds in tests:
            if not holds(picture, facts, seen):
                return None
        words = dict.fromkeys(_diagnosis_words(facts, name) for name in asked)
        return Evidence((facts.record,), {}, tuple(Phrase(word) for word in words if word))

    return Condition(test, frozenset({"diagnosis"}))


def _selectors(spec: Spec, vocabulary: Vocabulary) -> list[tuple[str, int | None]]:
    known: dict[str, Collection[str]] = {
        "effect": vocabulary.effects,
        "code": vocabulary.treatments,
        "class": vocabulary.classes,
        "modality": vocabulary.modalities,
    }
    windows = vocabulary.windows
    chosen = []
    for name in _SELECTORS:
        if name not in spec:
            continue
        for word in spec.words(name, known[name], f"treatment {name}"):
            days: int | None = windows.treatment_days
            if name == "effect":
                days = windows.effect_days.get(word, windows.treatment_days)
            chosen.append((f"{name}:{word}", _days(spec, days)))
    return chosen


def _days(spec: Spec, default: int | None) -> int | None:
    if spec.flag("ever"):
        return None
    return spec.whole("within_days") if "within_days" in spec else default


def _on(
    *chosen: tuple[str, int | None],
    planned: bool = False,
    fits: Callable[[Course], bool] | None = None,
) -> Condition:
    def test(picture: Picture, seen: Seen) -> Evidence | None:
        index = picture.courses
        found: dict[int, Course] = {}
        for selector, days in chosen:
            for course in index.get(selector, ()):
                if course.counts(within_days=days, planned=planned) and (
                    fits is None or fits(course)
                ):
                    found[id(course)] = course
        return _courses(list(found.values())) if found else None

    return Condition(test, frozenset({"treatment"}))


def _courses(found: list[Course]) -> Evidence:
    names = list(dict.fromkeys(course.words for course in found))
    if len(names) > _NAMED_IN_A_REASON:
        more = len(names) - _NAMED_IN_A_REASON
        names = [*names[:_NAMED_IN_A_REASON], f"{more} more"]
    return Evidence(
        tuple(course.record for course in found), {}, tuple(Phrase(name) for name in names)
    )


_DiagnosisTest = Callable[[Picture, DiagnosisFacts, Seen], bool]


def _diagnosis_test(spec: Spec, name: str) -> _DiagnosisTest:
    if name == "metastatic_site":
        sites = frozenset(spec.words(name, SITES, "metastatic site"))
        return lambda picture, facts, seen: not sites.isdisjoint(facts.metastatic_sites)
    if name == "metastatic":
        wanted = spec.flag(name)
        return lambda picture, facts, seen: facts.metastatic is wanted
    if name == "recorded_within_days":
        days = spec.whole(name)
        return lambda picture, facts, seen: (picture.as_of - facts.at).days <= days
    if name == "stage_iv_at_diagnosis":
        return _one_of(name, (spec.flag(name),))
    known = _DIAGNOSIS_WORDS.get(name)
    if known is None:
        words = ("metastatic_site", "metastatic", "recorded_within_days", *_DIAGNOSIS_WORDS)
        raise spec.unknown("fact of the diagnosis", name, words, None)
    return _one_of(name, spec.words(name, known, name))


def _one_of(name: str, wanted: tuple[Any, ...]) -> _DiagnosisTest:
    def holds(picture: Picture, facts: DiagnosisFacts, seen: Seen) -> bool:
        value = getattr(facts, name)
        if value is None or value == "unknown":
            seen.unknown.append(f"diagnosis.{name}")
            return False
        return value in wanted

    return holds


def _diagnosis_words(facts: DiagnosisFacts, name: str) -> str:
    """Put one fact of the diagnosis into a few words, as it is and not as the rule asked."""
    if name == "metastatic_site":
        return "metastases: " + ", ".join(site.replace("_", " ") for site in facts.metastatic_sites)
    if name == "metastatic":
        return "metastatic disease" if facts.metastatic else "no metastases"
    if name == "recurrence":
        return f"{facts.recurrence} recurrence" if facts.recurrence != "none" else "no recurrence"
    if name == "recorded_within_days":
        return ""
    return f"{name.replace('_', ' ')}: {getattr(facts, name)}"
