"""One round of the clock: escalate, look after the silent, plan, release, send.

Rows decide what is due, so a round may be late, run twice, or run in two processes at once.
Where a worker is killed, what is left and what happens next:

* while planning, releasing or escalating: the transaction is rolled back; the next round does it.
* after ``claim``: messages are leased and not sent; they are taken again once the lease is over.
* after the channel took a message and before it is recorded: the lease runs out and it is sent
  again under the same collapse key, which replaces the first on the phone.
* after it is recorded: it is done.

Nothing is lost at any of these points, and nothing slow happens inside a transaction.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.alerts.clock_repair import put_alerts_right
from service.alerts.escalation import take_due_steps
from service.care import silence
from service.clinical import knowledge
from service.clock import Clock
from service.content.publishing import publish_due
from service.db import transaction
from service.emergencies import actions as emergencies
from service.jobs.aside import do_aside
from service.jobs.erasures import erase_due
from service.jobs.files import make_files
from service.jobs.moments import EVERYTHING, kinds_due, next_of_hers
from service.notify import leasing
from service.notify.actions import beat
from service.notify.channels import Channels
from service.notify.clock_repair import clock_was_ahead, put_messages_right
from service.notify.gate import TOO_LATE
from service.notify.rules import LANES, ChannelName, Leased, Outcome, Result, has_arrived
from service.notify.sending import answers
from service.notify.webhooks.outcomes import note_outcomes
from service.reminders import clock_repair, zone_updates
from service.reminders.planning import plan_occurrences
from service.reminders.releasing import Ending, record_sending, release_due
from service.support import waiting
from service.treatments.dosing_actions import plan_doses

logger = logging.getLogger(__name__)

HEARTBEAT = "tick"
BATCH = 500
# A round ends even while more keeps coming: the next one is seconds away, and the heartbeat
# between them says that the scheduler is alive.
BATCHES_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What one round did: zones, doses, reminders, silent patients, alerts and messages."""

    put_right: int = 0
    doses_planned: int = 0
    clocks_changed: int = 0
    planned: int = 0
    released: int = 0
    published: int = 0
    escalated: int = 0
    looked_after: int = 0
    sent: int = 0
    again: int = 0
    dead: int = 0
    withheld: int = 0
    by_mail: int = 0
    held: int = 0
    not_tried: int = 0
    files: int = 0
    erased: int = 0


def run_due(
    app: Flask, clock: Clock, channels: Channels, owner: UUID,
    *, aside: bool = True, due: frozenset[str] | None = None,
) -> Counts:  # fmt: skip
    """Do everything that is due now, one after the other, and return how much that was.

    Every step has transactions of its own.  One that fails does not keep the others from being
    done; its error is raised when they are, and the heartbeat is left out.

    Args:
        app: whose database and settings.
        clock: read once a batch.
        channels: the ways out, by the name a message gives.
        owner: names this worker on the leases it takes; no two workers share one.
        aside: also what nobody waits for; who lets days pass does that at their end.
        due: the kinds of ``moments`` to look for; ``None`` for those whose moment has come.
    """
    done: Counter[str] = Counter()
    began = clock.now()
    # Callbacks run last one first, each of them whatever the others raise.
    with ExitStack() as steps:
        # Mail last: what no device takes goes out as mail in the same round.
        for lane in reversed(LANES):
            steps.callback(_send_due, app, clock, channels, owner, lane, done)
        steps.callback(_hers, app, clock, owner, done, due=due)
        if aside:
            steps.callback(do_aside, app, clock)
        steps.callback(_decide, app, clock, owner, done, due)
    _beat(app, clock, began)
    return Counts(**done)


def decide_due(app: Flask, clock: Clock, owner: UUID) -> Counts:
    """Do everything that is due now but the sending, and say that the scheduler is alive."""
    done: Counter[str] = Counter()
    began = clock.now()
    with ExitStack() as steps:
        steps.callback(do_aside, app, clock)
        steps.callback(_decide, app, clock, owner, done)
    _beat(app, clock, began)
    return Counts(**done)


def do_hers(app: Flask, clock: Clock, owner: UUID, *, goes_on: Callable[[], bool]) -> Counts:
    """Make the files patients asked for, and erase whose time is over; say how many."""
    done: Counter[str] = Counter()
    _hers(app, clock, owner, done, goes_on)
    return Counts(**done)


def send_due(
    app: Flask, clock: Clock, channels: Channels, owner: UUID, lane: ChannelName,
    *, goes_on: Callable[[], bool],
) -> Counts:  # fmt: skip
    """Send what waits for one way out, and return how that went.

    ``goes_on`` is asked before each batch: who is being stopped begins no other.
    """
    done: Counter[str] = Counter()
    _send_due(app, clock, channels, owner, lane, done, goes_on)
    return Counts(**done)


def _decide(
    app: Flask, clock: Clock, owner: UUID, done: Counter[str], due: frozenset[str] | None = None
) -> None:
    def repeat(name: str, step: Callable[..., int], **given: Any) -> None:
        for _ in range(BATCHES_AT_MOST):
            with app.app_context(), transaction() as session:
                count = step(session, now=clock.now(), **given)
            if not count:
                return
            done[name] += count

    # By itself it looks once an hour, at what has no moment, and may find what is due.
    with ExitStack() as steps:
        steps.callback(_do_due, app, clock, repeat, due)
        steps.callback(repeat, "clocks_changed", zone_updates.look, worker=owner)


