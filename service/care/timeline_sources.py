"""Where each kind of thing in her line comes from: one limited scan of one index."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from service.alerts.models import Alert
from service.care.timeline_items import SHAPE
from service.clinical import knowledge
from service.db import UtcDateTime
from service.journey.models import Diagnosis, Event
from service.reminders.models import Reminder, ReminderOccurrence
from service.support.models import SupportRequest
from service.symptoms.models import Measurement, SymptomReport
from service.treatments.models import DosagePeriod, Dose, Treatment
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck
from service.words import in_place

_Columns = Mapping[str, Any]


class Source(NamedTuple):
    """One kind: its rows, the column it is ordered by, and what is told of each.

    ``where`` is written into the statement, so that partial indexes are known to fit.
    """

    kind: str
    rows: Any
    at: Any
    where: tuple[Any, ...]
    columns: _Columns
    owner: Any = None

    @property
    def by_day(self) -> bool:
        """Tell whether its things have a day and no time."""
        return isinstance(self.at.type, sa.Date)

    def __call__(self, most: int, *, is_first: bool) -> sa.Select[Any]:
        """Select at most so many rows after a place, in the shape all kinds share."""
        owner = self.owner if self.owner is not None else self.rows
        before = sa.bindparam(f"{self.kind}_before", type_=self.at.type)
        id = sa.bindparam(f"{self.kind}_id", type_=sa.Uuid())
        patient = sa.bindparam("patient_id", type_=sa.Uuid())
        newest = (
            sa.select(
                owner.c.id, self.at.label("at"),
                *(column.label(name) for name, column in self.columns.items()),
            )
            .select_from(self.rows)
            .where(
                owner.c.patient_id == patient,
                sa.tuple_(self.at, owner.c.id) < sa.tuple_(before, id),
                *self.where,
            )
            .order_by(self.at.desc(), owner.c.id.desc())
            # Written into the statement: the planner has to know how few they are.
            .limit(sa.literal_column(str(most)))
            .subquery(self.kind)
        )  # fmt: skip
        found = {name: newest.c[name] for name in self.columns}
        at, on = (None, newest.c.at) if self.by_day else (newest.c.at, None)
        return sa.select(
            sa.literal_column(f"'{self.kind}'", sa.String()).label("kind"),
            newest.c.id, _column(at, UtcDateTime(), is_first).label("at"),
            _column(on, sa.Date(), is_first).label("on"),
            *(_column(found.get(name), of, is_first).label(name) for name, of in SHAPE.items()),
        )  # fmt: skip


def _column(found: Any, of: Any, is_first: bool) -> Any:
    # The first of a union says the types.
    if found is not None:
        return sa.type_coerce(found, of)
    return sa.cast(sa.null(), of) if is_first else sa.null()


def _live(table: Any, *more: Any) -> tuple[Any, ...]:
    return (table.c.deleted_at.is_(None), *more)


def _truth(column: Any) -> Any:
    one: Any = sa.literal_column("1")
    nought: Any = sa.literal_column("0")
    return sa.case((column.is_(sa.true()), one), (column.is_(sa.false()), nought))


def _is_shown(questionnaire: Any) -> Any:
    """Leave out what a clinician enters for colleagues, unless one asks."""
    codes = [code for code, one in knowledge().instruments.items() if one.staff_only]
    hidden = (questionnaire == sa.literal_column(f"'{code}'") for code in codes)
    return sa.or_(sa.bindparam("for_staff", type_=sa.Boolean()), sa.not_(sa.or_(*hidden)))


def _of_reminder(column: Any, reminder_id: Any) -> Any:
    # Looked up one by one: a join may be planned as a scan of everybody's.
    reminder = Reminder.__table__
    return sa.select(reminder.c[column]).where(reminder.c.id == reminder_id).scalar_subquery()


def _of_period_before(column: Any, period: Any) -> Any:
    before = DosagePeriod.__table__.alias("before")
    return (
        sa.select(before.c[column])
        .where(
            before.c.patient_id == period.c.patient_id,
            before.c.treatment_id == period.c.treatment_id,
            before.c.starts_at < period.c.starts_at,
        )
        .order_by(before.c.starts_at.desc())
        .limit(sa.literal_column("1"))
        .scalar_subquery()
    )


def _treatment_sources() -> tuple[Source, ...]:
    treatment, period, dose = Treatment.__table__, DosagePeriod.__table__, Dose.__table__
    t, p, d = treatment.c, period.c, dose.c
    told = {"s1": t.code, "s2": t.name, "s3": t.modality, "s4": t.status, "n1": t.line}
    named = {"s1": t.code, "s2": t.name}
    of_treatment = treatment.c.id == p.treatment_id
    return (
        Source(
            "treatment_started", treatment, t.started_on, _live(treatment), told | {"s5": t.dose}
        ),
        Source(
            "treatment_ended", treatment, t.ended_on, _live(treatment),
            told | {"s5": t.stop_reason},
        ),
        Source(
            # How a course began is told by the course; of what is taken out nothing is.
            "treatment_changed", period.join(treatment, of_treatment), p.made_at,
            _live(treatment, _of_period_before("status", period).is_not(None)),
            named | {
                "ref": p.treatment_id, "s3": p.status, "s4": p.dose, "j1": p.schedule,
                "d1": p.day_one, "s5": _of_period_before("status", period),
                "s6": _of_period_before("dose", period),
                "j2": _of_period_before("schedule", period),
                "d2": _of_period_before("day_one", period),
            },
            owner=period,
        ),
        Source(
            "dose", dose.join(treatment, treatment.c.id == d.treatment_id), d.due_at,
            (d.deleted_at.is_(None), t.deleted_at.is_(None), sa.text("doses.status <> 'expected'")),
            named | {
                "ref": d.treatment_id, "s3": d.status, "s4": d.reason, "s5": d.local_at,
                "n1": d.cycle, "m1": d.taken_at,
            },
            owner=dose,
        ),
    )  # fmt: skip


def _diary_sources() -> tuple[Source, ...]:
    diagnosis, event = Diagnosis.__table__, Event.__table__
    report, measured = SymptomReport.__table__, Measurement.__table__
    check, response = WellbeingCheck.__table__, QuestionnaireResponse.__table__
    occurrence = ReminderOccurrence.__table__
    g, e, r, m, c = diagnosis.c, event.c, report.c, measured.c, check.c
    q, o = response.c, occurrence.c
    return (
        Source(
            "diagnosis", diagnosis, g.received_at, _live(diagnosis),
            {
                "s1": g.recurrence, "s2": g.er, "s3": g.pr, "s4": g.her2, "s5": g.confirmed_by,
                "j1": g.metastatic_sites, "d1": g.diagnosed_on, "d2": g.recurred_on,
            },
        ),
        Source(
            "event", event, e.starts_at, _live(event),
            {"s1": e.kind, "s2": e.title, "s3": e.place},
        ),
        Source(
            "symptom_report", report, r.at, _live(report, r.corrected_by.is_(None)),
            {
                "j1": r.answers, "j2": r.red_flags, "n1": r.temperature_c, "s1": r.reported_by,
            },
        ),
        Source(
            "measurement", measured, m.at, _live(measured),
            {"s1": m.code, "s2": m.unit, "n1": m.value},
        ),
        Source(
            "wellbeing_check", check, c.at, _live(check),
            {"n1": c.distress, "n2": c.mood, "j1": c.topics},
        ),
        Source(
            "questionnaire", response, q.at, _live(response, _is_shown(q.questionnaire)),
            {
                "s1": q.questionnaire, "s2": q.status, "s3": q.band, "n1": q.total,
                "n2": _truth(q.positive),
            },
        ),
        Source(
            "reminder", occurrence, o.due_at,
            _live(occurrence, sa.text("status IN ('done', 'skipped', 'missed')")),
            {
                "ref": o.reminder_id, "s1": _of_reminder("title", o.reminder_id),
                "s2": _of_reminder("kind", o.reminder_id), "s3": o.status, "s4": o.local_at,
            },
        ),
    )  # fmt: skip


def _answer_sources() -> tuple[Source, ...]:
    request, alert = SupportRequest.__table__, Alert.__table__
    s, a = request.c, alert.c
    return (
        Source(
            "support_request", request, s.requested_at, _live(request),
            {"s1": s.kind, "s2": s.state, "s3": s.contact_by},
        ),
        Source(
            "reply", alert, a.closed_at,
            (sa.text("state = 'closed' AND severity <> 'info'"),),
            {"s1": sa.type_coerce(a.queue, sa.String()), "s2": in_place(a.reply_to_patient)},
        ),
    )  # fmt: skip


@cache
def sources() -> Mapping[str, Source]:
    """Return the sources by kind; made when first asked for, by the knowledge then in force."""
    found = (*_treatment_sources(), *_diary_sources(), *_answer_sources())
    return {source.kind: source for source in found}
