"""Conditions about the disease and its treatment."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from service.care.facts.answers import Given
from service.care.facts.courses import Course
from service.care.facts.vocabulary import SITES, Vocabulary
from service.care.picture import Picture
from service.care.records import DiagnosisFacts
from service.care.rules.evidence import Condition, Evidence, Phrase
from service.care.rules.parse import Spec

_TREATMENT = frozenset({"treatment"})
DIAGNOSIS_WORDS: dict[str, tuple[str, ...]] = {
    "recurrence": ("local", "distant", "none"),
    "initial_surgery": ("lumpectomy", "mastectomy", "none"),
    "er": ("positive", "negative"),
    "pr": ("positive", "negative"),
    "her2": ("positive", "low", "ultralow", "negative"),
    "menopausal_status": ("pre", "peri", "post"),
}
"""What a diagnosis may say, by the name of each fact."""

DIAGNOSIS_FACTS = (
    "metastatic_site", "metastatic", "recorded_within_days", "stage_iv_at_diagnosis",
    *DIAGNOSIS_WORDS,
)  # fmt: skip
"""What a rule may ask of a diagnosis."""

_NAMED_IN_A_REASON = 3
_Counts = Callable[[Course, str], bool]


def treatment(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """She is on a treatment.

    `any`, or selectors: `effect`, `code`, `class`, `modality`. Selectors together are a union: a
    drug with the effect, or one of the named. She counts as on it while it is active or held, and
    until so many days after its end: those of `policy.yaml` for the effect or for any treatment,
    or `within_days`, or without end with `ever: true`. `planned: true` lets one that has not begun
    count too. `started_within_days`, `started_days_ago` and `line_at_least` narrow what is left;
    without a start on file, days since the start are unknown and the treatment does not count.
    """
    written = spec.optional("treatment")
    if written == "any":
        spec.done()
        return _on(("any",))
    if isinstance(written, str):
        complaint = f"write 'any', or what selects it, such as {{code: {written}}}"
        raise spec.refuse(complaint, "treatment")
    inner = spec.part("treatment")
    spec.done()
    chosen = _selectors(inner, vocabulary) or ("any",)
    planned, ever = inner.flag("planned"), inner.flag("ever")
    within = inner.whole("within_days") if "within_days" in inner else None
    if ever and within is not None:
        raise inner.refuse("'ever' and 'within_days' exclude each other", "ever")
    fits = _narrowed(inner)
    inner.done()
    if not planned and not ever and within is None and fits is None:
        return _on(chosen)
    windows = vocabulary.windows

    def counts(course: Course, selector: str) -> bool:
        days = None if ever else windows.days_after(selector) if within is None else within
        return course.counts(within_days=days, planned=planned) and (fits is None or fits(course))

    return _narrowly_on(chosen, counts)


def procedure(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """A procedure was done so recently; `any`, or one or several of the catalogue."""
    codes: Collection[str] | None = None
    if spec.optional("procedure") != "any":
        codes = spec.words("procedure", vocabulary.procedures, "procedure")
    within = spec.whole("within_days", default=vocabulary.windows.procedure_days)
    spec.done()

    def found(picture: Picture, given: Given | None) -> list[Course]:
        return [
            course
            for course in picture.treatments
            if course.kind == "procedure"
            and course.days_since_done is not None
            and 0 <= course.days_since_done <= within
            and (codes is None or course.facts.code in codes)
        ]

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        _courses(told, found(picture, given))

    return Condition(found, says, _TREATMENT)


def diagnosis(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Her diagnosis says all of what is named.

    `metastatic_site` takes one or several sites of which one is enough; `metastatic` is true with
    a site, a distant recurrence or stage IV at diagnosis; `recorded_within_days` asks that the
    diagnosis was recorded or changed so recently. What nobody recorded is unknown.
    """
    del vocabulary  # the words of a diagnosis are fixed by the HTTP contract
    inner = spec.part("diagnosis")
    spec.done()
    asked = tuple(inner.data)
    if not asked:
        raise spec.refuse("'diagnosis' asks nothing", "diagnosis")
    tests = [_diagnosis_test(inner, name) for name in asked]
    inner.done()

    def holds(picture: Picture, given: Given | None) -> bool:
        facts = picture.diagnosis
        return facts is not None and all(test(picture, facts) for test in tests)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        _diagnosed(told, picture.diagnosis, asked)

    def missed(picture: Picture, given: Given | None) -> Iterator[str]:
        facts = picture.diagnosis
        if facts is None:
            yield "diagnosis"
            return
        yield from (f"diagnosis.{name}" for name in asked if _is_unknown(facts, name))

    return Condition(holds, says, frozenset({"diagnosis"}), missed)


