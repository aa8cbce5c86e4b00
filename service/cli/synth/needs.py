"""Her requests for a person, and the cascades of support of these and of her alerts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from service.accounts.models import Queue
from service.alerts.models import Alert, AlertState
from service.alerts.raising import Raised
from service.alerts.steps import Doer
from service.care import cascading
from service.cli.synth.book import Book
from service.cli.synth.clinic import MadeClinic
from service.cli.synth.her import Her
from service.cli.synth.matters import Matters
from service.ids import derived_id
from service.records import Change, values_of
from service.support import asking, cascades, noting, rules
from service.support.models import Cascade, SupportRequest


class Needs:
    """All the requests and cascades of one patient."""

    def __init__(self, her: Her, clinic: MadeClinic, matters: Matters, book: Book) -> None:
        self._her, self._clinic, self._book = her, clinic, book
        self._matters = matters
        self._cascades: dict[UUID, Cascade] = {}
        self._waiting: list[Cascade] = []
        self.requests: list[SupportRequest] = []

    def ask(self, request: Mapping[str, Any], change: Change) -> SupportRequest:
        """Enter a request she makes."""
        content = {name: request[name] for name in ("kind", "message", "contact_by")}
        return self._enter(request["id"], content, asking.QUEUE_OF[request["kind"]], change)

    def ask_for_wishes(
        self, kinds: Sequence[str], origin: Mapping[str, Any], change: Change
    ) -> list[SupportRequest]:
        """Turn the wishes of a wellbeing check into requests; those she waits for are the same."""
        waiting = {one.kind for one in self.requests if one.state in ("received", "claimed")}
        found = []
        for kind in kinds:
            if kind not in waiting:
                content = {"kind": kind, "message": None, "contact_by": None}
                id = derived_id("support-request", origin["id"], kind)
                found.append(self._enter(id, content, asking.QUEUE_OF[kind], change, origin=origin))
        return found

    def ask_for_bereavement(self, change: Change) -> list[SupportRequest]:
        """Ask social work and chaplaincy to stand by her family."""
        found = []
        for queue in (Queue.SOCIAL_WORK, Queue.CHAPLAINCY):
            content = {"kind": "bereavement", "message": None, "contact_by": None}
            id = derived_id("bereavement", change.patient_id, queue.value, change.change_no)
            found.append(self._enter(id, content, queue, change))
        return found

    def open_for_alerts(self, raised: Raised, offered: Collection[str], now: datetime) -> None:
        """Begin the cascade of each alert that was opened, or lift the one it has."""
        for alert in self._matters.unclosed():
            if alert.id not in raised.reopened or alert.queue not in cascading.QUEUES:
                continue
            came = [
                (row.rule, row.given)
                for row in self._matters.reasons[alert.id]
                if row.added_at == now and row.severity.value != "info"
            ]
            if entered := cascading.entries_of(came):
                self._cascades[alert.id] = cascading.begin_or_lift(
                    self._book, self._her.ref, alert, self.running(alert.id),
                    entered=entered, offered=offered, now=now,
                )  # fmt: skip

    def running(self, source_id: UUID) -> Cascade | None:
        """Return the cascade of an alert or a request that has not ended."""
        found = self._cascades.get(source_id)
        return found if found is not None and found.ended_at is None else None

    def on_taken(self, alert: Alert, by: Doer) -> None:
        """Let whoever has the alert now have its cascade."""
        if (cascade := self.running(alert.id)) is not None:
            cascades.give_to(cascade, by.account_id)

    def on_contact(self, alert: Alert, by: Doer, now: datetime, *, reached: bool) -> None:
        """Note an attempt to reach her about an alert."""
        if (cascade := self.running(alert.id)) is not None:
            cascades.note_contact(self._book, cascade, by, reached=reached, now=now)

    def on_close(self, alert: Alert, by: Doer, now: datetime) -> None:
        """Let the closing of an alert end its cascade, unless a follow-up is still to come."""
        if (cascade := self.running(alert.id)) is not None:
            cascades.settle(
                self._book, cascade, by, ended_as=rules.ending_of(alert.outcome or ""),
                reached=bool(alert.contact_made), now=now,
            )  # fmt: skip

    def claim(self, request: SupportRequest, by: Doer, now: datetime) -> None:
        """Let somebody take a request."""
        noting.note_claim(self._book, request, by, now)
        if (cascade := self.running(request.id)) is not None:
            cascades.give_to(cascade, by.account_id)

    def attempt(self, request: SupportRequest, by: Doer, now: datetime, *, reached: bool) -> None:
        """Let somebody try to reach her about a request."""
        noting.note_attempt(self._book, request, by, now, reached=reached, note=None)
        if (cascade := self.running(request.id)) is not None:
            cascades.note_contact(self._book, cascade, by, reached=reached, now=now)

    def close(self, request: SupportRequest, by: Doer, now: datetime) -> None:
        """Let somebody close a request."""
        noting.note_closing(self._book, request, by, now, note=None)
        if (cascade := self.running(request.id)) is not None:
            ended_as = rules.ending_of_request(cascade)
            cascades.settle(self._book, cascade, by, ended_as=ended_as, reached=False, now=now)

    def assess(
        self, cascade: Cascade, by: Doer, now: datetime, *, need: str, step: int, on: date
    ) -> None:
        """Let somebody say what she needs, and when to look after her again."""
        cascades.note_assessment(
            self._book, cascade, by, need=need, step=step, follow_up_on=on, note=need, now=now
        )

    def follow_up(self, cascade: Cascade, by: Doer, now: datetime, *, outcome: str) -> None:
        """Let somebody look after her again; it ends with that if its source is closed."""
        cascades.note_follow_up(self._book, cascade, by, next_on=None, note=outcome, now=now)
        if self._source_is_closed(cascade):
            cascades.end(self._book, cascade, by, ended_as="completed", note=None, now=now)

    def end_all(self, by: Doer, now: datetime) -> None:
        """End whatever is on its way: she has died."""
        for cascade in sorted(self._cascades.values(), key=lambda one: one.id):
            if cascade.ended_at is None:
                cascades.end(self._book, cascade, by, ended_as=cascades.DEATH, note=None, now=now)

    def next_reminder_at(self) -> datetime | None:
        """Return when somebody else is to be told of a request nobody has taken."""
        self._waiting = [one for one in self._waiting if one.remind_at is not None]
        moments = (one.remind_at for one in self._waiting)
        return min((moment for moment in moments if moment is not None), default=None)

    def remind(self, now: datetime) -> None:
        """Tell the next one of each request nobody has taken in time."""
        for cascade in self._waiting:
            if cascade.remind_at is not None and cascade.remind_at <= now:
                cascade.remind_at = None
                cascades.add_step(self._book, cascade, "reminded", None, now)

    def _source_is_closed(self, cascade: Cascade) -> bool:
        for alert in self._matters.all:
            if alert.id == cascade.alert_id:
                return alert.state is AlertState.CLOSED
        return any(one.id == cascade.request_id and one.state == "closed" for one in self.requests)

    def _enter(
        self, id: UUID, content: Mapping[str, Any], queue: Queue, change: Change,
        *, origin: Mapping[str, Any] | None = None,
    ) -> SupportRequest:  # fmt: skip
        patient = self._her.ref
        derived = asking.derived_of(patient, queue, origin, now=change.now)
        request = SupportRequest(
            **values_of(change=change, id=id, content=content, derived=derived)
        )
        self._book.add(request)
        self.requests.append(request)
        self._cascades[id] = asking.begin(
            self._book, patient, id, queue, content["kind"], working=self._clinic.working,
            change=change,
        )  # fmt: skip
        self._waiting.append(self._cascades[id])
        return request
