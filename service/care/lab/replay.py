"""Replay: a draft of a rule and the version in force, over what was stored, side by side.

For each record that came in the window the picture is taken as it was then, both versions are
asked exactly as ``care.respond`` asks, and what they would have raised is compared.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.alerts.models import Alert, AlertReason
from service.care.lab.history import history
from service.care.lab.pairing import Pair, alert_of, are_alike, paired, severity_of
from service.care.lab.question import Figures
from service.care.lab.report import SIDES, nothing_counted, report_of
from service.care.lab.telling import Telling
from service.care.lab.walk import Moment, Walk
from service.care.reading import RECORD_TYPES, SPEAKING, kinds_for, may_speak
from service.care.rules import RuleSet
from service.care.rules_in_force import compiled_draft, compiled_row
from service.clock import moment_of
from service.rulebook.models import LabRun
from service.rulebook.queries import CONTACTS


class _Answered(NamedTuple):
    """What became of an alert the rule in force has raised."""

    queue: str
    subject: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None


def figures_for(
    *, rule: str, draft_version: int, is_off: bool, in_force: Mapping[str, Any] | None,
    queue: str | None, staff: int, zone: str,
) -> Figures:  # fmt: skip
    """Return what a replay begins with.

    Args:
        rule: id of the rule.
        draft_version: which version is tried.
        is_off: the draft switches the rule off.
        in_force: the version in force as written; ``None`` if there is none.  It is kept with the
            run, so that an upgrade in the middle does not change the question.
        queue: where its alerts wait, ``None`` if it has none.
        staff: how many people are on the roster of that queue.
        zone: the clinic's time zone, whose days are counted.
    """
    about = {
        "rule": rule, "draft_version": draft_version, "is_off": is_off, "queue": queue,
        "in_force_version": in_force and in_force["version"], "staff": staff, "zone": zone,
    }  # fmt: skip
    return {**nothing_counted(), "about": about, "in_force_rule": in_force}


def begin(session: Session, run: LabRun) -> "Replay":
    """Begin a replay anew for a slice; see ``care.lab``."""
    del session  # all it needs stands in the run
    return Replay(run)


class Replay:
    """One draft and the version in force."""

    def __init__(self, run: LabRun) -> None:
        assert run.first is not None  # noqa: S101 - a replay has a window
        assert run.last is not None  # noqa: S101 - likewise
        about, against = run.figures["about"], run.figures["in_force_rule"]
        name, version = about["rule"], about["draft_version"]
        tried = [] if about["is_off"] else [compiled_draft(run.tried, version=version)]
        self._draft = RuleSet(tried)
        self._in_force = RuleSet([] if against is None else [compiled_row(against)])
        self._alike = are_alike(self._draft, self._in_force)
        both = (self._draft, self._in_force)
        self._asked = frozenset(
            type for type in RECORD_TYPES if any(may_speak(type, rules) for rules in both)
        )
        self._kinds = frozenset[str]().union(
            *(kinds_for(type, rules) for type in self._asked for rules in both)
        )
        self._rule, self._as_of = name, run.as_of
        self._first_day, self._last_day, self._patients = run.first, run.last, run.patients
        self._zone = ZoneInfo(about["zone"])
        self._first = moment_of(datetime.combine(run.first, time.min), self._zone)
        after = run.last + timedelta(days=1)
        self._end = moment_of(datetime.combine(after, time.min), self._zone)

    def look(self, session: Session, patient: PatientRef, figures: Figures) -> list[dict[str, Any]]:
        """Go through one patient's history."""
        stored = history(session, patient.id, self._kinds, as_of=self._as_of)
        if not stored:
            return []
        answered = self._answered(session, patient.id)
        closings = _closings(answered)
        seen = _Seen({side: Telling(closings) for side in SIDES}, set())
        rows: list[dict[str, Any]] = []
        for moment in Walk(patient, stored).moments(self._asked, first=self._first, last=self._end):
            figures["records"] += 1
            for pair in self._pairs(moment):
                outcome = _outcome(pair, answered, moment.came_at)
                self._count(figures, seen, pair, moment, outcome)
                rows.append(_row(patient, pair, moment, outcome))
        for name in seen.concerned:
            side, _, field = name.rpartition(".")
            (figures[side] if side else figures)[field] += 1
        return rows

    def report(self, figures: Figures) -> dict[str, Any]:
        """Return the finished report."""
        return report_of(
            figures, first=self._first_day, last=self._last_day, patients=self._patients
        )

    def _pairs(self, moment: Moment) -> list[Pair]:
        reading = moment.picture.facts_of(moment.new)
        draft, in_force = (
            [
                finding
                for finding in rules.evaluate(moment.picture, purposes=SPEAKING, reading=reading)
                if finding.rests_on(moment.new)
            ]
            for rules in (self._draft, self._in_force)
        )
        return paired(draft, in_force, alike=self._alike)

    def _count(
        self, figures: Figures, seen: "_Seen", pair: Pair, moment: Moment, outcome: str | None
    ) -> None:
        day = moment.came_at.astimezone(self._zone).date().isoformat()
        by_day = figures["by_day"].setdefault(day, [0, 0])
        for place, side in enumerate(SIDES):
            finding = getattr(pair, side)
            if finding is not None:
                by_day[place] += 1
                severity = alert_of(finding).severity
                counted = figures[side]
                counted["alerts"] += 1
                counted["told"] += seen.telling[side].tells(finding, moment.came_at)
                counted["by_severity"][severity] = counted["by_severity"].get(severity, 0) + 1
                seen.concerned.add(f"{side}.patients")
        figures[_which(pair)] += 1
        if _which(pair) == "both" and severity_of(pair.draft) != severity_of(pair.in_force):
            figures["other_severity"] += 1
        if outcome in CONTACTS:
            figures["answered"] += 1
            if pair.draft is None:
                figures["missed"] += 1
                outcomes = figures["missed_outcomes"]
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
                seen.concerned.add("missed_patients")

    def _answered(self, session: Session, patient_id: UUID) -> list[_Answered]:
        """Return her alerts, oldest first, each once for each reason the rule gave for it."""
        reason = AlertReason
        rows = session.execute(
            sa.select(Alert.queue, reason.subject, Alert.opened_at, Alert.closed_at, Alert.outcome)
            .outerjoin(reason, sa.and_(reason.alert_id == Alert.id, reason.rule == self._rule))
            .where(Alert.patient_id == patient_id, Alert.opened_at <= self._as_of)
            .order_by(Alert.opened_at, Alert.id, reason.subject)
        )
        return [
            # What happened after the moment of the question has not happened yet.
            _Answered(queue.value, subject, opened, closed, outcome)
            if closed is not None and closed <= self._as_of
            else _Answered(queue.value, subject, opened, None, None)
            for queue, subject, opened, closed, outcome in rows
        ]


