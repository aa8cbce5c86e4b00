"""Her picture: everything a rule may know about one patient at one moment.

    picture = Picture.of(records, as_of=now, knowledge=vocabulary)

A picture is made in microseconds and works a fact out when a rule first asks for it.  It reads
neither the clock nor the database: the same records and moment always give the same picture.

    picture.answers            {symptom: [Given(report, answer), …]}, newest first
    picture.latest(…)          the newest completed answer of one attribute
    picture.earlier(…)         the answer it is compared with
    picture.measures           {measure: [Measured(at, value, source), …]}, newest first
    picture.red_flags          {code: [report, …]}, newest first
    picture.courses            {selector: [Course, …]}, for example "effect:ild", "code:letrozole"
    picture.levels_now         {(symptom, attribute): Level}, what counts today; likewise
                               measures_now, flags_now and treated_now
    picture.distress           [(check, 0 to 10), …], newest first, unanswered ones left out
    picture.responses          {questionnaire: [response, …]}, newest first
    picture.doses              {treatment id: [dose, …]}, those answered, newest first
    picture.facts_of(ids)      names of the facts that some records bear, for ``RuleSet.evaluate``
    picture.as_facts()         the whole picture for ``GET /patients/{pid}/picture``
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Self, TypeVar
from uuid import UUID

from service.care.facts import answers as answer_facts
from service.care.facts import listing
from service.care.facts.answers import Earlier, Given, Level
from service.care.facts.courses import Course, by_selector, course_of, local_day
from service.care.facts.measures import Measured, measured, measured_in
from service.care.facts.once import once
from service.care.facts.vocabulary import Vocabulary
from service.care.records import (
    AnyFacts,
    DiagnosisFacts,
    DoseFacts,
    MeasurementFacts,
    Records,
    ReportFacts,
    ResponseFacts,
    StudyFacts,
    TreatmentFacts,
    WellbeingFacts,
)

Facts = TypeVar("Facts", bound=AnyFacts)


class Picture:
    """The facts about one patient at one moment, each with the records it came from.

    Only records at or before ``as_of`` count.  ``today`` is her own day.
    """

    def __init__(self, records: Records, as_of: datetime, vocabulary: Vocabulary) -> None:
        self.records = records
        self.as_of = as_of
        self.vocabulary = vocabulary
        self.windows = vocabulary.windows
        self.reports = _until(as_of, records.symptom_reports)
        self._earlier: dict[tuple[str, str, int], Earlier | None] = {}

    @classmethod
    def of(cls, records: Records, *, as_of: datetime, knowledge: Vocabulary) -> Self:
        """Take the picture of a patient as of a moment.

        Args:
            records: what is on file, newest first.
            as_of: aware, in UTC; later records do not count.
            knowledge: the words and windows in force (``service.care.rules.vocabulary``).
        """
        return cls(records, as_of, knowledge)

    @once
    def answers(self) -> dict[str, list[Given]]:
        """What she answered, by symptom, newest first."""
        return answer_facts.answers_by_symptom(self.reports)

    @once
    def newest_report(self) -> ReportFacts | None:
        """Her newest report, if it is recent enough for its answers to count."""
        if not self.reports:
            return None
        report = self.reports[0]
        return report if self.as_of - report.at <= self.windows.symptom_answers else None

    @once
    def red_flags(self) -> dict[str, list[ReportFacts]]:
        """The reports that bear each red flag, newest first."""
        flags: dict[str, list[ReportFacts]] = {}
        for report in self.reports:
            for code in report.red_flags:
                flags.setdefault(code, []).append(report)
        return flags

    @once
    def measures(self) -> dict[str, list[Measured]]:
        """What was measured, by measure, newest first."""
        return measured([*self.reports, *_until(self.as_of, self.records.measurements)])

    @once
    def levels_now(self) -> dict[tuple[str, str], Level]:
        """The newest completed answers that still count, by symptom and attribute or grade."""
        return self.levels_within(self.windows.symptom_answers)

    @once
    def measures_now(self) -> dict[str, list[Measured]]:
        """What was measured recently enough to count, by measure, newest first."""
        since = self.as_of - self.windows.measures
        return {
            name: [one for one in series if one.at >= since]
            for name, series in self.measures.items()
        }

    @once
    def flags_now(self) -> frozenset[str]:
        """The red flags ticked recently enough to count."""
        since = self.as_of - self.windows.red_flags
        return frozenset(
            code for report in self.reports if report.at >= since for code in report.red_flags
        )

    @once
    def treated_now(self) -> frozenset[str]:
        """What she counts as treated with, by selector, each within its own days of the end."""
        return frozenset(
            selector
            for course in self.treatments
            for selector in course.counting(self.windows.days_after)
        )

    @once
    def treatments(self) -> tuple[Course, ...]:
        """Every treatment on file, as it stands today."""
        records = self.records
        return tuple(
            course_of(treatment, self.vocabulary, records.today, records.time_zone)
            for treatment in _until(self.as_of, records.treatments)
        )

    @once
    def courses(self) -> dict[str, list[Course]]:
        """Treatments by what a rule may select them with."""
        return by_selector(self.treatments)

    @once
    def diagnosis(self) -> DiagnosisFacts | None:
        """Where she stands, if anybody said so by then."""
        diagnosis = self.records.diagnosis
        return diagnosis if diagnosis is not None and diagnosis.at <= self.as_of else None

    @once
    def checks(self) -> tuple[WellbeingFacts, ...]:
        """Her wellbeing checks, newest first."""
        return _until(self.as_of, self.records.wellbeing_checks)

    @once
    def distress(self) -> list[tuple[WellbeingFacts, int]]:
        """Her answers about distress, newest first; a check that left it out is not among them."""
        return [(check, check.distress) for check in self.checks if check.distress is not None]

    @once
    def responses(self) -> dict[str, list[ResponseFacts]]:
        """Her questionnaires by code, newest first, unfinished ones too."""
        responses: dict[str, list[ResponseFacts]] = {}
        for response in _until(self.as_of, self.records.questionnaire_responses):
            responses.setdefault(response.questionnaire, []).append(response)
        return responses

    @once
    def doses(self) -> dict[UUID | str, list[DoseFacts]]:
        """What became of her doses, by treatment, newest first; unanswered ones are not here."""
        doses: dict[UUID | str, list[DoseFacts]] = {}
        for dose in _until(self.as_of, self.records.doses):
            doses.setdefault(dose.treatment_id, []).append(dose)
        return doses

    @once
    def saved_studies(self) -> tuple[StudyFacts, ...]:
        """The studies she keeps, newest first."""
        return tuple(one for one in _until(self.as_of, self.records.studies) if one.is_saved)

    @property
    def silent_since(self) -> datetime:
        """When she last reported, or joined if she never did."""
        last = self.records.last_report_at
        if self.reports:
            newest = self.reports[0].at
            last = newest if last is None or last > self.as_of else max(last, newest)
        return self.records.joined_at if last is None or last > self.as_of else last

    def latest(self, symptom: str, attribute: str, since: datetime) -> Level | None:
        """Return the newest completed answer of an attribute not older than ``since``."""
        given = self.answers.get(symptom)
        if given is None:
            return None
        gate = self.vocabulary.symptoms[symptom].gate
        return answer_facts.latest(given, attribute, gate, since)

    def levels_within(self, window: timedelta) -> dict[tuple[str, str], Level]:
        """Return the newest completed answers not older than a window.

        What family reports counts beside what she says and never takes away from it: of both the
        higher holds.
        """
        since, words = self.as_of - window, self.vocabulary.symptoms
        hers, theirs = (
            answer_facts.newest_levels(
                [one for one in self.reports if one.by_family is by_family], since, words
            )
            for by_family in (False, True)
        )
        for key, level in theirs.items():
            if key not in hers or level.value > hers[key].value:
                hers[key] = level
        return hers

    def earlier(self, symptom: str, attribute: str, than: ReportFacts) -> Earlier | None:
        """Return the completed answer ``than``'s is compared with, ``None`` for a first one.

        ``than`` is one of the reports of this picture.
        """
        key = (symptom, attribute, id(than))
        if key not in self._earlier:
            self._earlier[key] = self._looked_up(symptom, attribute, than)
        return self._earlier[key]

    def _looked_up(self, symptom: str, attribute: str, than: ReportFacts) -> Earlier | None:
        given = self.answers.get(symptom, ())
        return answer_facts.earlier(
            [one for one in given if one.report.by_family == than.by_family],
            attribute,
            self.vocabulary.symptoms[symptom].gate,
            than=than,
            gap=self.windows.worsening_gap,
            baseline=self.records.baselines.get(symptom),
        )

    def levels(self, given: Given) -> dict[str, int]:
        """Return every completed attribute of one answer, without the grade."""
        words = self.vocabulary.symptoms[given.answer["symptom"]]
        levels = {}
        for attribute in words.attributes:
            value = answer_facts.level(given.answer, attribute, words.gate)
            if value is not None:
                levels[attribute] = value
        return levels

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment where she is."""
        return local_day(moment, self.records.time_zone)

    def facts_of(self, ids: Collection[UUID | str]) -> frozenset[str]:
        """Name the facts that the records with these ids bear, as rules name what they read."""
        names = {"patient"} if self.records.patient_id in ids else set()
        missing = set(ids)
        for one in self._sources():  # newest first: what is new is found at once
            if one.id in missing:
                missing.discard(one.id)
                names.update(_facts_in(one))
            if not missing:
                break
        return frozenset(names)

    def as_facts(self) -> list[dict[str, Any]]:
        """Return the picture as ``[{"fact", "value", "records"}]``, ready for JSON."""
        return listing.listed(self)

    def _sources(self) -> Iterator[AnyFacts]:
        yield from self.reports
        yield from _until(self.as_of, self.records.measurements)
        yield from self.checks
        yield from _until(self.as_of, self.records.questionnaire_responses)
        yield from _until(self.as_of, self.records.treatments)
        yield from _until(self.as_of, self.records.doses)
        if self.diagnosis is not None:
            yield self.diagnosis


def _facts_in(source: AnyFacts) -> list[str]:
    if isinstance(source, ReportFacts):
        names = [f"symptom.{answer['symptom']}" for answer in source.answers]
        names += [f"red_flag.{code}" for code in source.red_flags]
        names += [f"measure.{name}" for name, _ in measured_in(source)]
        return [*names, "symptom.*", "silence"]
    if isinstance(source, MeasurementFacts):
        return [f"measure.{name}" for name, _ in measured_in(source)]
    if isinstance(source, ResponseFacts):
        return [f"questionnaire.{source.questionnaire}"]
    if isinstance(source, WellbeingFacts):
        return ["wellbeing"]
    if isinstance(source, DoseFacts):
        return ["dose"]
    return ["treatment"] if isinstance(source, TreatmentFacts) else ["diagnosis"]


def _until(as_of: datetime, facts: Sequence[Facts]) -> tuple[Facts, ...]:
    return tuple(one for one in facts if one.at <= as_of)
