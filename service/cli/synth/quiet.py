"""Her silences: when it is looked whether she is silent, and what follows from it.

As ``care.silence`` looks, at the moments at which its turn would come.
"""

from bisect import insort
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from service.alerts.models import Alert, AlertState
from service.alerts.raising import Raised
from service.care.hearing import MOST_REPORTS, Hearing, heard, silence_rules
from service.care.lab.walk import Walk
from service.care.picture import Picture
from service.care.records import Records, SilenceFacts
from service.care.respond import reasons_of
from service.care.rules import vocabulary
from service.care.silence import SPEAKING, signs_of
from service.cli.synth.clinic import MadeClinic
from service.cli.synth.her import Her
from service.cli.synth.matters import Matters
from service.clinical import knowledge
from service.panel.rhythm import Away, worry


class _Told(NamedTuple):
    """One of her alerts, as far as it says whether she is silent."""

    id: UUID
    state: AlertState
    contacted_at: datetime | None
    closed_at: datetime | None
    about_silence: bool
    alone: bool
    held_until: None = None


class Quiet:
    """What is known of when we heard of one patient."""

    def __init__(self, her: Her, clinic: MadeClinic, matters: Matters, walk: Walk) -> None:
        self._her, self._clinic, self._matters, self._walk = her, clinic, matters, walk
        self._heard: dict[str, list[datetime]] = {"report": [], "check": [], "response": []}
        self._about = silence_rules(clinic.rules)
        self._closed: dict[UUID, _Told] = {}
        self.away: list[tuple[date, date | None]] = []

    def note_heard(self, kind: str, at: datetime) -> None:
        """Note that something of hers has come that says she is there."""
        insort(self._heard[kind], at)

    def next_look_at(self) -> datetime:
        """Return when it is looked at her next."""
        return self._her.summary.row.silence_check_at

    def look(self, now: datetime) -> Raised | None:
        """See whether she is silent, and let everything follow; return what was raised, if any."""
        hearing = heard(
            self._her.ref,
            moments=[at for kept in self._heard.values() for at in kept[-MOST_REPORTS:]],
            periods=[Away(first, last) for first, last in self.away],
            alerts=[self._told(one) for one in self._matters.all[:-101:-1]],
            now=now,
        )
        summary = self._her.summary
        row = summary.row
        row.rhythm_days, row.missed_check_ins, row.silence_score = hearing.rhythm_days, 0, 0
        row.silence_check_at, row.updated_at = hearing.next_look, now
        summary.adherence_at = now
        if hearing.is_over and hearing.ends_with_it:
            self._matters.close_as_heard(hearing.ends_with_it, now)
            summary.note_alerts(self._matters.unclosed(), now)
        if not hearing.is_silent:
            return None
        picture = self._picture(hearing, now)
        row.missed_check_ins = hearing.missed
        row.silence_score = worry(
            hearing.missed, signs_of(row, picture), knowledge().policy.silence
        )
        return self._tell(picture, now) if hearing.tells_again and not hearing.open_alerts else None

    def _tell(self, picture: Picture, now: datetime) -> Raised | None:
        findings = self._clinic.rules.evaluate(picture, purposes=SPEAKING, reading={"silence"})
        reasons = reasons_of(self._her.ref, findings, picture.records.patient)
        if not reasons:
            return None
        raised = self._matters.raise_reasons(reasons, started_at=now, now=now)
        self._her.summary.note_alerts(self._matters.unclosed(), now)
        return raised

    def _picture(self, hearing: Hearing, now: datetime) -> Picture:
        records: Records = replace(
            self._walk.records(now),
            silence=SilenceFacts(hearing.since, hearing.every_days, hearing.missed),
            known_reasons_for_silence=hearing.is_explained,
        )
        return Picture.of(records, as_of=now, knowledge=vocabulary())

    def _told(self, alert: Alert) -> _Told:
        known = self._closed.get(alert.id)
        if known is not None:
            return known
        rules = [row.rule in self._about for row in self._matters.reasons[alert.id]]
        told = _Told(
            alert.id, alert.state, alert.contacted_at, alert.closed_at, any(rules), all(rules)
        )
        if told.state is AlertState.CLOSED:
            self._closed[alert.id] = told  # what is closed here stays as it is
        return told
