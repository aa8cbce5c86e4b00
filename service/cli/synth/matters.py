"""Her alerts: how reasons join them, what the clock does, and what answering them writes.

As ``alerts.raising``, ``alerts.escalation`` and ``alerts.actions`` have it, without statements
and without a message: nobody is told of what never happened.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from service.accounts.models import Queue
from service.alerts import noting
from service.alerts.clocks import set_clocks
from service.alerts.escalation import Look, take_steps
from service.alerts.hearing import OUTCOME
from service.alerts.joining import Clock, join, names_of, opened, sum_up
from service.alerts.models import Alert, AlertReason
from service.alerts.raising import Raised
from service.alerts.rules import Reason
from service.alerts.steps import Doer, add_step, back_to_open, mark_closed
from service.alerts.telling import who_hears
from service.cli.synth.book import Book
from service.cli.synth.clinic import MadeClinic
from service.cli.synth.her import Her
from service.clinical import knowledge

_NOTHING = Raised(0, (), nobody_on_duty=False)


class Matters:
    """All the alerts of one patient, the oldest first."""

    def __init__(self, her: Her, clinic: MadeClinic, book: Book) -> None:
        self._her, self._clinic, self._book = her, clinic, book
        self._policy = knowledge().policy
        self._told: dict[UUID, set[UUID]] = {}
        self._unclosed: dict[Queue, Alert] = {}
        self.all: list[Alert] = []
        self.reasons: dict[UUID, list[AlertReason]] = {}

    def unclosed(self) -> list[Alert]:
        """Return those nobody has closed."""
        return list(self._unclosed.values())

    def raise_reasons(
        self, reasons: Sequence[Reason], *, started_at: datetime, now: datetime
    ) -> Raised:
        """Bring what the rules found before the people of its queues."""
        if not reasons:
            return _NOTHING
        clock = Clock(started_at, self._clinic.working, self._policy)
        unclosed = dict(self._unclosed)
        added, reopened = 0, []
        for queue in Queue:
            here = [reason for reason in reasons if reason.queue is queue]
            if not here:
                continue
            alert = unclosed.get(queue) or self._open(queue, now)
            rows = self.reasons[alert.id]
            joined = join(alert, rows, here, clock, now=now)
            added += len(joined.new)
            for row in joined.new:
                self._book.add(row)
                rows.append(row)
            rows.sort(key=lambda row: (row.added_at, row.id))
            is_new = queue not in unclosed
            sum_up(alert, rows, is_new=is_new)
            if joined.telling:
                reopened.append(alert.id)
                self._begin_round(alert, joined.telling, now, is_new=is_new)
            elif is_new:
                add_step(self._book, alert, "opened", now, None, rules=names_of(here))
            set_clocks(alert, rows, self._policy)
        return Raised(added, tuple(reopened), nobody_on_duty=False)

    def next_step_at(self) -> datetime | None:
        """Return when the clock has to tell somebody next."""
        moments = (one.next_step_at for one in self._unclosed.values())
        return min((moment for moment in moments if moment is not None), default=None)

    def take_steps(self, now: datetime) -> None:
        """Take the steps that are due."""
        for alert in self._unclosed.values():
            if alert.next_step_at is not None and alert.next_step_at <= now:
                look = Look(self._book, self._policy, now, self._clinic, frozenset())
                rows, told = self.reasons[alert.id], self._told[alert.id]
                take_steps(look, alert, rows, told, self._clinic.working)

    def acknowledge(self, alert: Alert, by: Doer, now: datetime) -> None:
        """Let somebody take an alert."""
        for row in self.reasons[alert.id]:
            if row.acknowledged_at is None:
                row.acknowledged_at, row.acknowledged_by = now, by.account_id
                row.next_step_at = None
        noting.note_taken(self._book, alert, by, now)
        set_clocks(alert, self.reasons[alert.id], self._policy)

    def attempt(self, alert: Alert, by: Doer, now: datetime, *, how: str, reached: bool) -> None:
        """Let whoever has an alert try to reach her."""
        noting.note_attempt(
            self._book, alert, by, now, how=how, reached=reached, note=None, reply=None
        )
        set_clocks(alert, self.reasons[alert.id], self._policy)

    def close(
        self, alert: Alert, by: Doer, now: datetime, *, outcome: str, action: str,
        contact_made: bool, reply: str | None, safety_plan: str | None,
    ) -> None:  # fmt: skip
        """Let whoever has an alert close it."""
        noting.note_closing(
            self._book, alert, by, now, outcome=outcome, action=action,
            contact_made=contact_made, note=None, reply=reply, safety_plan=safety_plan,
        )  # fmt: skip
        del self._unclosed[alert.queue]

    def close_as_heard(self, ids: Sequence[UUID], now: datetime) -> None:
        """Close alerts that rest on silence alone: she has been heard of."""
        for alert in [one for one in self.unclosed() if one.id in ids]:
            mark_closed(alert, OUTCOME, now, None)
            add_step(self._book, alert, OUTCOME, now, None)
            del self._unclosed[alert.queue]

    def close_for_death(self, by: Doer, now: datetime) -> None:
        """Close whatever is open: she has died."""
        for alert in self.unclosed():
            mark_closed(alert, "deceased", now, by.account_id)
            add_step(self._book, alert, "closed", now, by, outcome="deceased")
        self._unclosed.clear()

    def _open(self, queue: Queue, now: datetime) -> Alert:
        alert = opened(self._her.ref, queue, now)
        self._book.add(alert)
        self.all.append(alert)
        self._unclosed[queue] = alert
        self.reasons[alert.id], self._told[alert.id] = [], set()
        return alert

    def _begin_round(
        self, alert: Alert, telling: Sequence[Reason], now: datetime, *, is_new: bool
    ) -> None:
        opening = who_hears(alert, telling, self._clinic)
        add_step(self._book, alert, "opened" if is_new else "joined", now, None,
              rules=names_of(telling), told=opening.names)  # fmt: skip
        back_to_open(alert, now)
        self._told[alert.id] = {UUID(name) for name in opening.names}
