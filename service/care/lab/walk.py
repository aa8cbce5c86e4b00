"""Going through a patient's history change by change, with the picture as it was at each.

What counts is kept sorted, so that a picture costs what its windows hold, however long the
history is: the same windows, and the same most of each kind, as ``care.loading`` has them.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from service.accounts.patient_ref import PatientRef
from service.care import loading
from service.care.lab.history import FOREVER, Stored, as_it_was
from service.care.picture import Picture
from service.care.records import Answer, Record, Records
from service.care.rules import vocabulary
from service.care.taking_picture import compared_with_the_first


class Moment(NamedTuple):
    """One change that rules are asked about: what came, when, and the picture then."""

    record: Record
    came_at: datetime
    new: frozenset[UUID | str]
    picture: Picture


class Walk:
    """One patient's history, gone through once."""

    def __init__(self, patient: PatientRef, stored: Sequence[Stored]) -> None:
        self._patient = patient
        self._stored = stored
        self._zone = ZoneInfo(patient.time_zone)
        self._lists: dict[str, _Sorted] = {}
        # By symptom, and whether family answered.
        self._firsts: dict[tuple[str, bool], tuple[tuple[datetime, float], Record, Answer]] = {}

    def see(self, patient: PatientRef) -> None:
        """Look at her as she is from now on: her care status may have changed."""
        self._patient = patient

    def moments(
        self, asked: frozenset[str], *, first: datetime, last: datetime
    ) -> Iterator[Moment]:
        """Give every change that brought a record of the types asked about, in order.

        Args:
            asked: types of records.
            first: what came before is history, and not asked about.
            last: the first moment after the window.
        """
        ends = sorted(
            (one for one in self._stored if one.until < FOREVER), key=lambda one: one.until
        )
        gone = 0
        for (number, _kind), group in groupby(self._stored, key=lambda one: (one.since, one.kind)):
            came = list(group)
            while gone < len(ends) and ends[gone].until <= number:
                self.take_out(ends[gone])
                gone += 1
            for one in came:
                if one.until > one.since:
                    self.put_in(one)
            if came[0].type in asked and first <= came[0].came_at < last:
                # A treatment that ends another came with it in one change; all else came alone.
                for together in [came] if came[0].kind == "treatment" else [[one] for one in came]:
                    yield self.moment(together)

    def moment(self, came: Sequence[Stored], kinds: frozenset[str] = loading.KINDS) -> Moment:
        """Return the picture at the change that brought these, which have been put in.

        ``kinds`` leaves out records that nobody will ask about; see ``care.reading``.
        """
        newest = came[-1]
        ids = frozenset[UUID | str](one.facts.id for one in came)
        records = self.records(newest.at, kinds)
        picture = Picture.of(records, as_of=newest.at, knowledge=vocabulary())
        far_back, by_family = compared_with_the_first(picture, ids)
        firsts = ((name, self._firsts.get((name, by_family))) for name in far_back)
        known = {name: first[1:] for name, first in firsts if first is not None}
        if known:
            records = loading.with_baselines(records, known)
            picture = Picture.of(records, as_of=newest.at, knowledge=vocabulary())
        record = Record(newest.type, newest.facts.id, newest.at)
        return Moment(record, newest.came_at, ids, picture)

    def records(self, as_of: datetime, kinds: frozenset[str] = loading.KINDS) -> Records:
        """Return what a picture is made of at a moment."""
        patient = self._patient

        def newest(
            kind: str, since: datetime | None, until: datetime | None, most: int | None
        ) -> list[Stored]:
            kept = self._lists.get(kind) if kind in kinds else None
            return kept.newest(since, until, most) if kept else []

        today = patient.local_date(as_of)
        since = as_of - loading.REPORT_WINDOW
        reports = newest("report", since, as_of, loading.MOST_REPORTS)
        diagnoses = newest("diagnosis", None, None, 1)
        return Records(
            patient_id=patient.id,
            joined_at=patient.joined_at,
            today=today,
            time_zone=patient.time_zone,
            # Her care had not ended when it came, whatever has become of her since.
            care_status="active" if patient.care_status.has_ended else patient.care_status.value,
            information_preferences=patient.information_preferences,
            birth_year=patient.birth_year,
            sex=patient.sex,
            ecog=patient.ecog,
            diagnosis=_until(as_of, diagnoses[0].facts) if diagnoses else None,
            treatments=[
                self._treatment(one, as_of)
                for one in newest("treatment", None, None, loading.MOST_TREATMENTS)
            ],
            symptom_reports=[one.facts for one in reports],
            measurements=_facts(newest("measurement", since, as_of, loading.MOST_MEASUREMENTS)),
            wellbeing_checks=_facts(newest("check", None, as_of, loading.MOST_CHECKS)),
            questionnaire_responses=_facts(newest("response", None, as_of, loading.MOST_RESPONSES)),
            doses=self._doses(as_of) if "dose" in kinds else [],
            studies=[
                _until(as_of, one.facts)
                for one in newest("study", None, as_of, loading.MOST_STUDIES)
            ],
            last_report_at=reports[0].facts.at if reports else None,
        )

    def _treatment(self, one: Stored, as_of: datetime) -> Any:
        facts = one.facts
        if one.is_guess:
            facts = as_it_was(facts, recorded_at=one.came_at, zone=self._zone)
        return _until(as_of, facts)

    def _doses(self, as_of: datetime) -> list[Any]:
        ahead = as_of + loading.DOSES_AHEAD
        since = as_of - loading.DOSE_WINDOW
        found = self._newest("dose", since, ahead, None)
        known = [one for one in found if one.facts.at <= as_of or one.came_at <= as_of]
        return [_until(as_of, one.facts) for one in known[: loading.MOST_DOSES]]

    def _newest(
        self, kind: str, since: datetime | None, until: datetime | None, most: int | None
    ) -> list[Stored]:
        kept = self._lists.get(kind)
        return kept.newest(since, until, most) if kept else []

    def put_in(self, one: Stored) -> None:
        """Let a record count from now on."""
        self._lists.setdefault(one.kind, _Sorted()).add(one)
        if one.kind == "report":
            self._note_firsts(one)

    def take_out(self, one: Stored) -> None:
        """Let a record count no more."""
        kept = self._lists.get(one.kind)
        if kept is None or not kept.remove(one):
            return
        lost = [name for name, first in self._firsts.items() if first[1].id == one.facts.id]
        if one.kind == "report" and lost:
            self._firsts = {name: first for name, first in self._firsts.items() if name not in lost}
            for other in kept.rows:
                self._note_firsts(other)

    def _note_firsts(self, one: Stored) -> None:
        for answer in one.facts.answers:
            key = answer["symptom"], one.facts.by_family
            known = self._firsts.get(key)
            if known is None or one.place < known[0]:
                record = Record("symptom_report", one.facts.id, one.facts.at)
                self._firsts[key] = (one.place, record, answer)


