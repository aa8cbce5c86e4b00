"""What the clock does with an alert nobody has answered: it tells the next person, and the next."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import Queue
from service.accounts.roster_queries import disabled_of
from service.alerts import rules
from service.alerts.clocks import contact_due, read_reasons, set_clocks
from service.alerts.duty import Teams
from service.alerts.ladder import People
from service.alerts.models import Alert, AlertReason, AlertStep
from service.alerts.steps import add_step, nobody_left, tell_systems, working_time
from service.alerts.telling import message, note_escalation
from service.alerts.worktime import WorkingTime
from service.clinical import Policy
from service.clinical.policy import EVERYONE
from service.db import skip_locked
from service.hot import HotStatement
from service.notify.actions import Message, tell_all
from service.records import Keeps

# The steps that say who was told in a round.
_TELLING = ("opened", "joined", "reminded", "escalated")


class Everybody(Protocol):
    """Who there is to tell at one moment."""

    def people(self, clinic_id: UUID, queue: Queue) -> People:
        """Return everybody there is to tell about alerts of a queue."""
        ...

    def in_place_of(self, clinic_id: UUID, account_id: UUID) -> UUID | None:
        """Return who does what somebody would do; ``None``: nobody."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """One look of the clock: what it knows, and what it has to say."""

    session: Keeps
    policy: Policy
    now: datetime
    teams: Everybody
    disabled: frozenset[UUID]
    messages: list[Message] = field(default_factory=list)


def next_step_at(session: Session) -> datetime | None:
    """Return when a step of some alert is due next, ``None`` if never."""
    at: datetime | None = _NEXT_STEP.value(session)
    return at


_NEXT_STEP = HotStatement(
    sa.select(sa.func.min(Alert.next_step_at)).where(Alert.next_step_at.is_not(None))
)


def take_due_steps(session: Session, *, policy: Policy, now: datetime, limit: int = 100) -> int:
    """Take every step that is due for some alerts; return how many alerts had one.

    The rows are claimed for this transaction: of two schedulers each alert is another's or
    ours.  Telling is an outbox row with a key made of alert, round, step and person, so each is
    told once whatever happens in between.  What is read grows with the clinics, not the alerts.
    """
    alerts = session.scalars(
        skip_locked(
            sa.select(Alert)
            .where(Alert.next_step_at <= now)
            .order_by(Alert.next_step_at)
            .limit(limit)
            .execution_options(populate_existing=True)
        )
    ).all()
    if not alerts:
        return 0
    ids = [alert.id for alert in alerts]
    reasons, told = read_reasons(session, ids), _told_this_round(session, ids)
    holders = {alert.assignee_id for alert in alerts if alert.assignee_id is not None}
    look = Look(session, policy, now, Teams(session, now=now), disabled_of(session, holders))
    for alert in alerts:
        working = working_time(people.clinic(session, alert.clinic_id))
        before = alert.escalated_at
        take_steps(look, alert, reasons[alert.id], told[alert.id], working)
        if alert.escalated_at != before:
            tell_systems(session, alert, "alert.escalated", now)
    tell_all(session, look.messages)
    return len(alerts)


def take_steps(
    look: Look, alert: Alert, rows: Sequence[AlertReason], told: set[UUID], working: WorkingTime
) -> None:
    """Take the steps that are due for one alert; what is to be sent is left in the look.

    Args:
        look: of the clock.
        alert: whose turn it is.
        rows: its reasons.
        told: who has been told since it last went to ``open``; whoever is told now is added.
        working: the clinic's hours.
    """
    _climb_ladders(look, alert, rows, told, working)
    _tell_who_came(look, alert, told)
    _say_contact_is_overdue(look, alert, rows)
    set_clocks(alert, rows, look.policy, looked_at=look.now)


def told_by(step: str, detail: Mapping[str, Any]) -> Iterator[UUID]:
    """Name whom a step of an alert says that they were told."""
    if step in _TELLING:
        names = (*detail.get("told", ()), detail.get("to"))
        yield from (UUID(name) for name in names if name)


def _told_this_round(session: Session, alert_ids: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """Return who has been told of each alert since it last went to ``open``."""
    found: dict[UUID, set[UUID]] = {id: set() for id in alert_ids}
    rows = session.execute(
        sa.select(AlertStep.alert_id, AlertStep.kind, AlertStep.detail)
        .join(Alert, Alert.id == AlertStep.alert_id)
        .where(
            AlertStep.alert_id.in_(alert_ids),
            AlertStep.at >= Alert.raised_at,
            AlertStep.kind.in_(_TELLING),
        )
    )
    for alert_id, kind, detail in rows:
        found[alert_id].update(told_by(kind, detail))
    return found


def _climb_ladders(
    look: Look, alert: Alert, rows: Sequence[AlertReason], told: set[UUID], working: WorkingTime
) -> None:
    # One step a look for each reason: after an outage the ladder is climbed rung by rung, so
    # that everybody on it is told, in order.  Reasons that take the same step together tell
    # once: it is one alert.
    rungs: set[str] = set()
    for row in rows:
        if row.acknowledged_at is not None or not (
            row.next_step_at and row.next_step_at <= look.now
        ):
            continue
        ladder = look.policy.escalation[row.severity.value]
        rung = ladder.steps[row.next_step].tell
        if rung not in rungs:
            _climb(look, alert, rung, told, f"{row.id}.{row.next_step}")
        rungs.add(rung)
        row.next_step += 1
        assert row.acknowledge_by is not None  # noqa: S101 - a reason with steps has a clock
        row.next_step_at = rules.step_due(
            ladder, row.next_step, row.clock_started_at, row.acknowledge_by, working
        )


def _climb(look: Look, alert: Alert, rung: str, told: set[UUID], step: str) -> None:
    there = look.teams.people(alert.clinic_id, alert.queue)
    if rung in ("same_person", "assignee"):
        first = there.first if rung == "same_person" else _who_has_it(look, alert, there)
        if first is not None:
            told.add(first)
            look.messages.append(message(alert, first, f"remind.{step}", look.now))
            add_step(look.session, alert, "reminded", look.now, None, to=str(first))
        return
    found = there.next_for(rung, told)
    for account_id in found:
        told.add(account_id)
        look.messages.append(message(alert, account_id, "escalated", look.now))
        note_escalation(look.session, alert, account_id, look.now)
    if not found or rung == EVERYONE:
        nobody_left(look.session, alert, look.now)


def _tell_who_came(look: Look, alert: Alert, told: set[UUID]) -> None:
    # Nobody was left, and nobody has answered: whoever has come since is told, one a look.
    if alert.unanswered_since is not None:
        _climb(look, alert, "next_on_roster", told, "came")


def _say_contact_is_overdue(look: Look, alert: Alert, rows: Sequence[AlertReason]) -> None:
    due = contact_due(alert, rows, look.policy)
    if due is None or due > look.now:
        return
    rung = look.policy.contact_overdue[alert.contact_step].tell
    alert.contact_step += 1
    there = look.teams.people(alert.clinic_id, alert.queue)
    holder = _who_has_it(look, alert, there)
    key = f"overdue.{alert.contact_step}"
    if rung == "assignee":
        if holder is not None:
            look.messages.append(message(alert, holder, key, look.now))
        to = str(holder) if holder else None
        add_step(look.session, alert, "contact_overdue", look.now, None, to=to)
        return
    found = there.next_for(rung, {holder} if holder else ())
    look.messages.extend(message(alert, one, key, look.now) for one in found)
    note_escalation(look.session, alert, found[0] if found else None, look.now)


def _who_has_it(look: Look, alert: Alert, there: People) -> UUID | None:
    """Return who is to act on an alert somebody has: that one, a stand-in, or who is on duty."""
    holder = alert.assignee_id
    if holder is None or holder in look.disabled:
        return there.first
    return look.teams.in_place_of(alert.clinic_id, holder) or there.first
