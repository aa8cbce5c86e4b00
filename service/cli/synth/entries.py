"""What is entered: read by the schema a phone's is, and stored as its action stores it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.care.lab.history import FOREVER, Stored
from service.care.records import DiagnosisFacts, ReportFacts, ResponseFacts, WellbeingFacts
from service.cli.synth.book import Book
from service.clinical import knowledge
from service.ids import derived_id
from service.journey.actions import FIELDS
from service.journey.models import Diagnosis, Event
from service.journey.schemas import DiagnosisIn, EventIn
from service.records import Change, effective_moment, hash_of, values_of
from service.symptoms.actions import row_of
from service.symptoms.models import SymptomReport
from service.symptoms.rules import CAREGIVER
from service.symptoms.schemas import SymptomReportIn
from service.wellbeing.actions import scored
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck
from service.wellbeing.schemas import QuestionnaireResponseIn, WellbeingCheckIn

_REPORT, _CHECK, _RESPONSE = SymptomReportIn(), WellbeingCheckIn(), QuestionnaireResponseIn()
_DIAGNOSIS, _EVENT = DiagnosisIn(), EventIn()


class Entries:
    """What one patient, or somebody for her, enters of how she is."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._diagnosis: bytes | None = None

    def report(self, body: Mapping[str, Any], change: Change) -> tuple[dict[str, Any], Stored]:
        """Enter a symptom report, with its grades."""
        report = _load(_REPORT, body)
        content, derived = row_of(report, now=change.now, knowledge=knowledge())
        row = values_of(change=change, id=report["id"], content=content, derived=derived)
        self._book.put(SymptomReport, row)
        facts = ReportFacts(
            id=row["id"], at=row["at"], answers=row["answers"],
            temperature_c=row["temperature_c"],
            stools_over_baseline=row["stools_over_baseline"],
            glucose_mg_dl=row["glucose_mg_dl"], red_flags=row["red_flags"],
            by_family=row["reported_by"] == CAREGIVER,
        )  # fmt: skip
        return row, _stored("report", "symptom_report", row, facts)

    def check(self, body: Mapping[str, Any], change: Change) -> tuple[dict[str, Any], Stored]:
        """Enter a wellbeing check."""
        check = _load(_CHECK, body)
        content = {name: value for name, value in check.items() if name != "id"}
        derived = {"at": effective_moment(check["checked_at"], now=change.now)}
        row = values_of(change=change, id=check["id"], content=content, derived=derived)
        self._book.put(WellbeingCheck, row)
        facts = WellbeingFacts(
            id=row["id"], at=row["at"], distress=row["distress"], mood=row["mood"],
            topics=row["topics"], contact_wanted=row["contact_wanted"], safe_now=row["safe_now"],
        )  # fmt: skip
        return row, _stored("check", "wellbeing_check", row, facts)

    def response(self, body: Mapping[str, Any], change: Change) -> tuple[dict[str, Any], Stored]:
        """Enter answers to a questionnaire, with what they come to."""
        response = _load(_RESPONSE, body)
        instrument = knowledge().instruments[response["questionnaire"]]
        content = {name: value for name, value in response.items() if name != "id"}
        derived = {
            **scored(instrument, response["answers"], response["status"]),
            "at": effective_moment(response["answered_at"], now=change.now),
        }  # fmt: skip
        row = values_of(change=change, id=response["id"], content=content, derived=derived)
        self._book.put(QuestionnaireResponse, row)
        facts = ResponseFacts(
            id=row["id"], at=row["at"], questionnaire=row["questionnaire"],
            answers=row["answers"], status=row["status"], total=row["total"],
        )  # fmt: skip
        return row, _stored("response", "questionnaire_response", row, facts)

    def diagnosis(
        self, body: Mapping[str, Any], change: Change, *, confirmed_by: str | None
    ) -> Stored | None:
        """Say what is known of the disease from now on; ``None`` if that was known before."""
        diagnosis = _load(_DIAGNOSIS, body)
        content = {name: diagnosis[name] for name in FIELDS} | {"confirmed_by": confirmed_by}
        digest = hash_of(content)
        if digest == self._diagnosis:
            return None
        self._diagnosis = digest
        derived = {"confirmed_at": change.now if confirmed_by else None}
        id = derived_id(change.patient_id, "diagnosis", change.change_no)
        row = values_of(change=change, id=id, content=content, derived=derived)
        self._book.put(Diagnosis, row)
        facts = DiagnosisFacts(
            id=id, at=change.now, recurrence=row["recurrence"],
            stage_iv_at_diagnosis=row["stage_iv_at_diagnosis"],
            metastatic_sites=row["metastatic_sites"], er=row["er"], pr=row["pr"],
            her2=row["her2"], mutations=row["mutations"],
            menopausal_status=row["menopausal_status"], initial_surgery=row["initial_surgery"],
            diagnosed_on=row["diagnosed_on"], recurred_on=row["recurred_on"],
        )  # fmt: skip
        return _stored("diagnosis", "diagnosis", {**row, "at": change.now}, facts)

    def event(self, body: Mapping[str, Any], change: Change) -> None:
        """Enter an event."""
        event = _load(_EVENT, body)
        content = {name: value for name, value in event.items() if name != "id"}
        self._book.put(
            Event, values_of(change=change, id=event["id"], content=content, derived=None)
        )


def _load(schema: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = schema.load(body)
    return loaded


def _stored(kind: str, type: str, row: Mapping[str, Any], facts: Any) -> Stored:
    number, at = row["created_change_no"], row["at"]
    came_at: datetime = row["received_at"]
    return Stored(kind, type, number, FOREVER, at, came_at, (at, number), facts)