class _Seen(NamedTuple):
    """What has been seen of one patient: what stands open, and which counts of people she is in."""

    telling: Mapping[str, Telling]
    concerned: set[str]


def _which(pair: Pair) -> str:
    if pair.draft is None:
        return "only_in_force"
    return "only_draft" if pair.in_force is None else "both"


def _closings(answered: Sequence[_Answered]) -> dict[str, list[datetime]]:
    closings: dict[str, set[datetime]] = {}
    for one in answered:
        if one.closed_at is not None:
            closings.setdefault(one.queue, set()).add(one.closed_at)
    return {queue: sorted(moments) for queue, moments in closings.items()}


def _outcome(pair: Pair, answered: Sequence[_Answered], at: datetime) -> str | None:
    """Return how the alert was closed that the rule in force raised or joined at a moment."""
    if pair.in_force is None:
        return None
    queue, subject = alert_of(pair.in_force).queue, pair.in_force.subject or ""
    for one in answered:
        is_it = (one.queue, one.subject) == (queue, subject)
        if is_it and one.opened_at <= at and (one.closed_at is None or at < one.closed_at):
            return one.outcome
    return None


def _row(patient: PatientRef, pair: Pair, moment: Moment, outcome: str | None) -> dict[str, Any]:
    return {
        "patient_id": patient.id, "at": moment.came_at, "record_type": moment.record.type,
        "record_id": moment.record.id, "subject": pair.finding.subject,
        "by_draft": severity_of(pair.draft), "in_force": severity_of(pair.in_force),
        "outcome": outcome, "text": pair.text,
    }  # fmt: skip
