"""What is known of when we heard of her: days with a report, absences, contacts; one rhythm."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.alerts.hearing import answers_to_silence
from service.alerts.models import AlertState
from service.care.rules import RuleSet
from service.care.rules_in_force import rules_of, shipped
from service.clinical import knowledge
from service.clock import moment_of
from service.journey import queries as journey
from service.panel import rhythm
from service.panel.rhythm import Away
from service.symptoms.models import SymptomReport
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck

# Of each kind of report; more than the gaps of a rhythm need, however often a day she reports.
MOST_REPORTS = 150
# When she is looked at on the day it may become a silence: the care team has begun its day.
# Project choice.
_MORNING = time(9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """How it stands with hearing of her at one moment.

    Attributes:
        heard_at: when she last reported, or joined if she never did.
        since: from when check-ins are missed: the later of ``heard_at`` and of when somebody of
            the care team last reached her.
        rhythm_days: her own rhythm; ``None`` before she has shown one.
        every_days: how often she is expected: her own rhythm or the usual one.
        missed: check-ins missed since then.
        is_explained: she is known to be away, is not in care, or has nobody to report.
        is_over: whatever is told of her silence has ended: she has reported, or it is explained.
        tells_again: her silence may be told: it is long enough even since it was last seen to.
        held_until: until when nobody is to be told again; ``None`` if it may be told.
        open_alerts: ids of her unclosed alerts that rest on silence, alone or not.
        ends_with_it: ids of those that rest on it alone.
        next_look: when to look again.
    """

    heard_at: datetime
    since: datetime
    rhythm_days: float | None
    every_days: float
    missed: int
    is_explained: bool
    is_over: bool
    tells_again: bool
    held_until: datetime | None
    open_alerts: tuple[UUID, ...]
    ends_with_it: tuple[UUID, ...]
    next_look: datetime

    @property
    def is_silent(self) -> bool:
        """Tell whether she is silent, for all that is known, and somebody should see to it."""
        long_enough = self.missed >= knowledge().policy.silence.missed_check_ins
        return long_enough and not self.is_explained and self.held_until is None


@lru_cache(maxsize=256)
def silence_rules(rules: RuleSet) -> frozenset[str]:
    """Return the ids of the rules that raise alerts about silence: a clinic's own, and ours.

    Also ours that it has switched off: what they raised before has to end too.
    """
    return frozenset(
        rule.id
        for every in (rules, shipped().rules)
        for rule in every.selected(purposes={"alert"}, reading={"silence"})
    )


def hear(session: Session, patient: PatientRef, *, now: datetime) -> Hearing:
    """Return how it stands with hearing of her; three statements, however long her history."""
    about = silence_rules(rules_of(session, patient))
    return heard(
        patient,
        moments=[at for at in _reports(session, patient.id) if at <= now],
        periods=[Away(one.starts_on, one.ends_on) for one in journey.away_of(session, patient.id)],
        alerts=answers_to_silence(session, patient.id, rules=about, now=now),
        now=now,
    )


def heard(
    patient: PatientRef, *, moments: Collection[datetime], periods: Sequence[Away],
    alerts: Sequence[Any], now: datetime,
) -> Hearing:  # fmt: skip
    """Return how it stands with hearing of her, from what is known.

    Args:
        patient: as she is now.
        moments: when we heard of her, none of them ahead.
        periods: when she is known to be away.
        alerts: her latest, the newest first; see ``answers_to_silence``.
        now: the moment.
    """
    policy = knowledge().policy.silence
    zone, today = ZoneInfo(patient.time_zone), patient.local_date(now)
    days = [at.astimezone(zone).date() for at in moments]
    heard_at = max(moments, default=patient.joined_at)
    away = rhythm.absences(periods, days, policy)
    own = rhythm.usual_gap(days, away, policy)
    every = float(policy.usual_days) if own is None else own
    since = max([heard_at, *_moments(alerts, "contacted_at")])
    # Who was told and has closed it is not told again before as many are missed once more.
    seen_to = max([since, *_moments([one for one in alerts if one.about_silence], "closed_at")])

    def missed_since(moment: datetime) -> int:
        return rhythm.missed_check_ins(moment.astimezone(zone).date(), today, away, every)

    is_explained = not _is_expected(patient) or rhythm.is_away(today, away)
    still_open = [one for one in alerts if one.about_silence and one.state != AlertState.CLOSED]
    held_until = alerts[0].held_until if alerts else None
    missed = missed_since(since)
    long = policy.missed_check_ins
    first = rhythm.silent_from(since.astimezone(zone).date(), today, away, every, long)
    if still_open or (missed >= long and not is_explained):
        first = rhythm.day_after(today)
    return Hearing(
        heard_at=heard_at,
        since=since,
        rhythm_days=own,
        every_days=every,
        missed=missed,
        is_explained=is_explained,
        is_over=is_explained or missed_since(heard_at) < long,
        tells_again=missed_since(seen_to) >= long,
        held_until=held_until,
        open_alerts=tuple(one.id for one in still_open),
        ends_with_it=tuple(one.id for one in still_open if one.alone),
        next_look=_morning(first, zone),
    )


def _is_expected(patient: PatientRef) -> bool:
    return (
        patient.care_status.expects_reports
        and patient.account_id is not None
        and not patient.is_drill
    )


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return moment_of(datetime.combine(day, _MORNING), zone)


def _moments(rows: Sequence[Any], name: str) -> list[datetime]:
    return [moment for row in rows if (moment := getattr(row, name)) is not None]


def _reports(session: Session, patient_id: UUID) -> Collection[datetime]:
    """Return when we heard of her, whatever by: a check-in is not one kind of report."""
    report, check, response = SymptomReport, WellbeingCheck, QuestionnaireResponse
    newest = (
        sa.select(table.at)
        .where(table.patient_id == patient_id, table.deleted_at.is_(None))
        .order_by(table.at.desc())
        .limit(MOST_REPORTS)
        .subquery()
        for table in (report, check, response)
    )
    return session.scalars(sa.union_all(*(sa.select(one.c.at) for one in newest))).all()