def _do_due(
    app: Flask, clock: Clock, repeat: Callable[..., None], due: frozenset[str] | None
) -> None:
    found, was_ahead = _look(app, clock)
    due = found if due is None else due
    policy = knowledge().policy
    # What staff wait for comes first.  The last one called back runs first.
    with ExitStack() as steps:

        def then(kind: str, name: str, step: Callable[..., int], **given: Any) -> None:
            if kind in due:
                steps.callback(repeat, name, step, **given)

        then("content", "published", publish_due, limit=BATCH)
        then("reminders", "released", release_due, limit=BATCH)
        then("reminders", "planned", plan_occurrences, limit=BATCH)
        then("reminders", "doses_planned", plan_doses, limit=BATCH)
        then("silence", "looked_after", silence.check_silence, limit=BATCH)
        then("emergencies", "escalated", emergencies.tell_unreviewed, limit=BATCH)
        then("requests", "escalated", waiting.tell_the_next, limit=BATCH)
        then("alerts", "escalated", take_due_steps, policy=policy, limit=BATCH)
        if was_ahead:
            steps.callback(_put_right, app, clock, repeat)


def _look(app: Flask, clock: Clock) -> tuple[frozenset[str], bool]:
    """Return what is due, of the kinds of moments, and whether the clock was ahead before.

    Everything is due if it was, for what is put right may be; and if that cannot be read, which
    is logged: whatever is wrong with one kind, the others are done.
    """
    try:
        with app.app_context(), transaction() as session:
            was_ahead = clock_was_ahead(session, clock)
            return EVERYTHING if was_ahead else kinds_due(session, clock.now()), was_ahead
    except SQLAlchemyError:
        logger.exception("what is due cannot be read: looking for all of it")
        return EVERYTHING, False


def _put_right(app: Flask, clock: Clock, repeat: Callable[..., None]) -> None:
    """Take back what was done by a clock that was ahead, once it no longer is."""
    logger.warning("a scheduler's clock was ahead: putting right what it left")
    repeat("put_right", put_alerts_right, policy=knowledge().policy, limit=BATCH)
    repeat("put_right", clock_repair.ask_after_all, limit=BATCH)
    with app.app_context(), transaction() as session:
        now = clock.now()
        clock_repair.plan_again(session, now=now)
        silence.look_again(session, now=now)
        put_messages_right(session, now=now)


def _beat(app: Flask, clock: Clock, began: datetime) -> None:
    # Of a clock put right in the middle of a round the wrong moment stays: what the round did by
    # it comes after what another has put right, and the next one has to look again.
    with app.app_context(), transaction() as session:
        beat(session, HEARTBEAT, max(began, clock.now()))


def _hers(
    app: Flask, clock: Clock, owner: UUID, done: Counter[str],
    goes_on: Callable[[], bool] = lambda: True, due: frozenset[str] | None = None,
) -> None:  # fmt: skip
    if due is None:
        with app.app_context(), transaction() as session:
            at = next_of_hers(session)
        if at is None or at > clock.now():
            return
    # Erasing first: of whom it erases no file is made any more.
    with ExitStack() as steps:
        steps.callback(lambda: done.update(files=make_files(app, clock, owner, goes_on=goes_on)))
        steps.callback(lambda: done.update(erased=erase_due(app, clock, owner, goes_on=goes_on)))


def _send_due(
    app: Flask, clock: Clock, channels: Channels, owner: UUID, lane: ChannelName,
    done: Counter[str], goes_on: Callable[[], bool] = lambda: True,
) -> None:  # fmt: skip
    for _ in range(BATCHES_AT_MOST):
        if not goes_on():
            return
        with app.app_context(), transaction() as session:
            batch = leasing.claim(
                session, owner=owner, now=clock.now(), lease=app.config["LEASE"], limit=BATCH,
                channel=lane,
            )  # fmt: skip
        if not batch:
            return
        # Written down as answers come in: a crash repeats those it had not come to.
        for results in answers(batch, channels, clock, senders=app.config["SENDERS"]):
            with app.app_context(), transaction() as session:
                _record(session, results, owner=owner, now=clock.now())
            done.update(result.outcome.value for result in results)


def _record(session: Session, results: Sequence[Result], *, owner: UUID, now: datetime) -> None:
    # Patients first: whoever answers an occurrence holds her and then takes back messages.
    record_sending(session, dict(_endings(results)), now=now)
    leasing.record(session, results, owner=owner, now=now)
    note_outcomes(session, results, now=now)


def _endings(results: Sequence[Result]) -> Iterator[tuple[UUID, Ending]]:
    for result in results:
        message = result.message
        # On one of her devices it has rung, whatever becomes of the others.
        has_rung = bool(result.handed.reached)
        is_over = has_rung or result.outcome in {Outcome.SENT, Outcome.DEAD, Outcome.WITHHELD}
        if is_over and message.kind == "reminder" and message.patient_id is not None:
            for occurrence_id in _occurrences_of(message):
                yield occurrence_id, Ending(message.patient_id, _why_missed(result))


def _occurrences_of(message: Leased) -> list[UUID]:
    if "occurrences" in message.body:
        return [UUID(id) for id in message.body["occurrences"]]
    return [message.subject_id] if message.subject_id is not None else []


def _why_missed(result: Result) -> str | None:
    if result.outcome is Outcome.SENT or has_arrived(result):
        return None
    if result.outcome is Outcome.DEAD:
        return "no_way"
    return "too_late" if result.why == TOO_LATE else "not_allowed"
