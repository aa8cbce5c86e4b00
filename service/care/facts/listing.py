"""The picture written out: every fact with its value and the records it came from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from service.care.facts.doses import missed_in_a_row
from service.care.facts.measures import MEASURES
from service.care.records import Record

if TYPE_CHECKING:
    from service.care.picture import Picture

_DIAGNOSIS = (
    "recurrence",
    "stage_iv_at_diagnosis",
    "metastatic",
    "metastatic_sites",
    "er",
    "pr",
    "her2",
    "mutations",
    "menopausal_status",
    "initial_surgery",
    "diagnosed_on",
    "recurred_on",
)

# Of a treatment's answered doses, how many are written out.
_DOSES_LISTED = 7
_STUDIES_LISTED = 7


def listed(picture: "Picture") -> list[dict[str, Any]]:
    """Return every known fact as ``{"fact", "value", "records"}``; what is unknown is absent.

    Days and moments are ISO 8601 text.
    """
    parts = (_person, _diagnosis, _treatments, _doses, _symptoms, _signs, _wellbeing)
    return [
        {"fact": fact, "value": value, "records": [record.as_json() for record in records]}
        for part in parts
        for fact, value, records in part(picture)
    ]


_Facts = Iterator[tuple[str, Any, list[Record]]]


def _person(picture: "Picture") -> _Facts:
    records = picture.records
    her = [records.patient]
    yield "days_since_joining", days_since_joining(picture), her
    yield "care_status", records.care_status, her
    yield "information_preferences", dict(records.information_preferences), her
    for name in ("birth_year", "sex", "ecog"):
        value = getattr(records, name)
        if value is not None:
            yield name, value, her
    if picture.saved_studies:
        saved = picture.saved_studies
        yield "studies_saved", len(saved), [one.record for one in saved[:_STUDIES_LISTED]]
    last = [picture.reports[0].record] if picture.reports else her
    yield "days_since_last_report", (picture.as_of - picture.silent_since).days, last


def days_since_joining(picture: "Picture") -> int:
    """Return the days since she joined, counted in her own days."""
    return (picture.records.today - picture.day_of(picture.records.joined_at)).days


def _diagnosis(picture: "Picture") -> _Facts:
    diagnosis = picture.diagnosis
    if diagnosis is None:
        return
    for name in _DIAGNOSIS:
        value = getattr(diagnosis, name)
        if value in (None, "unknown"):
            continue
        if name in ("metastatic_sites", "mutations"):
            value = list(value)
        if name in ("diagnosed_on", "recurred_on"):
            value = value.isoformat()
        yield f"diagnosis.{name}", value, [diagnosis.record]


def _treatments(picture: "Picture") -> _Facts:
    for course in picture.treatments:
        treatment = course.facts
        value = {
            "name": treatment.name,
            "modality": treatment.modality,
            "class": course.drug_class,
            "effects": sorted(course.effects),
            "state": course.state,
            "line": treatment.line,
            "days_since_start": course.days_since_start,
            "days_since_end": course.days_since_end,
        }
        yield f"treatment.{treatment.code or treatment.name}", value, [treatment.record]


def _doses(picture: "Picture") -> _Facts:
    for doses in picture.doses.values():
        newest = doses[:_DOSES_LISTED]
        value = {
            "name": newest[0].name,
            "last": [dose.status for dose in newest],
            "missed_in_a_row": len(missed_in_a_row(doses)),
            "reasons": sorted({dose.reason for dose in newest if dose.reason is not None}),
        }
        fact = f"dose.{newest[0].code or newest[0].name}"
        yield fact, value, [dose.record for dose in newest]


def _symptoms(picture: "Picture") -> _Facts:
    for symptom, (given, *_) in sorted(picture.answers.items()):
        now = picture.levels(given)
        value: dict[str, Any] = {"last": now, "grade": given.answer.get("grade"), "previous": {}}
        records = [given.report.record]
        for attribute in now:
            before = picture.earlier(symptom, attribute, given.report)
            if before is not None:
                value["previous"][attribute] = before.value
                if before.record not in records:
                    records.append(before.record)
        yield f"symptom.{symptom}", value, records


def _signs(picture: "Picture") -> _Facts:
    for code, reports in sorted(picture.red_flags.items()):
        if picture.as_of - reports[0].at <= picture.windows.red_flags:
            yield f"red_flag.{code}", True, [reports[0].record]
    for name, series in sorted(picture.measures.items()):
        value = {"value": series[0].value, "unit": MEASURES[name].unit}
        yield f"measure.{name}", value, [series[0].source.record]


def _wellbeing(picture: "Picture") -> _Facts:
    if picture.distress:
        check, distress = picture.distress[0]
        yield "distress", distress, [check.record]
    if picture.checks:
        check = picture.checks[0]
        for name in ("mood", "topics", "contact_wanted", "safe_now"):
            value = getattr(check, name)
            if name in ("topics", "contact_wanted"):
                value = list(value)
            if value is not None:
                yield name, value, [check.record]
    for code, responses in sorted(picture.responses.items()):
        newest = responses[0]
        value = {"answers": dict(newest.answers), "total": newest.total, "status": newest.status}
        yield f"questionnaire.{code}", value, [newest.record]
