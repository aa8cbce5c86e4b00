"""The outbox: told once, leased to one, recorded by whoever has it."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import db, transaction
from service.ids import new_id
from service.notify import actions, leasing
from service.notify.channels import AtRest, ConsoleChannel, Gone, TryAgain
from service.notify.models import OutboxMessage
from service.notify.queries import scheduler_is_late
from service.notify.rules import TRIES_AT_MOST, Handed, Outcome, Result, next_try
from service.notify.sending import deliver
from tests.jobs.scheduler import Broken

LEASE = timedelta(seconds=30)


@pytest.fixture
def tell(session_of, world, clock):
    def tell(key, **more):
        said = {
            "recipient_id": world["ana"].account_id, "patient_id": world["ana"].patient_id,
            "to_staff": False, "kind": "reminder", "subject_id": None, "title": "x", "body": {},
            "collapse_key": key, "now": clock.now(),
        } | more  # fmt: skip
        session_of(lambda session: actions.tell(session, **said))

    return tell


@pytest.fixture
def claim(session_of, clock):
    def claim(owner, limit=100):
        return session_of(
            lambda session: leasing.claim(
                session, owner=owner, now=clock.now(), lease=LEASE, limit=limit
            )
        )

    return claim


@pytest.fixture
def record(session_of, clock):
    def record(owner, message, outcome, **more):
        result = Result(message=message, outcome=outcome, **more)
        session_of(lambda session: leasing.record(session, [result], owner=owner, now=clock.now()))

    return record


@pytest.fixture
def rows(session_of):
    def rows():
        return session_of(
            lambda session: session.scalars(
                sa.select(OutboxMessage).order_by(OutboxMessage.collapse_key)
            ).all()
        )

    return rows


def test_a_key_is_told_once(tell, rows):
    tell("alert-1", title="first")
    tell("alert-1", title="second")
    assert [row.title for row in rows()] == ["first"]


def test_what_is_told_in_a_transaction_that_fails_was_never_told(session_of, rows, world, clock):
    def tell_and_fail(session):
        actions.tell(
            session, recipient_id=world["ana"].account_id, patient_id=None, to_staff=False,
            kind="account", subject_id=None, title="", body={}, collapse_key="k", now=clock.now(),
        )  # fmt: skip
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        session_of(tell_and_fail)
    assert rows() == []


def test_a_claim_takes_the_longest_due_first_and_no_more_than_asked(tell, claim, clock):
    for key in "abc":
        tell(key)
        clock.pass_time(seconds=1)
    assert [message.collapse_key for message in claim(uuid4(), limit=2)] == ["a", "b"]


def test_what_is_leased_is_nobody_elses_until_the_lease_is_over(tell, claim, clock):
    tell("a")
    first, second = uuid4(), uuid4()

    assert [m.try_no for m in claim(first)] == [1]
    clock.pass_time(seconds=29)
    assert claim(second) == []
    clock.pass_time(seconds=1)
    assert [m.try_no for m in claim(second)] == [2]


def test_who_wakes_up_after_his_lease_changes_nothing(tell, claim, record, rows, clock):
    tell("a")
    zombie, heir = uuid4(), uuid4()
    [stale] = claim(zombie)
    clock.pass_time(seconds=30)
    [fresh] = claim(heir)

    for outcome in Outcome:
        record(zombie, stale, outcome)
        [row] = rows()
        assert (row.state, row.lease_owner, row.attempts) == ("pending", heir, 2)

    record(heir, fresh, Outcome.SENT)
    assert rows()[0].state == "sent"
    assert claim(zombie) == []


def test_the_same_worker_asleep_is_fenced_from_itself(tell, claim, record, rows, clock):
    tell("a")
    owner = uuid4()
    [stale] = claim(owner)
    clock.pass_time(seconds=30)
    claim(owner)
    record(owner, stale, Outcome.DEAD, why="old news")
    assert rows()[0].state == "pending"


def test_a_try_handed_back_does_not_let_an_older_owner_in(tell, claim, record, rows, clock):
    tell("a")
    zombie, other = uuid4(), uuid4()
    [stale] = claim(zombie)
    clock.pass_time(seconds=30)
    [fresh] = claim(other)
    record(other, fresh, Outcome.NOT_TRIED)  # the count of tries is back at one

    record(zombie, stale, Outcome.DEAD, why="old news")

    assert rows()[0].state == "pending"


def test_a_late_answer_still_counts_while_nobody_else_has_the_message(
    tell, claim, record, rows, clock
):
    tell("a")
    owner = uuid4()
    [message] = claim(owner)
    clock.pass_time(minutes=5)
    record(owner, message, Outcome.SENT)
    assert rows()[0].state == "sent"


@pytest.mark.parametrize(
    ("outcome", "state", "attempts", "seconds"),
    [
        (Outcome.SENT, "sent", 1, None),
        (Outcome.DEAD, "dead", 1, None),
        (Outcome.WITHHELD, "withheld", 1, None),
        (Outcome.NOT_TRIED, "pending", 0, 0),
    ],
)
def test_each_outcome_leaves_the_message_so(
    tell, claim, record, rows, clock, outcome, state, attempts, seconds
):
    tell("a")
    owner = uuid4()
    [message] = claim(owner)
    record(owner, message, outcome)
    [row] = rows()
    due = None if seconds is None else clock.now() + timedelta(seconds=seconds)
    assert (row.state, row.attempts, row.next_try_at) == (state, attempts, due)


def test_what_waits_for_a_provider_at_rest_comes_when_the_rest_is_over(tell, claim, clock):
    tell("a")
    [message] = claim(uuid4())
    at_rest = AtRest("busy", retry_after=timedelta(seconds=7))
    [resting] = deliver([_numbered(message, 9)], {"push": Broken(at_rest)}, clock)
    [failed] = deliver([_numbered(message, 9)], {"push": Broken(TryAgain("busy"))}, clock)
    assert next_try(resting, now=clock.now()) == clock.now() + timedelta(seconds=7)
    assert next_try(failed, now=clock.now()) >= clock.now() + timedelta(minutes=3)


def test_waits_double_up_to_four_minutes_and_shorten_by_a_quarter_at_most(tell, claim, clock):
    tell("a")
    [message] = claim(uuid4())
    waits = []
    for try_no in range(1, 12):
        again = Result(message=_numbered(message, try_no), outcome=Outcome.AGAIN)
        waits.append((next_try(again, now=clock.now()) - clock.now()).total_seconds())

    full = [15, 30, 60, 120] + [240] * 7
    assert all(0.75 * most <= wait <= most for wait, most in zip(waits, full, strict=True))
    again = Result(message=message, outcome=Outcome.AGAIN)
    assert next_try(again, now=clock.now()) == next_try(again, now=clock.now())  # no dice


def test_a_provider_that_asks_for_time_gets_it(tell, claim, clock):
    tell("a")
    [message] = claim(uuid4())
    busy = Broken(TryAgain("429", retry_after=timedelta(minutes=20)))
    [result] = deliver([message], {"push": busy}, clock)
    assert next_try(result, now=clock.now()) == clock.now() + timedelta(minutes=20)


def test_a_message_tried_often_enough_is_dead(tell, claim, clock):
    tell("a")
    [message] = claim(uuid4())
    [result] = deliver(
        [_numbered(message, TRIES_AT_MOST)], {"push": Broken(TryAgain("busy"))}, clock
    )
    assert (result.outcome, result.why) == (Outcome.DEAD, "TryAgain: busy")


def test_an_address_that_is_gone_is_not_tried_again(tell, claim, clock):
    tell("a", channel="email")
    [result] = deliver(claim(uuid4()), {"email": Broken(Gone("410"))}, clock)
    assert (result.outcome, result.why) == (Outcome.DEAD, "Gone: 410")


def test_what_a_slow_provider_leaves_no_time_for_is_handed_back(tell, claim, clock):
    class Slow:
        def send(self, message):
            clock.pass_time(seconds=7)
            return Handed()

    for key in "abc":
        tell(key)
    results = deliver(claim(uuid4()), {"push": Slow()}, clock)
    # The third would end when the lease is over, and somebody else may have it by then.
    assert [result.outcome for result in results] == ["sent", "sent", "not_tried"]


def test_a_channel_nobody_has_is_a_dead_letter(tell, claim, clock):
    tell("a", channel="pigeon")
    [result] = deliver(claim(uuid4()), {}, clock)
    assert (result.outcome, result.why) == (Outcome.DEAD, "no such channel")


def test_taking_back_spares_what_staff_are_told_and_what_is_hers_alone(
    tell, session_of, rows, world
):
    tell("ana")
    tell("ana-other", subject_id=uuid4())
    tell("ben", patient_id=world["ben"].patient_id)
    tell("nora", recipient_id=world["nora"].account_id, to_staff=True)
    ana = world["ana"].patient_id

    session_of(lambda s: actions.withdraw(s, patient_id=ana, why="answered", keys=["ana", "ben"]))
    assert [row.state for row in rows()] == ["withheld", "pending", "pending", "pending"]
    session_of(lambda s: actions.withdraw(s, patient_id=ana, why="died"))
    assert {r.collapse_key: r.state for r in rows()} == {
        "ana": "withheld", "ana-other": "withheld", "ben": "pending", "nora": "pending",
    }  # fmt: skip


def test_what_was_taken_back_on_its_way_is_recorded_as_it_happened(
    tell, claim, record, session_of, rows, world
):
    tell("a")
    tell("b")
    owner = uuid4()
    sent, failed = claim(owner)
    session_of(lambda s: actions.withdraw(s, patient_id=world["ana"].patient_id, why="died"))

    record(owner, sent, Outcome.SENT)
    record(owner, failed, Outcome.AGAIN)

    assert [row.state for row in rows()] == ["sent", "withheld"]
    assert [row.next_try_at for row in rows()] == [None, None]


def test_the_console_says_nothing_of_what_is_said(tell, claim, capsys, clock):
    tell("a", title="Capecitabine", body={"text": "nausea"})
    deliver(claim(uuid4()), {"push": ConsoleChannel()}, clock)
    line = capsys.readouterr().out
    assert line.startswith("push reminder to ")
    assert not {"Capecitabine", "nausea"} & set(line.split())


def test_the_heart_beats_and_one_from_the_future_says_nothing(session_of, clock):
    late_after = timedelta(minutes=5)

    def late():
        return session_of(lambda s: scheduler_is_late(s, now=clock.now(), after=late_after))

    assert late()  # never yet
    session_of(lambda s: actions.beat(s, "tick", clock.now()))
    assert not late()
    clock.pass_time(minutes=6)
    assert late()
    # A clock that jumped to 2038 and was put right again hides no scheduler that stands still …
    session_of(lambda s: actions.beat(s, "tick", clock.now() + timedelta(days=4000)))
    assert late()
    session_of(lambda s: actions.beat(s, "tick", clock.now()))
    assert not late()


@pytest.mark.parametrize("workers", [2, 4])
def test_several_workers_at_once_get_each_message_once(
    app, tell, session_of, clock, world, workers
):
    said = [
        {
            "recipient_id": world["ana"].account_id, "patient_id": world["ana"].patient_id,
            "to_staff": False, "kind": "reminder", "subject_id": None, "title": "", "body": {},
            "collapse_key": f"key-{n}", "now": clock.now(),
        }
        for n in range(200)
    ]  # fmt: skip
    session_of(lambda session: actions.tell_all(session, said))
    taken: list[list[str]] = [[] for _ in range(workers)]
    together = threading.Barrier(workers)

    def work(mine: list[str]) -> None:
        owner = new_id()
        together.wait()
        while True:
            with app.app_context(), transaction() as session:
                batch = leasing.claim(session, owner=owner, now=clock.now(), lease=LEASE, limit=7)
            if not batch:
                return
            mine.extend(message.collapse_key for message in batch)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    keys = [key for mine in taken for key in mine]
    assert sorted(keys) == sorted(f"key-{n}" for n in range(200))


def test_a_second_claim_passes_over_rows_the_first_still_holds(app, tell, clock, database_url):
    if database_url.startswith("sqlite"):
        return  # one writer at a time: the second claim waits for the first to commit
    for key in "abcd":
        tell(key)
    claimed = []

    def in_a_transaction_of_its_own(limit):
        with app.app_context(), transaction() as session:
            claimed.append(
                [
                    m.collapse_key
                    for m in leasing.claim(
                        session, owner=new_id(), now=clock.now(), lease=LEASE, limit=limit
                    )
                ]
            )
            if limit == 2:
                other = threading.Thread(target=in_a_transaction_of_its_own, args=(4,))
                other.start()
                other.join()

    in_a_transaction_of_its_own(2)
    assert claimed == [["a", "b"], ["c", "d"]]


def test_a_batch_costs_the_same_however_large(app, tell, clock, claim, session_of):
    def statements(do):
        seen = []

        def count(conn, cursor, statement, parameters, context, executemany):
            seen.append(statement)

        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", count)
        try:
            found = do()
        finally:
            sa.event.remove(engine, "before_cursor_execute", count)
        return len(seen), found

    costs = []
    for size in (1, 40):
        for n in range(size):
            tell(f"{size}-{n}")
        owner = uuid4()
        cost, batch = statements(lambda owner=owner: claim(owner))
        results = [Result(message=m, outcome=Outcome.SENT) for m in batch]
        noted, _ = statements(
            lambda results=results, owner=owner: session_of(
                lambda s: leasing.record(s, results, owner=owner, now=clock.now())
            )
        )
        assert len(batch) == size
        costs.append((cost, noted))
    assert costs[0] == costs[1]


def _numbered(message, try_no):
    values = {name: getattr(message, name) for name in message.__slots__}
    return message.__class__(**values | {"try_no": try_no})


def test_taking_back_and_recording_never_wait_for_each_other(
    app, tell, claim, session_of, world, clock
):
    for number in range(300):
        tell(f"message-{number:03}")
    owner, errors = uuid4(), []
    results = [
        Result(message=message, outcome=Outcome.NOT_TRIED)
        for message in reversed(claim(owner, 300))
    ]
    ana, ready = world["ana"].patient_id, threading.Barrier(2)
    waiting = {"state": "pending", "next_try_at": clock.now()}

    def at_once(do):
        def run():
            ready.wait(timeout=20)
            try:
                session_of(do)
            except sa.exc.DBAPIError as error:
                errors.append(error)

        return threading.Thread(target=run)

    for _ in range(20):
        session_of(lambda s: s.execute(sa.update(OutboxMessage).values(waiting | {"attempts": 1})))
        both = [
            at_once(lambda s: leasing.record(s, results, owner=owner, now=clock.now())),
            at_once(lambda s: actions.withdraw(s, patient_id=ana, why="died")),
        ]
        for one in both:
            one.start()
        for one in both:
            one.join(timeout=60)
    assert errors == []
