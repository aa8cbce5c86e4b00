"""One time axis: her treatments, doses, symptoms, distress, alerts and events over the same days.

Seven statements, each an index scan of the days shown; parts nobody may see are not looked up.
What is most of each kind is capped, the latest kept, and what was left out is told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Topic
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts.models import Alert, Severity
from service.alerts.queries import reasons_of
from service.clinical import knowledge
from service.clock import start_of_day
from service.journey.models import Event
from service.symptoms import queries as symptoms
from service.symptoms.rules import CAREGIVER
from service.treatments.models import DosagePeriod, Dose, Treatment
from service.wellbeing.models import WellbeingCheck

# How many days back can be shown, and how many ahead with them: a scan next week is on it.
AHEAD = {30: 7, 90: 14, 180: 21, 365: 28}
MOST_PERIODS, MOST_DOSE_DAYS, MOST_REPORTS, MOST_CHECKS, MOST_MARKS = 200, 3000, 400, 400, 40
# The latest report is shown whatever the axis shows.
_REPORTS_BACK = timedelta(days=90)
_DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """Days on which the same was to be taken, the last included; ``None`` while it goes on."""

    first: date
    last: date | None
    is_held: bool
    dose: str | None
    schedule: Mapping[str, Any] | None
    day_one: date


class DoseDay(NamedTuple):
    """How many doses of one day became one thing: ``taken``, ``missed``, ``held``, ``expected``."""

    day: date
    status: str
    reason: str | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One treatment; ``stretches`` and ``doses`` are in the order of time."""

    id: UUID
    name: str
    started_on: date
    ended_on: date | None
    stretches: Sequence[Stretch]
    doses: Sequence[DoseDay]


