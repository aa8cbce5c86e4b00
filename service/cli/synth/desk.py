"""The care team of the made-up clinic: who takes what when, reaches her or not, and closes it.

Most is answered in time, some late, what came last not at all.  The shares and delays are project
choices; nothing published says how a clinic with such alerts answers them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from random import Random
from uuid import UUID

from service.accounts.access import Do, Topic
from service.accounts.models import Queue
from service.alerts.models import Alert, AlertState, Severity
from service.audit.models import AccessLogEntry
from service.cli.synth.book import Book
from service.cli.synth.clinic import MadeClinic, Worker
from service.cli.synth.her import Her
from service.cli.synth.matters import Matters
from service.cli.synth.needs import Needs
from service.cli.synth.quiet import Quiet
from service.support.models import Cascade, SupportRequest

_Act = Callable[[datetime], None]
# Shares of the time there is, within which most take what waits; then how many are late.
_IN_TIME, _LATE_AT_MOST = 0.94, 2.6
_INFO_HOURS = (4.0, 60.0)
_REACHED, _REACHED_IF_SILENT = 0.84, 0.62
_ATTEMPTS = 3
_ASSESSED, _LOOKED_AFTER = 0.55, 0.9
_ADMITTED = 0.08
_CALLED: Mapping[Severity, float] = {
    Severity.URGENT: 0.96, Severity.SOON: 0.6, Severity.INFO: 0.08,
}  # fmt: skip
_REPLIES: Mapping[Queue, tuple[tuple[str, str], ...]] = {
    Queue.NURSING: (
        ("advice_given", "Thank you for telling us. Please try what we wrote down together."),
        ("spoken_to", "It was good to speak with you. Call again if it does not ease."),
        ("seen", "Thank you for coming in. We will ask you again in two days."),
    ),
    Queue.SOCIAL_WORK: (
        ("spoken_to", "Thank you for the talk. I will call you again next week."),
        ("referred", "I have asked the support group to write to you."),
    ),
    Queue.CHAPLAINCY: (("spoken_to", "I was glad to sit with you. I will come by again."),),
    Queue.COORDINATION: (("spoken_to", "It is good to hear from you again."),),
}
_ACTIONS = (
    "Talked through what to do next.", "Discussed with the physician on call.",
    "Went through the tablets together.", "Gave advice as in the plan of care.",
)  # fmt: skip
_NEEDS = (
    "Somebody to talk with, every week for now.", "Help with the forms for insurance.",
    "Time to speak of what this means.", "A ride to the infusions.",
)  # fmt: skip
_HOW = ("phone", "phone", "phone", "message", "video")
_SAFETY = ("made", "reviewed", "reviewed", "declined")


class Desk:
    """Everybody who answers for one patient, and what they have still to do."""

    def __init__(
        self, clinic: MadeClinic, her: Her, matters: Matters, needs: Needs, quiet: Quiet,
        book: Book, dice: Random,
    ) -> None:  # fmt: skip
        self._clinic, self._her, self._book, self._dice = clinic, her, book, dice
        self._matters, self._needs, self._quiet = matters, needs, quiet
        self._workers = {one.account_id: one for one in clinic.workers}
        self._acts: list[tuple[datetime, int, _Act]] = []
        self._count = 0
        self._rounds: dict[UUID, datetime] = {}

    def someone_on(self, queue: Queue) -> Worker:
        """Return somebody who works on a queue."""
        return self._dice.choice(self._clinic.at_work_on(queue))

    def next_at(self) -> datetime | None:
        """Return when somebody does something next."""
        return self._acts[0][0] if self._acts else None

    def act(self) -> None:
        """Let what is next be done."""
        at, _number, act = heappop(self._acts)
        act(at)

    def look(self, now: datetime) -> None:
        """Plan what is done about the alerts that have gone to open since the last look."""
        for alert in self._matters.unclosed():
            if alert.state is AlertState.OPEN and self._rounds.get(alert.id) != alert.raised_at:
                self._rounds[alert.id] = alert.raised_at
                self._plan(self._taking_at(alert, now), self._take(alert, alert.raised_at))

    def hear_of(self, requests: Sequence[SupportRequest], now: datetime) -> None:
        """Plan what is done about requests that have just come."""
        for request in requests:
            hours = self._dice.uniform(0.5, 8) if self._dice.random() < _IN_TIME else 40
            self._plan(self._in_hours(now + timedelta(hours=hours)), self._claim(request))

    def _taking_at(self, alert: Alert, now: datetime) -> datetime:
        dice = self._dice
        if alert.acknowledge_by is None:
            return self._in_hours(now + timedelta(hours=dice.uniform(*_INFO_HOURS)))
        share = dice.betavariate(1.4, 4.5)
        if dice.random() >= _IN_TIME:
            share = dice.uniform(1.05, _LATE_AT_MOST)
        at = now + (alert.acknowledge_by - now) * share
        return at if alert.severity is Severity.URGENT else self._in_hours(at)

    def _take(self, alert: Alert, since: datetime) -> _Act:
        def act(now: datetime) -> None:
            if alert.state is not AlertState.OPEN or alert.raised_at != since:
                return
            by = self._workers.get(alert.assignee_id) if alert.assignee_id else None
            by = by or self.someone_on(alert.queue)
            self._matters.acknowledge(alert, by, now)
            self._needs.on_taken(alert, by)
            self._log(by, Topic.ALERTS, "alerts.acknowledge", now)
            calls = alert.needs_named_contact or alert.queue is not Queue.NURSING
            if calls or self._dice.random() < _CALLED[alert.severity]:
                self._plan(self._soon(alert, now), self._call(alert, since, by, 1))
            else:
                self._plan(self._later(now, 4, 90), self._close(alert, since, by, None))

        return act

    def _call(self, alert: Alert, since: datetime, by: Worker, attempt: int) -> _Act:
        def act(now: datetime) -> None:
            if alert.state is AlertState.CLOSED or alert.raised_at != since:
                return
            is_quiet = alert.queue is Queue.COORDINATION
            reached = self._dice.random() < (_REACHED_IF_SILENT if is_quiet else _REACHED)
            how = self._dice.choice(_HOW)
            self._matters.attempt(alert, by, now, how=how, reached=reached)
            self._needs.on_contact(alert, by, now, reached=reached)
            self._log(by, Topic.ALERTS, "alerts.record_contact", now)
            if is_quiet:
                self._quiet.look(now)
            if reached:
                self._say_what_she_needs(self._needs.running(alert.id), by, now)
                self._plan(self._later(now, 2, 40), self._close(alert, since, by, True))
            elif attempt < _ATTEMPTS or alert.needs_named_contact:
                self._plan(self._again(alert, now), self._call(alert, since, by, attempt + 1))
            else:
                self._plan(self._later(now, 2, 40), self._close(alert, since, by, False))

        return act

    def _close(self, alert: Alert, since: datetime, by: Worker, reached: bool | None) -> _Act:
        def act(now: datetime) -> None:
            if alert.state is AlertState.CLOSED or alert.raised_at != since:
                return
            outcome, reply = self._outcome(alert, reached)
            self._matters.close(
                alert, by, now, outcome=outcome, action=self._dice.choice(_ACTIONS),
                contact_made=bool(reached), reply=reply, safety_plan=self._safety_plan(alert),
            )  # fmt: skip
            self._needs.on_close(alert, by, now)
            self._her.summary.note_alerts(self._matters.unclosed(), now)
            self._log(by, Topic.ALERTS, "alerts.close", now)

        return act

    def _outcome(self, alert: Alert, reached: bool | None) -> tuple[str, str | None]:
        if reached is False:
            return "not_reached", "We tried to reach you. Please call us when you can."
        if reached and alert.severity is Severity.URGENT and self._dice.random() < _ADMITTED:
            return "admitted", None
        outcome, reply = self._dice.choice(_REPLIES[alert.queue])
        if not reached:
            outcome = "advice_given" if alert.severity is not Severity.INFO else "no_action"
        return outcome, None if alert.severity is Severity.INFO else reply

    def _safety_plan(self, alert: Alert) -> str | None:
        rules = (row.rule for row in self._matters.reasons[alert.id])
        if any(rule.startswith("SI-") for rule in rules):
            return self._dice.choice(_SAFETY)
        return None

    def _claim(self, request: SupportRequest) -> _Act:
        def act(now: datetime) -> None:
            by = self.someone_on(request.queue)
            self._needs.claim(request, by, now)
            self._log(by, Topic.REQUESTS, "alerts.claim_request", now)
            self._plan(self._later(now, 5, 900), self._call_back(request, by))

        return act

    def _call_back(self, request: SupportRequest, by: Worker) -> _Act:
        def act(now: datetime) -> None:
            reached = self._dice.random() < _REACHED
            self._needs.attempt(request, by, now, reached=reached)
            self._log(by, Topic.REQUESTS, "alerts.contact_about_request", now)
            if reached:
                self._say_what_she_needs(self._needs.running(request.id), by, now)
            self._plan(self._later(now, 5, 3000), self._close_request(request, by))

        return act

    def _close_request(self, request: SupportRequest, by: Worker) -> _Act:
        def act(now: datetime) -> None:
            self._needs.close(request, by, now)
            self._log(by, Topic.REQUESTS, "alerts.close_request", now)

        return act

    def _say_what_she_needs(self, cascade: Cascade | None, by: Worker, now: datetime) -> None:
        if cascade is None or cascade.assessed_at or self._dice.random() >= _ASSESSED:
            return
        again = self._in_hours(now + timedelta(days=self._dice.choice((7, 14, 28)), hours=1))
        on = again.astimezone(self._clinic.working.zone).date()
        need = self._dice.choice(_NEEDS)
        self._needs.assess(cascade, by, now, need=need, step=cascade.step or 3, on=on)
        if self._dice.random() < _LOOKED_AFTER:
            self._plan(again, self._look_after(cascade, by))

    def _look_after(self, cascade: Cascade, by: Worker) -> _Act:
        def act(now: datetime) -> None:
            if cascade.ended_at is None:
                outcome = "She feels better supported."
                self._needs.follow_up(cascade, by, now, outcome=outcome)
                self._log(by, Topic.REQUESTS, "cascade.follow_up", now)

        return act

    def _soon(self, alert: Alert, now: datetime) -> datetime:
        if alert.severity is Severity.URGENT:
            return self._whole(now + timedelta(minutes=self._dice.uniform(1, 12)))
        return self._later(now, 2, 240)

    def _again(self, alert: Alert, now: datetime) -> datetime:
        if alert.severity is Severity.URGENT:
            return self._whole(now + timedelta(minutes=self._dice.uniform(10, 60)))
        return self._later(now, 300, 2000)

    def _later(self, now: datetime, least: float, most: float) -> datetime:
        return self._in_hours(now + timedelta(minutes=self._dice.uniform(least, most)))

    def _in_hours(self, at: datetime) -> datetime:
        """Return a moment, or one soon after the clinic opens next."""
        opens, _closes = next(self._clinic.working.open_periods(at))
        if opens <= at:
            return self._whole(at)
        return self._whole(opens + timedelta(minutes=self._dice.uniform(1, 120)))

    def _whole(self, at: datetime) -> datetime:
        return at.replace(microsecond=0)

    def _plan(self, at: datetime, act: _Act) -> None:
        self._count += 1
        heappush(self._acts, (self._whole(at), self._count, act))

    def _log(self, by: Worker, topic: Topic, route: str, now: datetime) -> None:
        self._book.put(AccessLogEntry, {
            "id": self._book.new_id(), "patient_id": self._her.ref.id,
            "clinic_id": self._her.ref.clinic_id, "at": now, "account_id": by.account_id,
            "role": by.role, "topic": topic.value, "action": Do.WRITE.value, "route": route,
            "request_id": str(self._book.new_id()),
        })  # fmt: skip
