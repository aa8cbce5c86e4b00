"""Living a made-up life: what happens to her becomes what the database would hold of it.

Each happening goes the way a report goes: read, graded or scored, and looked at by the rules with
the picture as it was then.  What follows (alerts, guidance, requests, silences, what staff and
the clock do) is worked out in memory, by the functions the actions use.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from random import Random
from typing import Any
from uuid import UUID

from service.accounts.models import CareStatus, Queue
from service.alerts.raising import Raised
from service.care.asking import findings_about
from service.care.cascading import offers_in
from service.care.lab.history import Stored
from service.care.lab.walk import Walk
from service.care.models import GuidanceGiven
from service.care.reading import SPEAKING, kinds_for, may_speak
from service.care.records import Record
from service.care.respond import reasons_of, told_by
from service.care.rules import Finding
from service.cli.synth.book import Book
from service.cli.synth.clinic import MadeClinic, Worker
from service.cli.synth.courses import Changed, Courses
from service.cli.synth.desk import Desk
from service.cli.synth.entries import Entries
from service.cli.synth.her import Her
from service.cli.synth.life import Happening, Life
from service.cli.synth.matters import Matters
from service.cli.synth.needs import Needs
from service.cli.synth.pauses import Pauses
from service.cli.synth.quiet import Quiet
from service.records import Change
from service.support.schemas import SupportRequestIn
from service.symptoms.rules import CAREGIVER
from service.treatments.schemas import TreatmentIn, TreatmentPatch

_TREATMENT, _PATCH, _REQUEST = TreatmentIn(), TreatmentPatch(), SupportRequestIn()


def lived(life: Life, clinic: MadeClinic) -> Book:
    """Return everything that is on file of a life when its last day is over."""
    return _Living(life, clinic).live()


class _Living:
    """One life while it goes by."""

    def __init__(self, life: Life, clinic: MadeClinic) -> None:
        self._life, self._clinic = life, clinic
        self._book = book = Book(life.stream, life.person.joined_at)
        self._her = her = Her(life.person, clinic, book)
        self._walk = Walk(her.ref, ())
        self._entries, self._courses = Entries(book), Courses(her, book)
        self._known: dict[UUID, Stored] = {}
        self._told: dict[UUID | str, dict[str, Any]] = {}
        self._matters = matters = Matters(her, clinic, book)
        self._needs = needs = Needs(her, clinic, matters, book)
        self._quiet = quiet = Quiet(her, clinic, matters, self._walk)
        self._pauses = Pauses(her, quiet, book)
        dice = Random(life.stream)  # noqa: S311 - dice, not secrets
        self._desk = Desk(clinic, her, matters, needs, quiet, book, dice)

    def live(self) -> Book:
        """Let everything happen, in the order of time, and finish the book."""
        for happening in self._life.happenings:
            if happening.at >= self._clinic.until:
                break
            self._pass_until(happening.at)
            self._book.now = happening.at
            self._enter(happening)
        self._pass_until(self._clinic.until)
        self._book.now = self._clinic.until
        summary = self._her.summary
        summary.row.adherence_percent = self._courses.finish(
            self._clinic.until, summary.adherence_at
        )
        return self._book

    def _pass_until(self, moment: datetime) -> None:
        """Let staff and the clock do what they do before a moment."""
        while True:
            due = [
                (at, place)
                for place, at in enumerate((
                    self._matters.next_step_at(), self._needs.next_reminder_at(),
                    self._quiet.next_look_at(), self._desk.next_at(),
                ))
                if at is not None and at < moment
            ]  # fmt: skip
            if not due:
                return
            at, place = min(due)
            self._book.now = at
            if place == 0:
                self._matters.take_steps(at)
            elif place == 1:
                self._needs.remind(at)
            elif place == 2:
                self._quiet.look(at)
            else:
                self._desk.act()
            self._desk.look(at)

    def _enter(self, happening: Happening) -> None:
        enter = getattr(self, f"_{happening.kind}")
        enter(happening.body, happening)
        self._desk.look(happening.at)

    def _change(self, happening: Happening) -> tuple[Change, Worker | None]:
        """Return her next change, and who of the staff makes it, if not she."""
        by = None
        if happening.by == "staff":
            by = self._desk.someone_on(Queue.NURSING)
        return self._her.change(happening.at, by=by and by.account_id), by

    def _symptom_report(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, _by = self._change(happening)
        row, stored = self._entries.report(body, change)
        if row["reported_by"] == CAREGIVER:
            self._her.summary.note_heard(change.now)
        else:
            self._her.summary.note_report(row["answers"], at=row["at"], now=change.now)
        self._quiet.note_heard("report", row["at"])
        self._respond([stored], change)

    def _wellbeing_check(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, _by = self._change(happening)
        row, stored = self._entries.check(body, change)
        wishes = []
        if row["contact_wanted"]:
            record = Record("wellbeing_check", row["id"], row["at"])
            wishes = self._needs.ask_for_wishes(row["contact_wanted"], record.as_json(), change)
        self._her.summary.note_heard(change.now)
        if row["distress"] is not None:
            self._her.summary.note_distress(row, change.now)
        self._quiet.note_heard("check", row["at"])
        self._respond([stored], change)
        self._desk.hear_of(wishes, change.now)

    def _questionnaire(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, _by = self._change(happening)
        row, stored = self._entries.response(body, change)
        self._her.summary.note_heard(change.now)
        self._quiet.note_heard("response", row["at"])
        self._respond([stored], change)

    def _diagnosis(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, by = self._change(happening)
        stored = self._entries.diagnosis(body, change, confirmed_by=by and by.name)
        if stored is not None:
            self._respond([stored], change)

    def _event(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, _by = self._change(happening)
        self._entries.event(body, change)

    def _treatment(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, _by = self._change(happening)
        self._follow(self._courses.log(_TREATMENT.load(body), change), change)

    def _treatment_change(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, _by = self._change(happening)
        said = {name: value for name, value in body.items() if name != "id"}
        changed = self._courses.change(_PATCH.load(said), UUID(body["id"]), change)
        self._follow(changed, change)

    def _dose(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, _by = self._change(happening)
        answered = self._courses.answer(body, change)
        if answered is None:
            return
        dose, at = answered
        self._her.summary.adherence_at = change.now
        self._respond([self._courses.stored_dose(dose, at, change.change_no)], change)

    def _support_request(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, _by = self._change(happening)
        request = self._needs.ask(_REQUEST.load(body), change)
        record = Record("support_request", request.id, change.now)
        findings = findings_about(self._her.ref, self._clinic.rules, record, kind=request.kind)
        if findings:
            self._act_on(findings, record, change, at=change.now)
        self._desk.hear_of([request], change.now)

    def _caregiver(self, body: Mapping[str, Any], happening: Happening) -> None:
        self._her.let_in(body, happening.at)

    def _care_status(self, body: Mapping[str, Any], happening: Happening) -> None:
        change, by = self._change(happening)
        assert by is not None  # noqa: S101 - staff say where she stands
        status, before = CareStatus(body["care_status"]), self._her.ref.care_status
        if status is before:
            return
        died_on = body.get("died_on")
        self._her.stand(status, died_on=None if died_on is None else date.fromisoformat(died_on))
        asked = []
        if status is CareStatus.DECEASED:
            self._matters.close_for_death(by, change.now)
            self._needs.end_all(by, change.now)
            asked = self._needs.ask_for_bereavement(change)
        self._walk.see(self._her.ref)
        self._pauses.note(before, change)
        self._quiet.look(change.now)
        self._her.summary.note_alerts(self._matters.unclosed(), change.now)
        self._desk.hear_of(asked, change.now)

    def _follow(self, changed: Changed, change: Change) -> None:
        if changed.doses_differ or changed.facts_differ:
            self._her.summary.adherence_at = change.now
        if changed.came:
            self._respond(changed.came, change, about=changed.treatment_id)

    def _respond(
        self, came: Sequence[Stored], change: Change, *, about: UUID | None = None
    ) -> None:
        """Let the rules speak about what came, and do what they say."""
        rules, newest = self._clinic.rules, came[-1]
        for one in came:
            if (known := self._known.get(one.facts.id)) is not None:
                self._walk.take_out(known)
            self._known[one.facts.id] = one
            self._walk.put_in(one)
        has_ended = self._her.ref.care_status.has_ended
        if not has_ended and not may_speak(newest.type, rules):
            return
        moment = self._walk.moment(came, kinds_for(newest.type, rules))
        found = rules.evaluate(
            moment.picture, purposes=SPEAKING, reading=moment.picture.facts_of(moment.new)
        )
        spoken = [finding for finding in found if finding.rests_on(moment.new)]
        record = moment.record if about is None else moment.record._replace(id=about)
        if spoken or has_ended:
            self._act_on(spoken, record, change, at=newest.at)
            told = told_by(self._her.ref, spoken, now=change.now, nobody_on_duty=False)
            if told is not None:
                self._note_told(record, told)

    def _note_told(self, record: Record, told: Mapping[str, Any]) -> None:
        """Keep what she was told; of a record that has changed, what was said last."""
        known = self._told.get(record.id)
        if known is not None:
            known.update(told)
            return
        row = {"record_id": record.id, "record_type": record.type, **told}
        self._told[record.id] = row | {"patient_id": self._her.ref.id}
        self._book.put(GuidanceGiven, self._told[record.id])

    def _act_on(
        self, findings: Sequence[Finding], record: Record, change: Change, *, at: datetime
    ) -> Raised | None:
        reasons = reasons_of(self._her.ref, findings, record)
        if not reasons:
            return None
        raised = self._matters.raise_reasons(reasons, started_at=at, now=change.now)
        shown = change.by == self._her.account_id
        offered: Collection[str] = offers_in(findings, shown_to_her=shown)
        self._needs.open_for_alerts(raised, offered, change.now)
        self._her.summary.note_alerts(self._matters.unclosed(), change.now)
        return raised
