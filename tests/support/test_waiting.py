"""Requests nobody takes: the next one is told after a working day, once; and hand-over."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
import sqlalchemy as sa

from service.accounts.models import Account, Role, RosterEntry
from service.db import db, transaction
from service.notify.models import OutboxMessage
from service.support.waiting import next_reminder_at, tell_the_next
from tests.conftest import API

FRIDAY_NOON = datetime(2026, 3, 6, 20, 0, tzinfo=UTC)


@pytest.fixture
def tick(app, clock):
    def tick():
        with app.app_context(), transaction() as session:
            return tell_the_next(session, now=clock.now())

    return tick


@pytest.fixture
def told(app, world):
    """Who has been told of requests, in the order of telling; ``told()`` again says who since."""
    names = {person.account_id: name for name, person in world.people.items()}
    seen = 0

    def told():
        nonlocal seen
        with app.app_context(), transaction() as session:
            rows = session.scalars(
                sa.select(OutboxMessage)
                .where(OutboxMessage.kind == "support_request")
                .order_by(OutboxMessage.created_at, OutboxMessage.id)
            ).all()
        new, seen = rows[seen:], len(rows)
        return [(names[row.recipient_id], row.title) for row in new]

    return told


def test_the_next_on_the_roster_is_told_after_a_working_day_and_once(asked, tick, told, clock):
    clock.moment = FRIDAY_NOON
    asked("nurse")
    assert told() == [("nora", "A request for a person is waiting in nursing.")]
    clock.pass_time(days=2)
    assert (tick(), told()) == (0, [])
    clock.moment = datetime(2026, 3, 9, 19, 0, tzinfo=UTC)  # Monday noon: one opening period later
    assert tick() == 1
    assert told() == [("omar", "Nobody has taken a request for a person yet in nursing.")]
    clock.pass_time(days=9)
    assert (tick(), told()) == (0, [])


def test_with_one_on_the_roster_it_is_the_supervisor_or_else_the_administrator(
    app, world, asked, tick, told, clock
):
    asked("social_worker")
    clock.pass_time(days=1)
    assert tick() == 1
    assert [name for name, _ in told()] == ["sol", "ada"]

    with app.app_context(), transaction() as session:
        session.add(
            RosterEntry(
                clinic_id=world.clinic_id, duty="supervisor", position=0,
                account_id=world["cora"].account_id,
            )
        )  # fmt: skip
    asked("support_group")
    clock.pass_time(days=1)
    tick()
    assert [name for name, _ in told()] == ["sol", "cora"]


@pytest.mark.parametrize(
    ("what", "body"),
    [("claim", {}), ("contact-attempts", {"reached": False}), ("close", {})],
)
def test_whoever_does_something_ends_the_waiting(app, asked, call, tick, told, clock, what, body):
    request = asked("nurse")
    call("nora", f"POST /support-requests/{request['id']}/{what}", body)
    clock.pass_time(days=3)
    told()
    assert (tick(), told()) == (0, [])
    with app.app_context(), transaction() as session:
        assert next_reminder_at(session) is None


def test_with_nobody_at_all_it_still_waits_in_the_list(app, asked, tick, call, clock):
    with app.app_context(), transaction() as session:
        session.execute(sa.delete(RosterEntry))
    request = asked("nurse")
    clock.pass_time(days=1)
    assert tick() == 1
    [still] = call("nora", "GET /support-requests").json["items"]
    assert still["id"] == request["id"]


def test_two_schedulers_tell_once(app, asked, told, clock):
    asked("nurse")
    clock.pass_time(days=1)
    together = Barrier(2)

    def tell():
        together.wait()
        with app.app_context(), transaction() as session:
            return tell_the_next(session, now=clock.now())

    with ThreadPoolExecutor(2) as pool:
        done = [one.result() for one in [pool.submit(tell), pool.submit(tell)]]
    assert sum(done) == 1
    assert [name for name, _ in told()] == ["nora", "omar"]


def test_a_request_is_handed_to_a_colleague_who_is_told(asked, call, told, world):
    request = asked("nurse")
    told()
    path = f"POST /support-requests/{request['id']}/assign"
    handed = call("nora", path, {"assignee": str(world["omar"].account_id)})
    assert (handed.status_code, handed.json["state"]) == (200, "claimed")
    assert told() == [("omar", "A colleague has handed you a request for a person.")]
    [cascade] = call("omar", "GET /cascade").json["items"]
    assert cascade["assignee"]["display_name"] == "Omar"
    for nobody in ("chaya", "olga", "ana"):
        answer = call("nora", path, {"assignee": str(world[nobody].account_id)})
        assert answer.status_code == 404
    call("omar", f"POST /support-requests/{request['id']}/close", {})
    assert call("nora", path, {"assignee": str(world["nora"].account_id)}).status_code == 409


def test_of_two_who_assess_at_once_one_wins(app, world, call, check_in):
    check_in(distress=8)
    [one] = call("sol", "GET /cascade").json["items"]
    for act, body in (("assess", {"need": "x", "step": 3}), ("end", {"as": "completed"})):
        together = Barrier(2)

        def make(who, act=act, body=body, together=together):
            client = app.test_client()
            together.wait()
            path = f"{API}/cascade/{one['id']}/{act}"
            return client.post(path, headers=world[who].headers, json=body)

        with ThreadPoolExecutor(2) as pool:
            answers = [r.result() for r in [pool.submit(make, who) for who in ("sol", "nora")]]
        assert sorted(answer.status_code for answer in answers) == [200, 409]
    kinds = [s["kind"] for s in call("sol", f"GET /cascade/{one['id']}").json["steps"]]
    assert (kinds.count("assessed"), kinds.count("ended")) == (1, 1)


def test_handing_requests_over_waits_for_whoever_changes_her_record(app, world, asked, call):
    """Who enters a death takes her row, then her cascades: the other way round both would wait."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name != "postgresql":
        return  # SQLite has one writer at a time
    with app.app_context(), transaction() as session:
        session.get_one(Account, world["nora"].account_id).role = Role.SOCIAL_WORKER
    request = asked("social_worker")
    call("sol", f"POST /support-requests/{request['id']}/claim", {})
    locks = []

    def note(_connection, _cursor, statement, *_):
        if "FOR NO KEY UPDATE" in statement or "FOR UPDATE" in statement:
            locks.append(re.findall(r"FROM (\w+)", statement))

    sa.event.listen(engine, "before_cursor_execute", note)
    answer = call("sol", "POST /alerts/hand-over", {"to": str(world["nora"].account_id)})
    sa.event.remove(engine, "before_cursor_execute", note)

    assert answer.json["handed_over"] == 1
    assert locks[0] == ["patients"]
    assert any("support_requests" in tables for tables in locks[1:])
