"""Asking a question of the clinic's history, and what is shown of the answers."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import TABLE, Do, Topic, Viewer
from service.accounts.account_queries import lock_clinic
from service.accounts.consent_texts import CARE_TEAM
from service.accounts.models import Patient
from service.accounts.roster_queries import roster
from service.accounts.sharing import consented_to
from service.care.lab import refusals
from service.care.lab.drafting import check_replayable
from service.care.lab.kinds import KINDS
from service.care.lab.question import Figures
from service.care.lab.replay import figures_for
from service.care.rules import Rule
from service.care.rules_in_force import held_in
from service.errors import IdConflict
from service.rulebook import queries
from service.rulebook.models import LabRun

DAYS = 90
DAYS_AT_MOST = 366
# Of one clinic: each waits for the one before.
UNFINISHED_AT_MOST = 5


def ask_replay(
    session: Session, viewer: Viewer, draft_id: UUID, *, id: UUID, now: datetime,
    first: date | None = None, last: date | None = None, as_of: datetime | None = None,
) -> LabRun:  # fmt: skip
    """Ask what a draft would have raised; the scheduler answers.

    Args:
        session: in a transaction.
        viewer: who asks.
        draft_id: of what is tried.
        id: of the run; the same again asks nothing new.
        now: the moment.
        first: first day looked at; ``None`` for 90 days until ``last``.
        last: last day; ``None`` for the clinic's today.
        as_of: nothing that came later counts; ``None`` for now.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        RuleUnusable, RuleAskedByClock: see ``drafting.check_replayable``.
        WindowUnusable: these days cannot be looked at.
        LabBusy: several runs wait already.
        IdConflict: the id stands for another run.
    """
    row = queries.draft(session, viewer.clinic_id, draft_id)
    lock_clinic(session, row.clinic_id)
    there = session.get(LabRun, id)
    if there is not None:
        if (there.asked_by, there.subject_id) != (viewer.account_id, draft_id):
            raise IdConflict
        return there
    held = held_in(session, row.clinic_id)
    tried, against = check_replayable(held, row), held.rules.by_id.get(row.rule)
    clinic = people.clinic(session, row.clinic_id)
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    first, last = _window(first, last, today)
    if as_of is not None and as_of > now:
        raise refusals.WindowUnusable(errors=[("/as_of", "Nobody knows yet what will come.")])
    queue = _queue_of(tried) or _queue_of(against)
    figures = figures_for(
        rule=row.rule, draft_version=row.rule_version, is_off=row.is_off,
        in_force=dict(against.data) if against else None, queue=queue,
        staff=_on_roster(session, row.clinic_id, queue, now), zone=clinic.time_zone,
    )  # fmt: skip
    return begin_run(
        session, viewer, "replay", id=id, subject_id=row.id, tried=row.text, figures=figures,
        first=first, last=last, as_of=as_of or now, now=now,
    )  # fmt: skip


def begin_run(
    session: Session, viewer: Viewer, kind: str, *, id: UUID, subject_id: UUID, tried: str,
    figures: Figures, as_of: datetime, now: datetime, first: date | None = None,
    last: date | None = None,
) -> LabRun:  # fmt: skip
    """Put a run of some kind in line; the clinic's row is locked.

    Raises:
        LabBusy: several runs of the clinic wait already.
    """
    assert viewer.clinic_id is not None  # noqa: S101 - tells mypy, not a check
    if queries.unfinished(session, viewer.clinic_id) >= UNFINISHED_AT_MOST:
        raise refusals.LabBusy
    patients = session.scalar(
        sa.select(sa.func.count()).where(
            Patient.clinic_id == viewer.clinic_id, Patient.is_drill.is_(False),
            Patient.joined_at <= as_of, consented_to(CARE_TEAM),
        )
    )  # fmt: skip
    run = LabRun(
        id=id, clinic_id=viewer.clinic_id, kind=kind, subject_id=subject_id, tried=tried,
        first=first, last=last, as_of=as_of, state="waiting", asked_by=viewer.account_id,
        asked_at=now, patients=patients or 0, done=0, figures=figures,
    )  # fmt: skip
    session.add(run)
    session.flush()
    return run


def stop(session: Session, viewer: Viewer, id: UUID, *, now: datetime) -> LabRun:
    """Let a run end where it is; one that has ended stays as it is.

    Raises:
        NotFound: there is no such run in the viewer's clinic.
    """
    queries.run(session, viewer.clinic_id, id)
    run = session.get_one(LabRun, id, with_for_update=True, populate_existing=True)
    if run.state in {"waiting", "running"}:
        run.state, run.ended_at = "stopped", now
    return run


def sees_patients(viewer: Viewer) -> bool:
    """Tell whether somebody may know of which patients findings are; the others see counts."""
    return Do.READ in TABLE[Topic.PICTURE][viewer.role]


def patient_names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return what the patients of findings are called."""
    if not ids:
        return {}
    rows = session.execute(sa.select(Patient.id, Patient.display_name).where(Patient.id.in_(ids)))
    return {row.id: row.display_name for row in rows}


def run_shown(viewer: Viewer, run: LabRun) -> dict[str, Any]:
    """Return a run as its page and the API show it; ``report`` is ``None`` until it is done."""
    found: dict[str, Any] = {
        name: getattr(run, name)
        for name in (
            "id", "kind", "subject_id", "state", "first", "last", "as_of", "asked_by", "asked_at",
            "ended_at", "patients", "done", "error",
        )
    }  # fmt: skip
    about = run.figures.get("about", {})
    return found | {
        "rule": about.get("rule"),
        "draft_version": about.get("draft_version"),
        "digest": run.digest if sees_patients(viewer) else None,
        "report": _report(viewer, run),
        "findings": run.figures.get("findings", 0) if sees_patients(viewer) else None,
    }


def _report(viewer: Viewer, run: LabRun) -> Mapping[str, Any] | None:
    report: Mapping[str, Any] | None = run.figures.get("report")
    if report is None or sees_patients(viewer):
        return report
    return KINDS[run.kind].coarse(report)


def _window(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    last = last or today
    first = first or last - timedelta(days=DAYS - 1)
    if last > today:
        raise refusals.WindowUnusable(errors=[("/last", "This day is still to come.")])
    if not timedelta(0) <= last - first < timedelta(days=DAYS_AT_MOST):
        said = f"From one day to {DAYS_AT_MOST} days, the last not before the first."
        raise refusals.WindowUnusable(errors=[("/first", said)])
    return first, last


def _queue_of(rule: Rule | None) -> str | None:
    alerts = (case.outcome.alert for case in rule.cases) if rule else ()
    return next((alert.queue for alert in alerts if alert is not None), None)


def _on_roster(session: Session, clinic_id: UUID, queue: str | None, now: datetime) -> int:
    if queue is None:
        return 0
    shifts = roster(session, clinic_id, now=now, duty=queue).shifts
    return len({shift.account_id for shift in shifts})
