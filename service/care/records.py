"""What a picture is made of: plain copies of what is stored, without the database.

Somebody with a session fills :class:`Records`; everything after that is pure.  Every ``at`` is an
aware moment in UTC, every sequence runs newest first, and what was deleted, or corrected by a later
report, is left out.  Named tuples, because a picture is made of a few dozen of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

Answer = Mapping[str, Any]
"""One symptom of a report as on the wire: ``symptom``, its attributes, and its ``grade``.

An attribute is an integer, ``None`` when skipped, or the word of an opt-out.
"""


class Record(NamedTuple):
    """Something on file that a fact rests on."""

    type: str
    id: UUID | str
    at: datetime
    by_family: bool = False

    def as_json(self) -> dict[str, str]:
        """Return ``{"type", "id", "at"}``, the moment in RFC 3339 with ``Z``.

        What family has reported says so: ``reported_by``.
        """
        moment = self.at.isoformat().replace("+00:00", "Z")
        known = {"type": self.type, "id": str(self.id), "at": moment}
        return {**known, "reported_by": "caregiver"} if self.by_family else known


class DiagnosisFacts(NamedTuple):
    """Where she stands, as last recorded; ``None`` and ``"unknown"`` both mean not known."""

    id: UUID | str
    at: datetime
    recurrence: str | None = None
    stage_iv_at_diagnosis: bool | None = None
    metastatic_sites: Sequence[str] = ()
    er: str | None = None
    pr: str | None = None
    her2: str | None = None
    mutations: Sequence[str] = ()
    menopausal_status: str | None = None
    initial_surgery: str | None = None
    diagnosed_on: date | None = None
    recurred_on: date | None = None

    @property
    def record(self) -> Record:
        """The record these facts come from."""
        return Record("diagnosis", self.id, self.at)

    @property
    def metastatic(self) -> bool:
        """Whether there are sites, a distant recurrence, or stage IV at diagnosis."""
        return bool(
            self.metastatic_sites or self.recurrence == "distant" or self.stage_iv_at_diagnosis
        )


class TreatmentFacts(NamedTuple):
    """One treatment; ``at`` is when it was recorded or last changed."""

    id: UUID | str
    at: datetime
    code: str | None
    name: str
    modality: str
    status: str
    body_site: str | None = None
    line: int | None = None
    started_on: date | None = None
    ended_on: date | None = None

    @property
    def record(self) -> Record:
        """The record these facts come from."""
        return Record("treatment", self.id, self.at)


class ReportFacts(NamedTuple):
    """One symptom report; a sign she did not mention is ``None``, a flag not ticked is absent."""

    id: UUID | str
    at: datetime
    answers: Sequence[Answer] = ()
    temperature_c: float | None = None
    stools_over_baseline: int | None = None
    glucose_mg_dl: float | None = None
    red_flags: Sequence[str] = ()
    body_sites: Sequence[str] = ()
    # Somebody of her family says so: compared with what family said before, never with her words.
    by_family: bool = False

    @property
    def record(self) -> Record:
        """The record these facts come from."""
        return Record("symptom_report", self.id, self.at, self.by_family)


class MeasurementFacts(NamedTuple):
    """One measurement; ``value`` is in the unit that ``MEASURES`` of ``facts.measures`` names."""

    id: UUID | str
    at: datetime
    code: str
    value: float
    unit: str

    @property
    def record(self) -> Record:
        """The record these facts come from."""
        return Record("measurement", self.id, self.at)


class WellbeingFacts(NamedTuple):
    """One wellbeing check; ``distress`` 0 to 10, ``mood`` 1 to 5, ``None`` when left out."""

    id: UUID | str
    at: datetime
    distress: int | None = None
    mood: int | None = None
    topics: Sequence[str] = ()
    contact_wanted: Sequence[str] = ()
    safe_now: bool | None = None

    @property
    def record(self) -> Record:
        """The record these facts come from."""
        return Record("wellbeing_check", self.id, self.at)


class ResponseFacts(NamedTuple):
    """One questionnaire, finished or not; a skipped item is ``None`` or absent."""

    id: UUID | str
    at: datetime
    questionnaire: str
    answers: Mapping[str, int | bool | None]
    status: str
    total: int | None = None

    @property
    def record(self) -> Record:
        """The record these facts come from."""
        return Record("questionnaire_response", self.id, self.at)


class DoseFacts(NamedTuple):
    """What she, or somebody for her, said became of one dose; ``at`` is when it was due.

    ``status`` is taken, missed or held, ``reason`` why it was not taken, ``None`` if nobody said.
    ``name`` is what people call the treatment.
    """

    id: UUID | str
    at: datetime
    treatment_id: UUID | str
    code: str | None
    name: str
    status: str
    reason: str | None = None

    @property
    def record(self) -> Record:
        """The record these facts come from."""
        return Record("dose", self.id, self.at)


class StudyFacts(NamedTuple):
    """What she did with one study; ``at`` is when.  One she only asked about is neither."""

    id: UUID | str
    at: datetime
    nct_id: str
    is_saved: bool
    is_put_away: bool

    @property
    def record(self) -> Record:
        """The record these facts come from."""
        return Record("study", self.id, self.at)


class OfferedFacts(NamedTuple):
    """Which studies there are for her: the newest reading of her clinic's, and where she lives.

    ``home`` is ``(lat, lon)`` in degrees, ``None`` if not known.
    """

    release: UUID | str
    at: datetime
    home: tuple[float, float] | None


class SilenceFacts(NamedTuple):
    """How long we have not heard of her, by her own rhythm.

    ``since`` is when we last did, ``every_days`` how often she usually reports, ``missed`` how
    many check-ins that makes.
    """

    since: datetime
    every_days: float
    missed: int


AnyFacts = (
    ReportFacts
    | MeasurementFacts
    | WellbeingFacts
    | ResponseFacts
    | TreatmentFacts
    | DiagnosisFacts
    | DoseFacts
    | StudyFacts
)
"""What one record of hers says, whatever kind it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Everything a picture of one patient is made of.

    ``today`` is her own day at the moment the picture is taken, ``time_zone`` the IANA name it was
    reckoned in.  ``symptom_reports`` reaches back at least as far as the longest window of a rule
    (30 days in the shipped ones); ``doses`` are the answered ones of 60 days.  ``baselines`` holds,
    for a symptom, the first answer ever given and where, so that a comparison across a longer gap
    is possible.  ``last_report_at`` is the newest report of all time, also one older than that
    window.  ``silence`` is known only to those who have asked for it: it costs a look of its own.
    """

    patient_id: UUID | str
    joined_at: datetime
    today: date
    time_zone: str
    care_status: str = "active"
    information_preferences: Mapping[str, bool] = field(default_factory=dict)
    birth_year: int | None = None
    sex: str | None = None
    ecog: int | None = None
    diagnosis: DiagnosisFacts | None = None
    treatments: Sequence[TreatmentFacts] = ()
    symptom_reports: Sequence[ReportFacts] = ()
    baselines: Mapping[str, tuple[Record, Answer]] = field(default_factory=dict)
    measurements: Sequence[MeasurementFacts] = ()
    wellbeing_checks: Sequence[WellbeingFacts] = ()
    questionnaire_responses: Sequence[ResponseFacts] = ()
    doses: Sequence[DoseFacts] = ()
    studies: Sequence[StudyFacts] = ()
    studies_offered: OfferedFacts | None = None
    last_report_at: datetime | None = None
    known_reasons_for_silence: bool = False
    silence: SilenceFacts | None = None

    @property
    def patient(self) -> Record:
        """The record of the patient herself, dated by the day she joined."""
        return Record("patient", self.patient_id, self.joined_at)
