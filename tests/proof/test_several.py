"""One scheduler, three, five: the same messages.  One that slept through its lease adds none."""

import os
import signal
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from service.notify.models import OutboxMessage
from tests.proof.moving import wait_until
from tests.proof.people import TEN, check_each_arrived, lateness
from tests.proof.worker import LEASE, SENDERS

# A minute takes two thirds of a second.
RATE = 90
ON_FILE = (
    OutboxMessage.collapse_key, OutboxMessage.state, OutboxMessage.attempts,
    OutboxMessage.lease_owner, OutboxMessage.sent_at, OutboxMessage.reached,
)  # fmt: skip


@pytest.mark.parametrize("number", [1, 3, 5])
def test_however_many_run_each_goes_out_once(people, provider, crew, moving, number):
    for minute in range(4):
        people.add(20, at=TEN + timedelta(minutes=minute), prefix=f"m{minute}-")
    provider.delay = 0.01
    # Here no lease runs out: at this rate the usual one is half a second, which a busy machine
    # takes for a transaction.
    crew.lease = timedelta(hours=1)
    # Nor is an answer given up that a busy machine holds back: what was given up goes out again.
    crew.patience = timedelta(seconds=20)
    crew.start(number)
    crew.wait_until_ready()
    moving.set(TEN - timedelta(seconds=2), rate=RATE)
    wait_until(lambda: people.are_all("sent"), what="each occurrence is sent")

    # What is expected follows from the reminders alone, so it is the same for every number.
    check_each_arrived(people, provider)
    assert set(provider.copies().values()) == {1}
    late = [seconds / RATE for seconds in lateness(people, provider)]
    print(f"{number} at once: late p50 {late[40]:.2f} s, p99 {late[79]:.2f} s")


def put_to_sleep(worker, database_url):
    """Stop a worker where it holds no lock: one that does keeps everybody waiting anyway.

    SQLite has one writer at a time; PostgreSQL ends a session that sleeps in a transaction.
    """

    def sleeps_alone():
        os.kill(worker.pid, signal.SIGSTOP)
        # The signal is on its way until every thread has stopped; a lock could be taken till then.
        wait_until(lambda: _has_stopped(worker.pid), what="it has stopped")
        if not _is_in_transaction(database_url):
            return True
        os.kill(worker.pid, signal.SIGCONT)
        return False

    wait_until(sleeps_alone, what="it holds no lock")


def _has_stopped(pid):
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(one.read_text().rpartition(") ")[2].startswith("T") for one in threads)


def _is_in_transaction(database_url):
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database, timeout=0.05)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False
    with psycopg.connect(
        host=url.host, port=url.port, user=url.username, dbname=url.database
    ) as one:
        return one.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        ).fetchone() != (0,)


def test_who_wakes_after_its_lease_sends_and_records_nothing(
    people, provider, crew, moving, database_url
):
    people.add(60)
    provider.delay = 0.2
    crew.start()
    crew.wait_until_ready()
    [sleeper] = crew.workers
    moving.set(TEN)
    wait_until(lambda: len(provider.log) >= 2 * SENDERS, what="it is in the middle")
    put_to_sleep(sleeper, database_url)
    provider.delay = 0.0
    under_way = provider.keys()
    assert len(under_way) < len(people.expected)

    moving.set(TEN + LEASE + timedelta(seconds=1))
    crew.start()
    heir = crew.workers[-1]
    wait_until(lambda: people.are_all("sent"), what="another sends all of it")
    crew.stop(heir)
    on_file, arrived = people.outbox(*ON_FILE), list(provider.log)

    os.kill(sleeper.pid, signal.SIGCONT)
    # It has done with what it slept over once it sends what comes next.
    people.add(5, at=TEN + timedelta(minutes=5), prefix="next")
    moving.set(TEN + timedelta(minutes=5))
    wait_until(lambda: people.are_all("sent"), what="it goes on")

    fresh = {one.browser for one in provider.log if one.browser.startswith("next")}
    again = [one for one in provider.log[len(arrived) :] if one.browser not in fresh]
    assert again == []
    before = {row[0] for row in on_file}
    assert [row for row in people.outbox(*ON_FILE) if row[0] in before] == on_file
    repeated = {key for (_, key), count in provider.copies().items() if count > 1}
    assert repeated <= under_way, "twice only what it had sent and not yet written down"
    check_each_arrived(people, provider)
