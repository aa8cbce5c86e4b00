"""What could not be sent: seen by the clinic's administrator, and tried again."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from service.accounts.models import Role
from service.notify import actions
from service.notify.channels import Refused
from service.notify.models import OutboxMessage
from tests.conftest import _add
from tests.counting import statements_counted
from tests.jobs.scheduler import Broken, Scheduler

SECRETS = ("Capecitabine", "x.example", "Ana", "ana@")


@pytest.fixture
def fail(session_of, app, world, clock):
    """Let a message to somebody be given up; return its id."""

    def fail(to="ana", about="ana", **more):
        key = str(uuid4())
        said = {
            "recipient_id": world[to].account_id,
            "patient_id": about and world[about].patient_id,
            "to_staff": False, "kind": "reminder", "subject_id": None, "title": "Capecitabine",
            "body": {"url": "https://x.example"}, "collapse_key": key, "now": clock.now(),
        } | more  # fmt: skip
        session_of(lambda session: actions.tell(session, **said))
        no = Refused("the provider said no")
        Scheduler(app, clock, Broken(no), Broken(no)).tick()

        def found(session):
            row = session.query(OutboxMessage).filter_by(collapse_key=key).one()
            assert row.state == "dead"
            return row.id

        return session_of(found)

    return fail


@pytest.fixture
def add_ada_elsewhere(app, session_of, world, clock):
    """Give the other clinic an administrator: Uma."""
    session_of(
        lambda session: _add(
            app, session, clock, world, "uma", Role.ADMINISTRATOR, world.other_clinic_id
        )
    )


def test_an_administrator_sees_how_it_went_and_not_what_it_said_or_to_whom(call, fail):
    id = fail()
    answer = call("ada", "GET /outbox?state=dead")

    assert answer.status_code == 200
    assert answer.json["count"] == 1
    assert answer.json["items"] == [
        {
            "id": str(id), "kind": "reminder", "channel": "push", "to_staff": False,
            "created_at": "2026-03-02T17:00:00Z", "due_at": None, "useful_until": None,
            "attempts": 1, "last_error": "Refused: the provider said no",
        }
    ]  # fmt: skip
    assert not any(secret in answer.get_data(as_text=True) for secret in SECRETS)


@pytest.mark.parametrize("who", ["ana", "nora", "cora", "per", "eva", "hugo"])
def test_nobody_else_does(call, fail, who):
    id = fail()
    assert call(who, "GET /outbox").status_code == 403
    assert call(who, f"POST /outbox/{id}/retry").status_code == 403


@pytest.mark.usefixtures("add_ada_elsewhere")
def test_each_clinic_sees_its_own(call, fail):
    ours, theirs = fail(), fail(to="ben", about="ben")
    to_olga = fail(to="olga", about=None, to_staff=True, kind="account", channel="email")

    assert [one["id"] for one in call("ada", "GET /outbox").json["items"]] == [str(ours)]
    assert {one["id"] for one in call("uma", "GET /outbox").json["items"]} == {
        str(theirs), str(to_olga),
    }  # fmt: skip
    assert call("uma", f"POST /outbox/{ours}/retry").status_code == 404


def test_another_state_cannot_be_asked_for(call):
    assert call("ada", "GET /outbox?state=sent").status_code == 422


def test_every_message_is_on_one_page_and_none_on_two(call, fail, clock):
    for number in range(5):
        fail()
        if number % 2:
            clock.pass_time(seconds=1)
    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = call("ada", "GET /outbox", query_string=query).json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert len(seen) == len(set(seen)) == 5


def test_tried_again_it_goes_out_and_is_gone_from_the_list(call, fail, app, clock):
    id = fail()
    assert call("ada", f"POST /outbox/{id}/retry").status_code == 204
    scheduler = Scheduler(app, clock)
    scheduler.tick()

    assert [message.id for message in scheduler.phone.sent] == [id]
    assert scheduler.phone.sent[0].try_no == 1
    assert call("ada", "GET /outbox").json == {"items": [], "next_cursor": None, "count": 0}


def test_only_what_failed_is_tried_again_and_once(call, fail):
    id = fail()
    assert call("ada", f"POST /outbox/{id}/retry").status_code == 204
    again = call("ada", f"POST /outbox/{id}/retry")
    assert (again.status_code, again.json["type"].rpartition("/")[2]) == (409, "message-not-dead")
    assert call("ada", f"POST /outbox/{uuid4()}/retry").status_code == 404


def test_what_is_of_no_use_any_more_is_not_tried_again(call, fail, clock):
    id = fail(useful_until=clock.now() + timedelta(hours=4))
    clock.pass_time(hours=4, seconds=1)
    answer = call("ada", f"POST /outbox/{id}/retry")
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        409, "message-too-late",
    )  # fmt: skip


def test_trying_again_is_no_way_round_the_gate(call, fail, app, world, clock):
    id = fail()
    death = {"care_status": "deceased", "died_on": "2026-03-01", "confirm": True}
    call("nora", f"PATCH /patients/{world['ana'].patient_id}", death)
    assert call("ada", f"POST /outbox/{id}/retry").status_code == 204
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    assert [one for one in scheduler.phone.sent if not one.to_staff] == []


def test_of_two_who_try_again_at_once_one_is_first(app, world, fail):
    id = fail()
    ready, answers = threading.Barrier(2), []

    def click():
        client = app.test_client()
        ready.wait()
        path = f"/api/v1/outbox/{id}/retry"
        answers.append(client.post(path, headers=world["ada"].headers).status_code)

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204, 409]


def test_a_list_costs_the_same_however_long(app, call, fail):
    def cost():
        with statements_counted(app) as seen:
            call("ada", "GET /outbox")
        return len(seen)

    fail()
    first = cost()
    for _ in range(5):
        fail()
    assert cost() == first
