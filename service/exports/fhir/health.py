"""What she is treated for and with, and what she reports."""

from collections.abc import Iterable, Mapping
from typing import Any

from service.clinical import knowledge
from service.exports.csv_rows import text
from service.exports.fhir.values import (
    Context,
    Resource,
    concept,
    is_buried,
    moment,
    notes,
    period,
    urn,
)  # fmt: skip
from service.exports.reading import Row

_DONE_BY_HAND = frozenset({"surgery", "radiation"})
_STATEMENT = {
    "planned": "intended", "active": "active", "held": "on-hold", "stopped": "stopped",
    "completed": "completed",
}  # fmt: skip
_PROCEDURE = {
    "planned": "preparation", "active": "in-progress", "held": "on-hold", "stopped": "stopped",
    "completed": "completed",
}  # fmt: skip
_DOSE = {"taken": "completed", "missed": "not-done", "held": "not-done"}
_ANSWERED = frozenset({"in-progress", "completed", "amended", "stopped"})
_IN_ERROR = "entered-in-error"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_GENDERS = frozenset({"female", "male", "other"})


def patient(row: Row, context: Context) -> Resource:
    """Her row."""
    found: Resource = {
        "resourceType": "Patient",
        "active": row["care_status"] not in ("deceased", "withdrawn"),
        "name": [{"text": row["display_name"]}],
        "communication": [{"language": {"text": row["locale"]}, "preferred": True}],
    }
    if row["birth_year"] is not None:
        found["birthDate"] = f"{row['birth_year']:04}"
    if row["sex"] in _GENDERS:
        found["gender"] = row["sex"]
    if row["phone"]:
        found["telecom"] = [{"system": "phone", "value": row["phone"]}]
    if row["died_on"] is not None:
        found["deceasedDateTime"] = text(row["died_on"])
    return found


def condition(row: Row, context: Context) -> Resource:
    """What was known of the disease from one moment on."""
    found: Resource = {
        "resourceType": "Condition",
        "code": {"text": "Breast cancer, as entered in Waymark"},
        "subject": context.her,
        "recordedDate": moment(row["received_at"]),
        "bodySite": [concept("metastatic-site", site) for site in _words(row["metastatic_sites"])],
    }
    if row["diagnosed_on"] is not None:
        found["onsetDateTime"] = text(row["diagnosed_on"])
    if is_buried(row):
        found["verificationStatus"] = _verification(_IN_ERROR)
    elif row["confirmed_at"] is not None:
        found["verificationStatus"] = _verification("confirmed")
    return {name: value for name, value in found.items() if value != []}


def treatment(row: Row, context: Context) -> Resource:
    """A drug, an operation or a course of radiation."""
    by_hand = row["modality"] in _DONE_BY_HAND
    words = _PROCEDURE if by_hand else _STATEMENT
    status = _IN_ERROR if is_buried(row) else words.get(row["status"], "unknown")
    what = _medicine(row)
    lasts = period(row["started_on"], row["ended_on"])
    found: Resource = {"status": status, "subject": context.her, "note": notes(row["notes"])}
    if by_hand:
        found |= {"resourceType": "Procedure", "code": what, "performedPeriod": lasts}
        found["bodySite"] = [{"text": row["body_site"]}] if row["body_site"] else []
    else:
        found |= {
            "resourceType": "MedicationStatement", "medicationCodeableConcept": what,
            "effectivePeriod": lasts,
            "dosage": [{"text": row["dose"]}] if row["dose"] else [],
        }  # fmt: skip
    return {name: value for name, value in found.items() if value != []}


def dose(row: Row, context: Context) -> Resource:
    """One dose; what became of one that is only expected is not known."""
    status = _IN_ERROR if is_buried(row) else _DOSE.get(row["status"], "unknown")
    found: Resource = {
        "resourceType": "MedicationAdministration",
        "status": status,
        "subject": context.her,
        "medicationCodeableConcept": {"text": context.treatments.get(row["treatment_id"], "?")},
        "supportingInformation": [{"reference": urn(row["treatment_id"])}],
        "effectiveDateTime": moment(row["taken_at"] or row["due_at"]),
    }
    if row["reason"]:
        found["statusReason"] = [concept("dose-reason", row["reason"])]
    return found


def symptom_report(row: Row, context: Context) -> Resource:
    """What she said about her symptoms at one time."""
    answers = [
        _item(f"{one.get('symptom')}.{name}", value)
        for one in _objects(row["answers"])
        for name, value in one.items()
        if name != "symptom" and value is not None
    ]
    flags = [_item(f"red-flag.{flag}", True) for flag in _words(row["red_flags"])]
    rest = [
        _item(name, row[name])
        for name in ("temperature_c", "stools_over_baseline", "glucose_mg_dl", "note")
        if row[name] not in (None, "")
    ]
    return _response(row, context, "symptom-diary", [*answers, *flags, *rest], row["reported_at"])


def questionnaire_response(row: Row, context: Context) -> Resource:
    """Her answers to a questionnaire."""
    answers = row["answers"] if isinstance(row["answers"], Mapping) else {}
    items = [_item(name, value) for name, value in answers.items() if value is not None]
    found = _response(row, context, row["questionnaire"], items, row["answered_at"])
    if found["status"] != _IN_ERROR and row["status"] in _ANSWERED:
        found["status"] = row["status"]
    return found


def measurement(row: Row, context: Context) -> Resource:
    """What she measured."""
    return {
        **_observation(row, context, row["code"], row["measured_at"]),
        "valueQuantity": {"value": row["value"], "unit": row["unit"]},
    }


def wellbeing_check(row: Row, context: Context) -> Resource:
    """How she was, on two scales."""
    scales = [
        {"code": concept("wellbeing", name), "valueInteger": row[name]}
        for name in ("distress", "mood")
        if row[name] is not None
    ]
    found = _observation(row, context, "wellbeing-check", row["checked_at"])
    found |= {"component": scales, "note": notes(row["note"])}
    return {name: value for name, value in found.items() if value != []}


def _observation(row: Row, context: Context, code: str, at: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "status": _IN_ERROR if is_buried(row) else "final",
        "code": concept("observation", code),
        "subject": context.her,
        "effectiveDateTime": moment(at),
    }


def _response(row: Row, context: Context, of: str, items: list[Resource], at: Any) -> Resource:
    found: Resource = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"urn:waymark:questionnaire:{of}",
        "status": _IN_ERROR if is_buried(row) else "completed",
        "subject": context.her,
        "authored": moment(at),
    }
    return found | ({"item": items} if items else {})


def _item(link: str, value: Any) -> Resource:
    kind = "valueString"
    if isinstance(value, bool):
        kind = "valueBoolean"
    elif isinstance(value, int):
        kind = "valueInteger"
    elif isinstance(value, float):
        kind = "valueDecimal"
    answer = value if kind != "valueString" else text(value) or "-"
    return {"linkId": link, "answer": [{kind: answer}]}


def _medicine(row: Row) -> Resource:
    what = concept("treatment", row["code"], row["name"])
    known = knowledge().treatments.get(row["code"])
    if known is not None and known.rxnorm and known.statuses.get("rxnorm") == "verified":
        what["coding"].append({"system": _RXNORM, "code": known.rxnorm})
    return what


def _verification(code: str) -> Resource:
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    return {"coding": [{"system": system, "code": code}]}


def _objects(value: Any) -> Iterable[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _words(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