def _selectors(spec: Spec, vocabulary: Vocabulary) -> tuple[str, ...]:
    known: dict[str, Collection[str]] = {
        "effect": vocabulary.effects,
        "code": vocabulary.treatments,
        "class": vocabulary.classes,
        "modality": vocabulary.modalities,
    }
    return tuple(
        f"{name}:{word}"
        for name, words in known.items()
        if name in spec
        for word in spec.words(name, words, f"treatment {name}")
    )


def _narrowed(spec: Spec) -> Callable[[Course], bool] | None:
    """Read what narrows a treatment down, ``None`` if nothing does."""
    line = spec.whole("line_at_least", default=0)
    recent = spec.whole("started_within_days") if "started_within_days" in spec else None
    low, below = 0, None if recent is None else recent + 1
    if "started_days_ago" in spec:
        if recent is not None:
            raise spec.refuse(
                "'started_within_days' and 'started_days_ago' exclude each other",
                "started_days_ago",
            )
        days = spec.part("started_days_ago")
        low, below = days.between()
        days.done()
    elif recent is None:
        return (lambda course: (course.facts.line or 0) >= line) if line else None

    def fits(course: Course) -> bool:
        since = course.days_since_start
        return (
            (course.facts.line or 0) >= line
            and since is not None
            and low <= since
            and (below is None or since < below)
        )

    return fits


def _on(chosen: tuple[str, ...]) -> Condition:
    """Compile the usual case: each selector within its own days after the end."""
    wanted = frozenset(chosen)

    def holds(picture: Picture, given: Given | None) -> bool:
        return not wanted.isdisjoint(picture.treated_now)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        days_after = picture.windows.days_after
        _courses(
            told,
            _matching(
                picture,
                chosen,
                lambda one, by: one.counts(within_days=days_after(by), planned=False),
            ),
        )

    return Condition(holds, says, _TREATMENT)


def _narrowly_on(chosen: tuple[str, ...], counts: _Counts) -> Condition:
    def holds(picture: Picture, given: Given | None) -> list[Course]:
        return _matching(picture, chosen, counts)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        _courses(told, _matching(picture, chosen, counts))

    return Condition(holds, says, _TREATMENT)


def _matching(picture: Picture, chosen: tuple[str, ...], counts: _Counts) -> list[Course]:
    index = picture.courses
    found = {
        id(course): course
        for selector in chosen
        for course in index.get(selector, ())
        if counts(course, selector)
    }
    return list(found.values())


def _courses(told: Evidence, found: list[Course]) -> None:
    told.add([course.record for course in found], words=partial(_courses_words, found))


def _courses_words(found: list[Course]) -> Iterator[Phrase]:
    names = list(dict.fromkeys(course.words for course in found))
    yield from (Phrase(name) for name in names[:_NAMED_IN_A_REASON])
    if len(names) > _NAMED_IN_A_REASON:
        yield Phrase(f"{len(names) - _NAMED_IN_A_REASON} more")


_DiagnosisTest = Callable[[Picture, DiagnosisFacts], bool]


def _diagnosis_test(spec: Spec, name: str) -> _DiagnosisTest:
    if name == "metastatic_site":
        sites = frozenset(spec.words(name, SITES, "metastatic site"))
        return lambda picture, facts: not sites.isdisjoint(facts.metastatic_sites)
    if name == "metastatic":
        wanted = spec.flag(name)
        return lambda picture, facts: facts.metastatic is wanted
    if name == "recorded_within_days":
        days = spec.whole(name)
        return lambda picture, facts: (picture.as_of - facts.at).days <= days
    if name == "stage_iv_at_diagnosis":
        return _one_of(name, (spec.flag(name),))
    known = DIAGNOSIS_WORDS.get(name)
    if known is None:
        raise spec.unknown("fact of the diagnosis", name, DIAGNOSIS_FACTS, name)
    return _one_of(name, spec.words(name, known, name))


def _one_of(name: str, wanted: tuple[Any, ...]) -> _DiagnosisTest:
    return lambda picture, facts: getattr(facts, name) in wanted


def _is_unknown(facts: DiagnosisFacts, name: str) -> bool:
    if name not in DIAGNOSIS_WORDS and name != "stage_iv_at_diagnosis":
        return False
    return getattr(facts, name) in (None, "unknown")


def _diagnosed(told: Evidence, facts: DiagnosisFacts | None, asked: tuple[str, ...]) -> None:
    if facts is None:
        return

    def words() -> Iterator[Phrase]:
        said = dict.fromkeys(_diagnosis_words(facts, name) for name in asked)
        return (Phrase(word) for word in said if word)

    told.add((facts.record,), words=words)


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
