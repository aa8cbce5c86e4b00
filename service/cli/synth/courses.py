"""Her treatments: what is entered of them, the dosage periods, and what became of each dose.

As ``treatments.actions``, ``dosing_actions`` and ``answering`` have it, without their statements.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from service.care.lab.history import FOREVER, Stored
from service.care.records import DoseFacts, TreatmentFacts
from service.cli.synth.book import Book
from service.cli.synth.her import Her
from service.clinical import knowledge
from service.clock import local_minute
from service.panel.adherence import ANSWERED_WITHIN, LOOKED_BACK
from service.records import Change, amend, effective_moment, values_of
from service.treatments import dosing, rules
from service.treatments.dosing import Stretch
from service.treatments.dosing_actions import row_of
from service.treatments.models import DosagePeriod, Dose, Treatment

_MINUTE = timedelta(minutes=1)


class Changed(NamedTuple):
    """What a change of a treatment did: what rules read anew, and whether anything they read."""

    came: list[Stored]
    treatment_id: UUID
    facts_differ: bool
    doses_differ: bool


class Courses:
    """All the treatments of one patient."""

    def __init__(self, her: Her, book: Book) -> None:
        self._her, self._book = her, book
        self._zone = ZoneInfo(her.ref.time_zone)
        self._all: dict[UUID, Treatment] = {}
        self._stretches: dict[UUID, list[Stretch]] = {}
        self._doses: dict[UUID, Dose] = {}

    def log(self, treatment: Mapping[str, Any], change: Change) -> Changed:
        """Enter a treatment; a new line ends the courses of those before it."""
        content = {name: value for name, value in treatment.items() if name != "id"}
        full = rules.filled_in(content, knowledge())
        derived = {
            "modality": full["modality"], "schedule": full["schedule"],
            "facts_changed_at": change.now,
        }  # fmt: skip
        values = values_of(change=change, id=treatment["id"], content=content, derived=derived)
        entered = Treatment(**values)
        self._book.add(entered)
        self._all[entered.id], self._stretches[entered.id] = entered, []
        closed = self._close_earlier(entered, change)
        self._follow([entered, *closed], change)
        came = [self._stored(one, change) for one in (entered, *closed)]
        return Changed(came, entered.id, facts_differ=True, doses_differ=bool(closed))

    def change(self, changes: Mapping[str, Any], id: UUID, change: Change) -> Changed:
        """Change a treatment, and let what follows from it follow."""
        treatment = self._all[id]
        names = ("code", "name", "modality", "started_on", "ended_on", "schedule")
        after = {name: changes.get(name, getattr(treatment, name)) for name in names}
        full = {**changes, "modality": rules.filled_in(after, knowledge())["modality"]}
        differing = {name for name, value in full.items() if getattr(treatment, name) != value}
        facts_differ = not rules.FACTS.isdisjoint(differing)
        if facts_differ:
            full["facts_changed_at"] = change.now
        amend(treatment, full, change=change)
        closed: list[Treatment] = []
        if not rules.BEGINS_A_LINE.isdisjoint(differing):
            closed = self._close_earlier(treatment, change)
        doses_differ = bool(closed) or not rules.DOSAGE.isdisjoint(differing)
        if doses_differ:
            self._follow([treatment, *closed], change)
        changed = [treatment, *closed] if facts_differ or closed else []
        came = [self._stored(one, change) for one in changed]
        return Changed(came, id, facts_differ, doses_differ)

    def answer(self, said: Mapping[str, Any], change: Change) -> tuple[Dose, datetime] | None:
        """Enter what became of a dose; return it and the moment rules run on.

        ``None`` where no such dose is expected: a phone would not have asked for it.
        """
        treatment_id, id = UUID(said["treatment_id"]), UUID(said["id"])
        dose = self._doses.get(id) or self._expected(treatment_id, id, said["local_at"], change)
        if dose is None or dose.due_at > change.now + dosing.ANSWERED_AHEAD:
            return None
        taken = said.get("taken_at")
        taken_at = None if taken is None else datetime.fromisoformat(taken)
        at = change.now if taken_at is None else effective_moment(taken_at, now=change.now)
        dose.status, dose.reason = said["status"], said.get("reason")
        dose.taken_at = (taken_at or change.now) if dose.status == "taken" else None
        dose.answered_at = change.now
        dose.version += 1  # it was planned before it was answered
        return dose, at

    def stored_dose(self, dose: Dose, at: datetime, number: int) -> Stored:
        """Return an answered dose as the walk through her history has it."""
        treatment = self._all[dose.treatment_id]
        known = knowledge().treatments.get(treatment.code) if treatment.code else None
        facts = DoseFacts(
            id=dose.id, at=dose.due_at, treatment_id=dose.treatment_id, code=treatment.code,
            name=known.name if known else treatment.name or "", status=dose.status,
            reason=dose.reason,
        )  # fmt: skip
        return Stored("dose", "dose", number, FOREVER, at, at, (dose.due_at, float(number)), facts)

    def finish(self, now: datetime, adherence_at: datetime | None) -> int | None:
        """Write periods, and the doses of late and to come; return her adherence in percent.

        Doses nobody answered that are longer ago are worked out where they are asked for.
        """
        number, since = self._her.ref.change_no, now - LOOKED_BACK - timedelta(days=1)
        change = Change(self._her.ref.id, number, self._her.account_id, now)
        for id, stretches in self._stretches.items():
            for one in stretches:
                self._book.put(DosagePeriod, {
                    **asdict(one), "id": self._book.new_id(), "patient_id": self._her.ref.id,
                    "treatment_id": id,
                })  # fmt: skip
            self._all[id].doses_until = self._plan(id, stretches, since, change)
        for dose in self._doses.values():
            self._book.add(dose)
        return None if adherence_at is None else self._adherence(adherence_at)

    def _plan(
        self, id: UUID, stretches: list[Stretch], since: datetime, change: Change
    ) -> datetime | None:
        if self._her.ref.care_status.has_ended:
            return None  # nobody plans for those whose care has ended
        doses, until = dosing.planned(stretches, id, self._zone, since=since, now=change.now)
        for dose in doses:
            if dose.id not in self._doses:
                self._book.put(Dose, row_of(id, dose, change))
        return until

    def _adherence(self, at: datetime) -> int | None:
        """Return the percentage ``panel.adherence`` works out, as of a moment."""
        since, known = at - LOOKED_BACK, at - ANSWERED_WITHIN
        answered = [
            dose
            for dose in self._doses.values()
            if since < dose.due_at <= at and dose.status != "held" and dose.reason != "told_to_hold"
        ]
        silent = sum(1 for due_at in self._unanswered(since) if since < due_at <= known)
        if not answered:
            return None
        taken = sum(dose.status == "taken" for dose in answered)
        return taken * 100 // (len(answered) + silent)

    def _unanswered(self, since: datetime) -> Iterator[datetime]:
        for id, stretches in self._stretches.items():
            if not stretches:
                continue
            first = max(since, dosing.asked_from(stretches))
            before = since + LOOKED_BACK
            for dose in dosing.doses_between(stretches, id, self._zone, since=first, before=before):
                if dose.id not in self._doses:
                    yield dose.due_at

    def _expected(self, treatment_id: UUID, id: UUID, local: str, change: Change) -> Dose | None:
        at = datetime.fromisoformat(local)
        stretches = self._stretches.get(treatment_id, [])
        for dose in dosing.doses_at(
            stretches, treatment_id, self._zone, since=at, before=at + _MINUTE
        ):
            if dose.id == id:
                made = Dose(**row_of(treatment_id, dose, change))
                self._doses[id] = made
                return made
        return None

    def _close_earlier(self, begun: Treatment, change: Change) -> list[Treatment]:
        if not rules.begins_a_line(begun.status, begun.modality, begun.line):
            return []
        today = self._her.ref.local_date(change.now)
        closed = []
        for course in sorted(self._all.values(), key=lambda one: one.id):
            if course is not begun and rules.ends_with_it(course, begun):
                ending = rules.ending_of(course, begun.started_on, moves=False, today=today)
                if amend(course, ending, change=change):
                    course.facts_changed_at = change.now
                    closed.append(course)
        return closed

    def _follow(self, treatments: list[Treatment], change: Change) -> None:
        at = local_minute(change.now, self._zone)
        for one in treatments:
            self._stretches[one.id] = dosing.revised(
                self._stretches[one.id], one, at=at, made_at=change.now
            )

    def _stored(self, one: Treatment, change: Change) -> Stored:
        facts = TreatmentFacts(
            id=one.id, at=one.facts_changed_at, code=one.code, name=one.name or one.code or "",
            modality=one.modality, status=one.status, body_site=one.body_site, line=one.line,
            started_on=one.started_on, ended_on=one.ended_on,
        )  # fmt: skip
        number = float(change.change_no)
        return Stored(
            "treatment", "treatment", number, FOREVER, change.now, change.now,
            (one.facts_changed_at, number), facts,
        )  # fmt: skip
