"""Once somebody has it, or it is closed, nobody else is told: what still waits is taken back."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.notify import leasing
from service.notify.models import OutboxMessage
from service.notify.rules import Outcome, Result
from tests.alerts.conftest import CLOSING
from tests.conftest import API

LEASE = timedelta(seconds=30)


@pytest.fixture
def books(app, world):
    """Who was to be told of an alert, and what became of the last message to each."""
    names = {person.account_id: name for name, person in world.people.items()}

    def books() -> dict[str, str]:
        with app.app_context(), transaction() as session:
            told = sa.select(OutboxMessage).where(OutboxMessage.to_staff)
            rows = session.scalars(told.order_by(OutboxMessage.id)).all()
        return {names[row.recipient_id]: row.state for row in rows}

    return books


@pytest.fixture
def worker(app, clock):
    """A sender: ``take()`` leases what is due, ``note(outcome)`` says how all of it went."""

    class Worker:
        owner = uuid4()

        def take(self):
            with app.app_context(), transaction() as session:
                self.leased = leasing.claim(
                    session, owner=self.owner, now=clock.now(), lease=LEASE, limit=100
                )
            return self.leased

        def note(self, outcome):
            results = [Result(message=one, outcome=outcome, why="x") for one in self.leased]
            with app.app_context(), transaction() as session:
                leasing.record(session, results, owner=self.owner, now=clock.now())

    return Worker()


@pytest.mark.parametrize(
    ("what", "body"),
    [("acknowledge", {}), ("close", CLOSING),
     ("contact-attempts", {"how": "phone", "reached": True})],
)  # fmt: skip
def test_what_has_not_gone_out_yet_goes_out_no_more(
    emergency, supervisor, alert, do, until, books, worker, what, body
):
    emergency()
    until(31)
    assert do("omar", alert(), what, **body).status_code in {200, 201}
    assert books() == {"nora": "withheld", "eva": "withheld"}
    assert worker.take() == []


@pytest.mark.parametrize("how", ["snooze", "decline"])
def test_nor_does_it_once_it_is_snoozed_or_declined(call, severe, alert, do, books, how):
    severe("nausea")
    if how == "snooze":
        do("omar", alert(), "snooze", days=3, reason="known")
    else:
        call("ana", f"POST /patients/me/alerts/{alert()['id']}/decline", {})
    assert books() == {"nora": "withheld"}


def test_nor_once_she_has_died(call, world, emergency, books):
    emergency()
    death = {"care_status": "deceased", "died_on": "2026-03-01", "confirm": True}
    assert call("omar", f"PATCH /patients/{world['ana'].patient_id}", death).status_code == 200
    assert books()["nora"] == "withheld"


def test_what_is_about_something_else_goes_out(call, emergency, not_safe, alert, do, books, outbox):
    emergency()
    not_safe()
    do("omar", alert(), "acknowledge", reply_to_patient="I call you.")
    assert books()["sol"] == "pending"
    assert len(outbox("reply")) == 1


def test_what_was_on_its_way_is_in_the_books_as_sent(emergency, alert, do, worker, books):
    emergency()
    assert len(worker.take()) == 1
    do("omar", alert(), "acknowledge")
    worker.note(Outcome.SENT)
    assert books() == {"nora": "sent"}


def test_what_was_on_its_way_and_came_back_is_not_tried_again(
    emergency, alert, do, worker, books, clock
):
    emergency()
    worker.take()
    do("omar", alert(), "acknowledge")
    worker.note(Outcome.AGAIN)
    clock.pass_time(hours=1)
    assert (books(), worker.take()) == ({"nora": "withheld"}, [])


def test_who_had_it_before_is_told_all_the_same(emergency, alert, do, clock, books):
    emergency()
    do("nora", alert(), "acknowledge")
    clock.pass_time(minutes=5)
    emergency("seizure")
    do("omar", alert(), "acknowledge")
    assert books() == {"nora": "pending"}


def test_taking_it_while_it_is_being_sent_never_stands_still(
    app, world, clock, call, emergency, alert, books
):
    """Twenty times: one leases and records, another takes the alert, at the same moment."""
    for _ in range(20):
        clock.pass_time(minutes=1)
        emergency()
        found, together, answers = alert()["id"], threading.Barrier(2), []

        def send(together=together):
            owner = uuid4()
            together.wait()
            with app.app_context(), transaction() as session:
                leased = leasing.claim(
                    session, owner=owner, now=clock.now(), lease=LEASE, limit=100
                )
            results = [Result(message=one, outcome=Outcome.SENT) for one in leased]
            with app.app_context(), transaction() as session:
                leasing.record(session, results, owner=owner, now=clock.now())

        def take(together=together, found=found, answers=answers):
            client = app.test_client()
            together.wait()
            answers.append(
                client.post(
                    f"{API}/alerts/{found}/acknowledge", json={}, headers=world["omar"].headers
                ).status_code
            )

        threads = [threading.Thread(target=one) for one in (send, take)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200]
        assert set(books().values()) <= {"sent", "withheld"}
