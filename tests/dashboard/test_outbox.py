"""What an administrator sees of messages that were not sent, and what everybody is told."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from service.db import transaction
from service.notify import actions
from service.notify.models import Heartbeat, OutboxMessage
from service.notify.queries import OVERDUE_AFTER, OVERDUE_TRIES
from tests.counting import statements_counted
from tests.dashboard.conftest import readable


@pytest.fixture
def waits(app, world, clock):
    """Put messages to Ana into the outbox as they are after a while; return their ids."""

    def waits(count=1, *, to="ana", state="dead", **more):
        keys = [str(uuid4()) for _ in range(count)]
        with app.app_context(), transaction() as session:
            for key in keys:
                actions.tell(
                    session, recipient_id=world[to].account_id,
                    patient_id=world[to].patient_id, to_staff=False, kind="reminder",
                    subject_id=None, title="Capecitabine", body={}, collapse_key=key,
                    now=clock.now(), useful_until=clock.now() + timedelta(hours=4),
                )  # fmt: skip
            rows = session.query(OutboxMessage).filter(OutboxMessage.collapse_key.in_(keys)).all()
            for row in rows:
                row.state, row.last_error = state, "Refused: <b>no</b>"
                row.next_try_at = None if state == "dead" else clock.now()
                row.attempts = 3
                for name, value in more.items():
                    setattr(row, name, value)
            session.flush()
            return [row.id for row in rows]

    return waits


@pytest.fixture
def scheduler_runs(app, clock):
    with app.app_context(), transaction() as session:
        session.add(Heartbeat(name="tick", beat_at=clock.now()))

    def run():
        with app.app_context(), transaction() as session:
            actions.beat(session, "tick", clock.now())

    return run


def test_what_was_not_sent_is_listed_without_what_it_said_or_to_whom(browse, waits):
    waits()
    answer = browse("ada").get("/outbox")
    text = readable(answer)

    assert "A reminder to a patient or her family, by push message" in text
    assert "Refused: <b>no</b>" in text
    assert "<b>no" not in answer.get_data(as_text=True)
    for unseen in ("Ana", "ana@", "Capecitabine"):
        assert unseen not in text


def test_the_way_there_says_how_many(browse, waits):
    assert "Not sent" in browse("ada").text("/queues/nursing")
    assert "Nothing is here" in browse("ada").text("/outbox")
    waits(2)
    assert "Not sent 2 messages" in browse("ada").text("/queues/nursing")
    assert "Not sent" not in browse("nora").text("/")


def test_tried_again_it_is_gone_and_who_is_second_reads_it(browse, waits):
    [id] = waits()
    ada = browse("ada")
    done = ada.post(f"/outbox/{id}/retry")
    assert (done.status_code, done.location) == (303, "/outbox?again=1")
    assert "is on its way again" in ada.text(done.location)
    second = ada.post(f"/outbox/{id}/retry")
    assert second.status_code == 409
    assert "before you" in readable(second)
    assert ada.post(f"/outbox/{uuid4()}/retry").status_code == 404


def test_what_is_of_no_use_any_more_has_no_button(browse, waits, clock):
    [id] = waits()
    clock.pass_time(hours=5)
    ada = browse("ada")
    assert "Too late" in ada.text("/outbox")
    assert "Try again" not in ada.text("/outbox")
    assert ada.post(f"/outbox/{id}/retry").status_code == 409


@pytest.mark.parametrize("name", ["nora", "cora", "eva", "per"])
def test_it_is_the_administrators_alone(browse, waits, name):
    [id] = waits()
    browser = browse(name)
    assert browser.get("/outbox").status_code == 403
    assert browser.post(f"/outbox/{id}/retry").status_code == 403


def test_another_clinics_messages_are_not_there(browse, waits):
    [id] = waits(to="ben")
    ada = browse("ada")
    assert "Nothing is here" in ada.text("/outbox")
    assert ada.post(f"/outbox/{id}/retry").status_code == 404


def test_another_sites_form_tries_nothing_again(browse, waits):
    [id] = waits()
    forged = browse("ada").post(f"/outbox/{id}/retry", headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403


def test_every_message_is_on_one_page_or_the_next(browse, waits):
    ids = waits(60)
    ada = browse("ada")
    first = ada.get("/outbox").get_data(as_text=True)
    more = re.search(r'href="(/outbox\?after=[^"]+)"', first)[1]
    second = ada.get(more.replace("&amp;", "&")).get_data(as_text=True)
    found = [re.findall(r"/outbox/([0-9a-f-]{36})/retry", page) for page in (first, second)]
    assert [len(one) for one in found] == [50, 10]
    assert set(found[0] + found[1]) == {str(id) for id in ids}


@pytest.mark.parametrize("query", ["after=%00", "after=WzEsMl0", "after=WyIyMDI2LTAzLTAyIiwieCJd"])
def test_whatever_stands_in_its_address_it_is_no_fault_of_ours(browse, query):
    assert browse("ada").get(f"/outbox?{query}").status_code in {200, 422}


def test_the_page_costs_the_same_for_one_and_for_fifty(app, browse, waits):
    def cost():
        ada.get("/outbox")
        with statements_counted(app) as seen:
            ada.get("/outbox")
        return len(seen)

    ada = browse("ada")
    waits()
    first = cost()
    waits(49)
    assert cost() == first


LATE = "Some messages are going out late"


@pytest.mark.parametrize(
    ("more", "minutes", "is_said"),
    [
        ({}, 4, False),
        ({}, 6, True),
        ({"attempts": OVERDUE_TRIES - 1}, 0, False),
        ({"attempts": OVERDUE_TRIES}, 0, True),
    ],
)
def test_everybody_is_told_when_messages_wait_too_long(
    browse, waits, scheduler_runs, clock, more, minutes, is_said
):
    waits(state="pending", **more)
    clock.pass_time(minutes=minutes)
    scheduler_runs()
    for name, path in (("nora", "/"), ("ada", "/outbox"), ("chaya", "/queues/chaplaincy")):
        assert (LATE in browse(name).text(path)) is is_said


def test_what_is_held_until_the_morning_is_not_late(browse, waits, scheduler_runs, clock):
    waits(state="pending", next_try_at=clock.now() + timedelta(hours=8))
    clock.pass_time(hours=1)
    scheduler_runs()
    assert LATE not in browse("nora").text("/")


def test_one_warning_is_enough(browse, waits, scheduler_runs, clock):
    waits(state="pending")
    clock.pass_time(minutes=OVERDUE_AFTER.total_seconds() / 60 + 1)
    text = browse("nora").text("/")
    assert "Messages and reminders are not going out" in text
    assert LATE not in text
