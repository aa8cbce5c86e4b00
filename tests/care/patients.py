"""A patient in a few words: what cases of rules say about her, made into a picture.

Everything is dated from one moment, 10 March 2026, nine in the morning in Los Angeles.  Records
are called ``report-0``, ``treatment-1`` and so on, by their order in the case, which is newest
first.  Grades are worked out from the published table, as the service does it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from service.care.picture import Picture
from service.care.records import (
    DiagnosisFacts,
    DoseFacts,
    MeasurementFacts,
    Record,
    Records,
    ReportFacts,
    ResponseFacts,
    TreatmentFacts,
    WellbeingFacts,
)
from service.care.rules import vocabulary
from service.clinical import knowledge

NOW = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)
TODAY = NOW.date()
ZONE = "America/Los_Angeles"


def picture_of(given: Mapping[str, Any], *, as_of: datetime = NOW) -> Picture:
    """Take the picture of a patient described in the words of a case."""
    return Picture.of(records_of(given), as_of=as_of, knowledge=vocabulary())


def records_of(given: Mapping[str, Any]) -> Records:
    """Make records of the words of a case; what it leaves out is not on file."""
    reports = [_report(number, row) for number, row in enumerate(given.get("reports", ()))]
    diagnosis = given.get("diagnosis")
    return Records(
        patient_id="patient",
        joined_at=NOW - timedelta(days=given.get("joined_days_ago", 60)),
        today=TODAY,
        time_zone=ZONE,
        care_status=given.get("care_status", "active"),
        information_preferences=given.get("preferences", {}),
        birth_year=given.get("birth_year"),
        diagnosis=None if diagnosis is None else _diagnosis(diagnosis),
        treatments=[_treatment(*pair) for pair in enumerate(given.get("treatments", ()))],
        symptom_reports=reports,
        baselines={
            symptom: (Record("symptom_report", "first", _moment(row)), _answer(symptom, row))
            for symptom, row in given.get("baselines", {}).items()
        },
        measurements=[_measurement(*pair) for pair in enumerate(given.get("measurements", ()))],
        wellbeing_checks=[_check(*pair) for pair in enumerate(given.get("checks", ()))],
        questionnaire_responses=[
            _response(*pair) for pair in enumerate(given.get("responses", ()))
        ],
        doses=[_dose(*pair) for pair in enumerate(given.get("doses", ()))],
        last_report_at=(
            NOW - timedelta(days=given["last_report_days_ago"])
            if "last_report_days_ago" in given
            else (reports[0].at if reports else None)
        ),
        known_reasons_for_silence=given.get("known_reasons_for_silence", False),
    )


def graded(symptom: str, answer: Mapping[str, Any]) -> int | None:
    """Grade an answer by the published table; ``None`` where an answer it needs is missing."""
    table = knowledge().grading
    profile = table.profile_of.get(symptom)
    if profile is None:
        return None
    levels = [answer.get(attribute) for attribute in profile.split("+")]
    if levels[0] == 0:
        return 0
    if not all(isinstance(level, int) for level in levels):
        return None
    return table.grades[profile]["-".join(str(level) for level in levels)]


def _moment(row: Mapping[str, Any]) -> datetime:
    return NOW - timedelta(days=row.get("days_ago", 0), hours=row.get("hours_ago", 0))


def _answer(symptom: str, row: Mapping[str, Any]) -> dict[str, Any]:
    answer = {name: value for name, value in row.items() if not name.endswith("_ago")}
    return {"symptom": symptom, "grade": graded(symptom, answer), **answer}


def _report(number: int, row: Mapping[str, Any]) -> ReportFacts:
    return ReportFacts(
        id=f"report-{number}",
        at=_moment(row),
        answers=[_answer(*pair) for pair in row.get("answers", {}).items()],
        temperature_c=row.get("temperature_c"),
        stools_over_baseline=row.get("stools_over_baseline"),
        glucose_mg_dl=row.get("glucose_mg_dl"),
        red_flags=row.get("red_flags", ()),
    )


def _diagnosis(row: Mapping[str, Any]) -> DiagnosisFacts:
    said = {name: value for name, value in row.items() if not name.endswith("_ago")}
    return DiagnosisFacts(id="diagnosis", at=_moment({"days_ago": row.get("days_ago", 50)}), **said)


def _treatment(number: int, row: Mapping[str, Any]) -> TreatmentFacts:
    code = row.get("code")
    known = knowledge().treatments[code] if code else None
    started, ended = row.get("started_days_ago", 45), row.get("ended_days_ago")
    return TreatmentFacts(
        id=f"treatment-{number}",
        at=NOW - timedelta(days=row.get("days_ago", 45)),
        code=code,
        name=known.name if known else row["name"],
        modality=known.modality if known else row["modality"],
        status=row.get("status", "active" if ended is None else "completed"),
        line=row.get("line"),
        started_on=None if started is None else TODAY - timedelta(days=started),
        ended_on=None if ended is None else TODAY - timedelta(days=ended),
    )


def _measurement(number: int, row: Mapping[str, Any]) -> MeasurementFacts:
    return MeasurementFacts(
        id=f"measurement-{number}",
        at=_moment(row),
        code=row["code"],
        value=row["value"],
        unit=row.get("unit", ""),
    )


def _check(number: int, row: Mapping[str, Any]) -> WellbeingFacts:
    said = {name: value for name, value in row.items() if not name.endswith("_ago")}
    return WellbeingFacts(id=f"check-{number}", at=_moment(row), **said)


def _response(number: int, row: Mapping[str, Any]) -> ResponseFacts:
    return ResponseFacts(
        id=f"response-{number}",
        at=_moment(row),
        questionnaire=row["questionnaire"],
        answers=row["answers"],
        status=row.get("status", "completed"),
    )


def _dose(number: int, row: Mapping[str, Any]) -> DoseFacts:
    known = knowledge().treatments.get(row["treatment"])
    return DoseFacts(
        id=f"dose-{number}",
        at=_moment(row),
        treatment_id=f"treatment {row['treatment']}",
        code=known and row["treatment"],
        name=known.name if known else row["treatment"],
        status=row.get("status", "taken"),
        reason=row.get("reason"),
    )


def report_of(**answers: Sequence[int]) -> dict[str, Any]:
    """Describe a report by levels in the order they are asked: ``report_of(nausea=(3, 3))``."""
    words = vocabulary().symptoms
    return {
        "answers": {
            symptom: dict(zip(words[symptom].attributes, levels, strict=True))
            for symptom, levels in answers.items()
        }
    }