class Mark(NamedTuple):
    """An alert or an event on its day; ``kind`` is the severity, or the kind of event."""

    day: date
    kind: str
    text: str
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What happened between two of her days.  ``None`` stands for what the viewer may not see.

    ``reports`` reach back 90 days at least and are hers, ``family_reports`` her family's.
    ``left_out`` names what was too much to show.
    """

    first: date
    today: date
    last: date
    zone: ZoneInfo
    courses: Sequence[Course] | None = None
    reports: Sequence[Any] | None = None
    family_reports: Sequence[Any] = ()
    distress: Sequence[tuple[date, int]] | None = None
    alerts: Sequence[Mark] | None = None
    events: Sequence[Mark] | None = None
    left_out: list[str] = field(default_factory=list)


def axis_of(
    session: Session,
    patient: PatientRef,
    *,
    days: int,
    may_see: Collection[Topic],
    queues: Collection[Queue],
    now: datetime,
) -> Axis:
    """Return what happened to her in the last days.

    Args:
        session: any.
        patient: whose.
        days: one of ``AHEAD``; her today is the last of them.
        may_see: topics the viewer may read.
        queues: whose alerts the viewer sees.
        now: the moment of asking.
    """
    today = patient.local_date(now)
    look = _Look(session, patient, today - (days - 1) * _DAY, today, today + AHEAD[days] * _DAY)
    reported = look.reports(now) if Topic.SYMPTOMS in may_see else None
    return Axis(
        first=look.first, today=today, last=look.last, zone=look.zone, left_out=look.left_out,
        courses=look.courses(now) if Topic.TREATMENTS in may_see else None,
        reports=None if reported is None else reported[0],
        family_reports=() if reported is None else reported[1],
        distress=look.distress(now) if Topic.WELLBEING in may_see else None,
        alerts=look.alerts(queues) if Topic.ALERTS in may_see else None,
        events=look.events() if Topic.EVENTS in may_see else None,
    )  # fmt: skip


class _Look:
    """One look at her record; what had to be left out is noted on the way."""

    def __init__(
        self, session: Session, patient: PatientRef, first: date, today: date, last: date
    ) -> None:
        self.session, self.patient = session, patient
        self.first, self.today, self.last = first, today, last
        self.zone = ZoneInfo(patient.time_zone)
        self.start = start_of_day(first, self.zone)
        self.end = start_of_day(last + _DAY, self.zone)
        self.left_out: list[str] = []

    def courses(self, now: datetime) -> list[Course]:
        """Return treatments that reach into these days, the first started first."""
        rows = self.session.execute(_periods_of(self.patient.id, self.first, self.last)).all()
        rows = self._capped(rows, MOST_PERIODS, "changes of treatment")[::-1]
        doses = self._doses(now)
        found = []
        for treatment, of_it in groupby(rows, key=lambda row: row.Treatment):
            known = knowledge().treatments.get(treatment.code or "")
            name = known.name if known else treatment.name or ""
            found.append(
                Course(
                    id=treatment.id, name=name[:1].upper() + name[1:],
                    started_on=treatment.started_on, ended_on=treatment.ended_on,
                    stretches=[
                        _stretch(row.DosagePeriod) for row in of_it if row.DosagePeriod is not None
                    ],
                    doses=doses.get(treatment.id, []),
                )
            )  # fmt: skip
        return found

    def _doses(self, now: datetime) -> dict[UUID, list[DoseDay]]:
        # Grouped by expressions without values of their own, or PostgreSQL sees two of them.
        day = sa.func.substr(Dose.local_at, sa.literal_column("1"), sa.literal_column("10"))
        columns = (Dose.treatment_id, day, Dose.status, Dose.reason)
        rows = self.session.execute(
            sa.select(*columns, sa.func.count())
            .where(
                Dose.patient_id == self.patient.id, Dose.due_at >= self.start, Dose.due_at <= now,
                Dose.deleted_at.is_(None),
            )
            .group_by(*columns)
            .order_by(day.desc())
            .limit(MOST_DOSE_DAYS + 1)
        ).all()  # fmt: skip
        found: dict[UUID, list[DoseDay]] = {}
        for treatment_id, on, status, reason, number in reversed(
            self._capped(rows, MOST_DOSE_DAYS, "days of doses")
        ):
            dose = DoseDay(date.fromisoformat(on), status, reason, number)
            found.setdefault(treatment_id, []).append(dose)
        return found

    def reports(self, now: datetime) -> tuple[list[Any], list[Any]]:
        """Return her symptom reports and her family's, oldest first."""
        since = min(self.start, now - _REPORTS_BACK)
        rows = symptoms.reports_between(
            self.session, self.patient.id, since=since, until=now, most=MOST_REPORTS + 1
        )
        found = self._capped(rows[::-1], MOST_REPORTS, "symptom reports")[::-1]
        by_family = [row.reported_by == CAREGIVER for row in found]
        hers = [row for row, theirs in zip(found, by_family, strict=True) if not theirs]
        return hers, [row for row, theirs in zip(found, by_family, strict=True) if theirs]

    def distress(self, now: datetime) -> list[tuple[date, int]]:
        """Return how distressed she said she was, oldest first; of a day the last she said."""
        rows = self.session.execute(
            sa.select(WellbeingCheck.at, WellbeingCheck.distress)
            .where(
                WellbeingCheck.patient_id == self.patient.id,
                WellbeingCheck.deleted_at.is_(None), WellbeingCheck.distress.is_not(None),
                WellbeingCheck.at >= self.start, WellbeingCheck.at <= now,
            )
            .order_by(WellbeingCheck.at.desc(), WellbeingCheck.id.desc())
            .limit(MOST_CHECKS + 1)
        ).all()  # fmt: skip
        kept = self._capped(rows, MOST_CHECKS, "wellbeing checks")
        return list({self._day(at): value for at, value in reversed(kept)}.items())

    def alerts(self, queues: Collection[Queue]) -> list[Mark]:
        """Return alerts of some queues by the day they were opened, oldest first."""
        rows = self.session.scalars(
            sa.select(Alert)
            .where(
                Alert.patient_id == self.patient.id, Alert.queue.in_(queues),
                Alert.opened_at >= self.start,
            )
            .order_by(Alert.opened_at.desc(), Alert.id.desc())
            .limit(MOST_MARKS + 1)
        ).all()  # fmt: skip
        kept = self._capped(rows, MOST_MARKS, "alerts")
        reasons = reasons_of(self.session, [alert.id for alert in kept])
        return [
            Mark(
                self._day(alert.opened_at), Severity(alert.severity).value,
                _first_reason(reasons[alert.id]), alert.id,
            )
            for alert in reversed(kept)
        ]  # fmt: skip

    def events(self) -> list[Mark]:
        """Return what happened, or is to happen, oldest first."""
        rows = self.session.execute(
            sa.select(Event.starts_at, Event.kind, Event.title, Event.id)
            .where(
                Event.patient_id == self.patient.id, Event.deleted_at.is_(None),
                Event.starts_at >= self.start, Event.starts_at < self.end,
            )
            .order_by(Event.starts_at.desc(), Event.id.desc())
            .limit(MOST_MARKS + 1)
        ).all()  # fmt: skip
        kept = self._capped(rows, MOST_MARKS, "events")
        return [Mark(self._day(at), kind, title, id) for at, kind, title, id in reversed(kept)]

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _capped(self, rows: Sequence[Any], most: int, what: str) -> Sequence[Any]:
        if len(rows) > most:
            self.left_out.append(f"only the latest {most} {what}")
        return rows[:most]


def _periods_of(patient_id: UUID, first: date, last: date) -> sa.Select[Treatment, DosagePeriod]:
    period = DosagePeriod
    begun = sa.and_(
        period.patient_id == patient_id, period.treatment_id == Treatment.id,
        period.starts_at < (last + _DAY).isoformat(),
        sa.or_(period.ends_at.is_(None), period.ends_at > first.isoformat()),
    )  # fmt: skip
    return (
        sa.select(Treatment, period)
        .outerjoin(period, begun)
        .where(
            Treatment.patient_id == patient_id, Treatment.deleted_at.is_(None),
            Treatment.status != "planned", Treatment.started_on <= last,
            sa.or_(Treatment.ended_on.is_(None), Treatment.ended_on >= first),
        )
        .order_by(Treatment.started_on.desc(), Treatment.id.desc(), period.starts_at.desc())
        .limit(MOST_PERIODS + 1)
    )  # fmt: skip


def _stretch(period: DosagePeriod) -> Stretch:
    """Return a period in days: one that ends in the middle of a day has that day."""
    last = None
    if period.ends_at is not None:
        last = (datetime.fromisoformat(period.ends_at) - timedelta(minutes=1)).date()
    first = date.fromisoformat(period.starts_at[:10])
    return Stretch(
        first, last, period.status == "held", period.dose, period.schedule, period.day_one
    )


def _first_reason(reasons: Sequence[Any]) -> str:
    """Return what opened an alert."""
    return str(min(reasons, key=lambda reason: reason.added_at).text) if reasons else ""
