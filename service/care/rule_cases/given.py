"""A patient in a few words, made into records.

Everything is dated from one moment, 10 March 2026, nine in the morning in Los Angeles; what has no
day is of that moment.  Records are called ``report-0``, ``treatment-1`` and so on, by their order
in the case, which is newest first.  Grades are worked out as the service does it.  What a case
leaves out is not on file.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from service.care.facts.measures import MEASURES
from service.care.facts.vocabulary import (
    CARE_STATUSES,
    DOSE_REASONS,
    SITES,
    TOPICS,
    WISHES,
    Vocabulary,
)
from service.care.records import (
    Answer,
    DiagnosisFacts,
    DoseFacts,
    MeasurementFacts,
    Record,
    Records,
    ReportFacts,
    ResponseFacts,
    SilenceFacts,
    StudyFacts,
    TreatmentFacts,
    WellbeingFacts,
)
from service.care.rules.conditions_disease import DIAGNOSIS_WORDS
from service.care.rules.conditions_person import PREFERENCES
from service.care.rules.parse import Spec
from service.clinical import Knowledge
from service.symptoms.rules import OPT_OUTS, grade_of

NOW = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)
ZONE = "America/Los_Angeles"
_TODAY: date = NOW.date()
_HIGHEST_ANSWER = 4
_HIGHEST_DISTRESS = 10
_STATUSES = ("active", "held", "planned", "completed", "stopped")
_FINISHED = ("completed", "in-progress")
_DOSES = ("taken", "missed", "held")
_MEASURED = tuple(measure.code for measure in MEASURES.values() if measure.code)
T = TypeVar("T")


def records_of(spec: Spec, words: Vocabulary, known: Knowledge) -> Records:
    """Make records of the words of a case.

    Raises:
        BadRule: a word is not known, or a value is none.
    """
    reports = _each(spec, "reports", lambda n, row: _report(n, row, words, known))
    records = Records(
        patient_id="patient",
        joined_at=NOW - timedelta(days=spec.whole("joined_days_ago", default=60)),
        today=_TODAY,
        time_zone=ZONE,
        care_status=_word(spec, "care_status", CARE_STATUSES) or "active",
        information_preferences=_preferences(spec),
        birth_year=_whole(spec, "birth_year"),
        diagnosis=_diagnosis(spec.part("diagnosis")) if "diagnosis" in spec else None,
        treatments=_each(spec, "treatments", lambda n, row: _treatment(n, row, words)),
        symptom_reports=reports,
        baselines=_baselines(spec.part("baselines"), words, known) if "baselines" in spec else {},
        measurements=_each(spec, "measurements", _measurement),
        wellbeing_checks=_each(spec, "checks", _check),
        questionnaire_responses=_each(spec, "responses", lambda n, row: _response(n, row, words)),
        doses=_each(spec, "doses", lambda n, row: _dose(n, row, words)),
        studies=_each(spec, "studies", _study),
        last_report_at=_last_report(spec, reports),
        known_reasons_for_silence=spec.flag("known_reasons_for_silence"),
        silence=_silence(spec.part("silence")) if "silence" in spec else None,
    )
    spec.done()
    return records


def _each(spec: Spec, key: str, make: Callable[[int, Spec], T]) -> list[T]:
    if key not in spec or spec.raw(key) == []:
        return []
    made = []
    for number, row in enumerate(spec.parts(key)):
        made.append(make(number, row))
        row.done()
    return made


def _moment(row: Spec) -> datetime:
    days, hours = row.whole("days_ago", default=0), row.whole("hours_ago", default=0)
    return NOW - timedelta(days=days, hours=hours)


def _report(number: int, row: Spec, words: Vocabulary, known: Knowledge) -> ReportFacts:
    answers = row.part("answers") if "answers" in row else None
    return ReportFacts(
        id=f"report-{number}",
        at=_moment(row),
        answers=_answers(answers, words, known) if answers is not None else (),
        temperature_c=_number(row, "temperature_c"),
        stools_over_baseline=_whole(row, "stools_over_baseline"),
        glucose_mg_dl=_number(row, "glucose_mg_dl"),
        red_flags=_words(row, "red_flags", words.red_flags),
    )


def _answers(spec: Spec, words: Vocabulary, known: Knowledge) -> list[Answer]:
    answers = []
    for symptom in spec.data:
        row = _about(spec, symptom, words)
        answers.append(_answer(symptom, row, words, known))
        row.done()
    spec.done()
    return answers


def _about(spec: Spec, symptom: str, words: Vocabulary) -> Spec:
    if symptom not in words.symptoms:
        raise spec.unknown("symptom", symptom, words.symptoms, symptom)
    return spec.part(symptom)


def _answer(symptom: str, row: Spec, words: Vocabulary, known: Knowledge) -> Answer:
    said: dict[str, Any] = {}
    for attribute in words.symptoms[symptom].attributes:
        if attribute not in row:
            continue
        value = row.optional(attribute)
        if value is not None and value not in OPT_OUTS:
            value = row.whole(attribute, most=_HIGHEST_ANSWER)
        said[attribute] = value
    return {"symptom": symptom, "grade": grade_of(symptom, said, known), **said}


def _baselines(
    spec: Spec, words: Vocabulary, known: Knowledge
) -> Mapping[str, tuple[Record, Answer]]:
    baselines = {}
    for symptom in spec.data:
        row = _about(spec, symptom, words)
        first = Record("symptom_report", "first", _moment(row))
        baselines[symptom] = (first, _answer(symptom, row, words, known))
        row.done()
    spec.done()
    return baselines


def _treatment(number: int, row: Spec, words: Vocabulary) -> TreatmentFacts:
    code = _word(row, "code", words.treatments)
    catalogued = words.treatments[code] if code else None
    started = _whole(row, "started_days_ago") if "started_days_ago" in row else 45
    ended = _whole(row, "ended_days_ago")
    status = _word(row, "status", _STATUSES)
    return TreatmentFacts(
        id=f"treatment-{number}",
        at=NOW - timedelta(days=row.whole("days_ago", default=45)),
        code=code,
        name=catalogued.name if catalogued else row.text("name"),
        modality=(
            catalogued.modality
            if catalogued
            else row.word("modality", words.modalities, "modality")
        ),
        status=status or ("active" if ended is None else "completed"),
        line=_whole(row, "line"),
        started_on=None if started is None else _TODAY - timedelta(days=started),
        ended_on=None if ended is None else _TODAY - timedelta(days=ended),
    )


def _diagnosis(row: Spec) -> DiagnosisFacts:
    said: dict[str, Any] = {
        name: _word(row, name, (*known, "unknown")) for name, known in DIAGNOSIS_WORDS.items()
    }
    facts = DiagnosisFacts(
        id="diagnosis",
        at=NOW - timedelta(days=row.whole("days_ago", default=50)),
        metastatic_sites=_words(row, "metastatic_sites", SITES),
        stage_iv_at_diagnosis=_flag(row, "stage_iv_at_diagnosis"),
        **said,
    )
    row.done()
    return facts


def _measurement(number: int, row: Spec) -> MeasurementFacts:
    return MeasurementFacts(
        id=f"measurement-{number}",
        at=_moment(row),
        code=row.word("code", _MEASURED, "measurement"),
        value=row.number("value"),
        unit="",
    )


def _check(number: int, row: Spec) -> WellbeingFacts:
    return WellbeingFacts(
        id=f"check-{number}",
        at=_moment(row),
        distress=_whole(row, "distress", most=_HIGHEST_DISTRESS),
        mood=_whole(row, "mood"),
        topics=_words(row, "topics", TOPICS),
        contact_wanted=_words(row, "contact_wanted", WISHES),
        safe_now=_flag(row, "safe_now"),
    )


def _response(number: int, row: Spec, words: Vocabulary) -> ResponseFacts:
    code = row.word("questionnaire", words.questionnaires, "questionnaire")
    given = row.part("answers")
    for item in given.data:
        if str(item) not in words.questionnaires[code].items:
            raise given.unknown("item", item, words.questionnaires[code].items, item)
    return ResponseFacts(
        id=f"response-{number}",
        at=_moment(row),
        questionnaire=code,
        answers={str(item): _item(given, item) for item in given.data},
        status=_word(row, "status", _FINISHED) or "completed",
    )


def _item(given: Spec, item: str) -> int | bool | None:
    value = given.optional(item)
    return value if value is None or isinstance(value, bool) else given.whole(item)


def _dose(number: int, row: Spec, words: Vocabulary) -> DoseFacts:
    named = row.text("treatment")
    catalogued = words.treatments.get(named)
    return DoseFacts(
        id=f"dose-{number}",
        at=_moment(row),
        treatment_id=f"treatment {named}",
        code=named if catalogued else None,
        name=catalogued.name if catalogued else named,
        status=_word(row, "status", _DOSES) or "taken",
        reason=_word(row, "reason", DOSE_REASONS),
    )


def _study(number: int, row: Spec) -> StudyFacts:
    nct_id = f"NCT{number:08}"
    saved, put_away = row.flag("saved"), row.flag("put_away")
    return StudyFacts(f"study-{number}", _moment(row), nct_id, saved, put_away)


def _silence(row: Spec) -> SilenceFacts:
    facts = SilenceFacts(_moment(row), row.number("every_days"), row.whole("missed"))
    row.done()
    return facts


def _last_report(spec: Spec, reports: list[ReportFacts]) -> datetime | None:
    if "last_report_days_ago" in spec:
        return NOW - timedelta(days=spec.whole("last_report_days_ago"))
    return reports[0].at if reports else None


def _preferences(spec: Spec) -> Mapping[str, bool]:
    if "preferences" not in spec:
        return {}
    row = spec.part("preferences")
    said = {name: row.flag(name) for name in PREFERENCES if name in row}
    row.done()
    return said


def _word(row: Spec, key: str, known: Any) -> str | None:
    absent = key not in row or row.optional(key) is None
    return None if absent else row.word(key, known, key.replace("_", " "))


def _words(row: Spec, key: str, known: Any) -> tuple[str, ...]:
    if key not in row or row.optional(key) == []:
        return ()
    return row.words(key, known, key.replace("_", " ").removesuffix("s"))


def _whole(row: Spec, key: str, *, most: int | None = None) -> int | None:
    absent = key not in row or row.optional(key) is None
    return None if absent else row.whole(key, most=most)


def _number(row: Spec, key: str) -> float | None:
    absent = key not in row or row.optional(key) is None
    return None if absent else row.number(key)


def _flag(row: Spec, key: str) -> bool | None:
    absent = key not in row or row.optional(key) is None
    return None if absent else row.flag(key)
