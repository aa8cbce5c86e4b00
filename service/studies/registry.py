"""A study as the registry describes it, read into what is kept of it.

Source: ClinicalTrials.gov API v2 (OpenAPI 2.0.0-draft).  Nothing is taken on trust: a study
without number or title is a fault, everything else may be missing, cut short or unknown.
"""

import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from service.clinical.studies import StudyWords
from service.studies.phrases import plain
from service.studies.reading import Reader

NCT_ID = re.compile(r"NCT\d{8}")
_AGE = re.compile(r"(\d{1,4}) (Year|Month|Week|Day|Hour|Minute)s?")
_DAYS = {"Year": 365.25, "Month": 30.4375, "Week": 7, "Day": 1, "Hour": 1 / 24, "Minute": 1 / 1440}
_TAG = re.compile(
    r"</?(?:p|br|b|i|u|em|strong|ul|ol|li|div|span|a|sub|sup|h[1-6]|table|tbody|tr|td|th|hr|img"
    r"|iframe|script|style)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MOST_TEXT, _MOST_NAMES, _MOST_SITES, _MOST_CONTACTS = 20_000, 60, 2_000, 10
_MOST_CRITERIA_TEXT = 100_000


class StudyFault(Exception):
    """A study cannot be used; ``reason`` says why, in words of ours, ``nct_id`` which it is."""

    def __init__(self, reason: str, nct_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.nct_id = nct_id


def described(data: Any, words: StudyWords, reader: Reader) -> dict[str, Any]:
    """Return the columns of a study, with ``digest``, from one object of a page.

    Raises:
        StudyFault: it is no study, or has no number or no title.
    """
    if not isinstance(data, Mapping):
        raise StudyFault("not a study")
    section = _map(data, "protocolSection")
    names = _map(section, "identificationModule")
    nct_id = names.get("nctId")
    if not isinstance(nct_id, str) or not NCT_ID.fullmatch(nct_id):
        raise StudyFault("without a number of the form NCT and eight digits")
    title = cleaned(names.get("briefTitle")) or cleaned(names.get("officialTitle"))
    if not title:
        raise StudyFault("without a title", nct_id)
    status = _map(section, "statusModule").get("overallStatus")
    if not isinstance(status, str) or not status:
        raise StudyFault("without a status", nct_id)
    values: dict[str, Any] = {"nct_id": nct_id, "title": title[:2_000], "status": status[:40]}
    values["is_shown"] = status in words.shown
    values |= _design(section, words) | _people(section, reader) | _texts(section)
    values |= _places(section)
    about = reader.about(values["title"], values["conditions"], values["keywords"])
    values["criteria"] = [*about, *values["criteria"]]
    values["organization"] = cleaned(_map(names, "organization").get("fullName"), most=300) or None
    written = orjson.dumps([reader.version, values], option=orjson.OPT_SORT_KEYS)
    values["digest"] = hashlib.sha256(written).hexdigest()
    return values


def cleaned(text: Any, *, most: int = _MOST_TEXT) -> str:
    """Return a text without HTML and without characters that only steer a machine."""
    if not isinstance(text, str):
        return ""
    # Twice: a tag may be written with &lt; and &gt;.
    said: str = _TAG.sub(" ", html.unescape(_TAG.sub(" ", text[: 2 * most])))
    said = _STEERING.sub(" ", said)
    return said.encode("utf-8", "replace").decode()[:most].strip()


def day_in(text: Any) -> date | None:
    """Return the day of ``yyyy``, ``yyyy-MM`` or ``yyyy-MM-dd``: the first it may have been."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text, re.ASCII):
        return None
    year, month, day = (int(part) for part in (*text.split("-"), "1", "1")[:3])
    try:
        return date(year, month, day)
    except ValueError:
        return None


def days_in(text: Any) -> int | None:
    """Return the days of an age as ``18 Years``; ``None`` for none, or none that can be read."""
    found = _AGE.fullmatch(text.strip()) if isinstance(text, str) else None
    return None if found is None else int(int(found[1]) * _DAYS[found[2]])


def _design(section: Mapping[str, Any], words: StudyWords) -> dict[str, Any]:
    design = _map(section, "designModule")
    kind = design.get("studyType")
    study_type = kind[:40] if isinstance(kind, str) else "UNKNOWN"
    phases = [one[:20] for one in _texts_in(design.get("phases"))][:4]
    interventions = [
        {"type": _word(one.get("type")), "name": cleaned(one.get("name"), most=300)}
        for one in _maps(_map(section, "armsInterventionsModule").get("interventions"))
    ][:_MOST_NAMES]
    names = _map(section, "conditionsModule")
    keywords = _names(names.get("keywords"))
    purpose = _map(design, "designInfo").get("primaryPurpose")
    is_supportive = _is_supportive(words, purpose, {one["type"] for one in interventions}, keywords)
    if study_type == "OBSERVATIONAL":
        tab = "observational"
    else:
        tab = "supportive" if is_supportive else "treatment"
    return {
        "study_type": study_type, "phases": phases, "tab": tab, "interventions": interventions,
        "is_phase_1": study_type != "OBSERVATIONAL" and not words.phase_1.isdisjoint(phases),
        "conditions": _names(names.get("conditions")), "keywords": keywords,
    }  # fmt: skip


def _is_supportive(
    words: StudyWords, purpose: Any, types: set[str], keywords: Sequence[str]
) -> bool:
    kinds = words.supportive
    if purpose in kinds["purposes"]:
        return True
    if not types.isdisjoint(kinds["treating_types"]):
        return False
    said = {plain(one) for one in keywords}
    return not types.isdisjoint(kinds["types"]) or not said.isdisjoint(kinds["words"])


def _people(section: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    module = _map(section, "eligibilityModule")
    sex = module.get("sex")
    lines = reader.criteria(cleaned(module.get("eligibilityCriteria"), most=_MOST_CRITERIA_TEXT))
    ages = {}
    for name, label in (("minimumAge", "Youngest age"), ("maximumAge", "Oldest age")):
        ages[name] = days_in(module.get(name))
        said = cleaned(module.get(name), most=100)
        if said and ages[name] is None and plain(said) not in ("n/a", "na", "none"):
            lines.append({"section": "unclear", "text": f"{label}: {said}", "says": []})
    return {
        "sex": sex if sex in ("FEMALE", "MALE") else "ALL", "criteria": lines,
        "minimum_age_days": ages["minimumAge"], "maximum_age_days": ages["maximumAge"],
    }  # fmt: skip


def _texts(section: Mapping[str, Any]) -> dict[str, Any]:
    updated = _map(_map(section, "statusModule"), "lastUpdatePostDateStruct").get("date")
    verified = _map(section, "statusModule").get("statusVerifiedDate")
    summary = cleaned(_map(section, "descriptionModule").get("briefSummary"))
    day = day_in(updated) or day_in(verified)
    return {"summary": summary or None, "registry_updated_on": day.isoformat() if day else None}


def _places(section: Mapping[str, Any]) -> dict[str, Any]:
    module = _map(section, "contactsLocationsModule")
    sites = [_site(one) for one in _maps(module.get("locations"))[:_MOST_SITES]]
    return {"sites": sites, "contacts": _contacts(module.get("centralContacts"))}


def _site(one: Mapping[str, Any]) -> dict[str, Any]:
    point = _map(one, "geoPoint")
    lat, lon = _degrees(point.get("lat"), 90), _degrees(point.get("lon"), 180)
    named = {
        name: cleaned(one.get(name), most=300) or None
        for name in ("facility", "city", "state", "country")
    }
    return {
        **named, "status": _word(one.get("status")) or None,
        "lat": None if lon is None else lat, "lon": None if lat is None else lon,
        "contacts": _contacts(one.get("contacts"), most=2),
    }  # fmt: skip


def _contacts(found: Any, *, most: int = _MOST_CONTACTS) -> list[dict[str, Any]]:
    return [
        {name: cleaned(one.get(name), most=200) or None for name in ("name", "phone", "email")}
        for one in _maps(found)[:most]
    ]


def _degrees(value: Any, most: int) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and -most <= value <= most else None


def _map(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _maps(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _texts_in(found: Any) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _names(found: Any) -> list[str]:
    return [name for one in _texts_in(found) if (name := cleaned(one, most=300))][:_MOST_NAMES]


def _word(found: Any) -> str:
    return found[:40] if isinstance(found, str) else ""