class _Sorted:
    """Records of one kind that count, oldest first."""

    def __init__(self) -> None:
        self.rows: list[Stored] = []

    def add(self, one: Stored) -> None:
        insort(self.rows, one, key=_place)

    def remove(self, one: Stored) -> bool:
        start = bisect_left(self.rows, one.place, key=_place)
        for number in range(start, len(self.rows)):
            if self.rows[number] is one:
                del self.rows[number]
                return True
            if self.rows[number].place != one.place:
                break
        return False

    def newest(
        self, since: datetime | None, until: datetime | None, most: int | None
    ) -> list[Stored]:
        rows = self.rows
        low = 0 if since is None else bisect_left(rows, since, key=_moment_of)
        high = len(rows) if until is None else bisect_right(rows, until, key=_moment_of)
        if most is not None:
            low = max(low, high - most)
        return rows[low:high][::-1]


def _place(one: Stored) -> tuple[datetime, float]:
    return one.place


def _moment_of(one: Stored) -> datetime:
    return one.place[0]


def _facts(found: Sequence[Stored]) -> list[Any]:
    return [one.facts for one in found]


def _until(as_of: datetime, facts: Any) -> Any:
    """Return what was entered later for an earlier moment as if it had been known by then."""
    return facts if facts.at <= as_of else facts._replace(at=as_of)
