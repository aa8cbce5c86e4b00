"""A made-up case goes the way of a real one, is marked, and is scored apart."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from service.accounts.models import Patient
from service.alerts.escalation import take_due_steps
from service.alerts.models import Alert, AlertReason
from service.care import silence
from service.clinical import knowledge
from service.db import transaction
from service.notify.models import OutboxMessage

FEVER = {"scenario": "fever"}


@pytest.fixture
def drill(call):
    """Begin a drill as the administrator; return it."""

    def drill(scenario="fever"):
        answer = call("ada", "POST /drills", {"scenario": scenario})
        assert answer.status_code == 201, answer.json
        return answer.json

    return drill


def latest(call):
    return call("ada", "GET /drills").json["items"][0]


@pytest.mark.parametrize("scenario", list(knowledge().drills))
def test_every_case_opens_the_alert_it_is_made_for(app, drill, scenario):
    begun = drill(scenario)

    case = knowledge().drills[scenario]
    assert begun["queue"] == case.queue
    with app.app_context(), transaction() as session:
        alert = session.get_one(Alert, UUID(begun["alert_id"]))
        rules = set(session.scalars(sa.select(AlertReason.rule).filter_by(alert_id=alert.id)))
        assert alert.is_drill
        assert case.rule in rules


def test_the_nurse_is_told_and_finds_it_in_her_queue(app, call, world, drill):
    begun = drill()

    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    assert alert["id"] == begun["alert_id"]
    assert alert["patient"]["display_name"] == "Drill: Fever during chemotherapy"
    with app.app_context(), transaction() as session:
        told = set(session.scalars(sa.select(OutboxMessage.recipient_id)))
    assert told == {world["nora"].account_id}


def test_nobody_made_up_stands_among_the_patients(call, drill):
    before = call("nora", "GET /panel").json["items"]

    drill()

    assert call("nora", "GET /panel").json["items"] == before


def test_it_is_scored_from_what_people_did(call, clock, drill):
    alert_id = drill()["alert_id"]
    clock.pass_time(minutes=12)
    assert call("nora", f"POST /alerts/{alert_id}/acknowledge", {}).status_code == 200
    clock.pass_time(minutes=8)
    call("nora", f"POST /alerts/{alert_id}/contact-attempts", {"how": "phone", "reached": True})
    clock.pass_time(minutes=10)
    closing = {"outcome": "spoken_to", "action": "A drill.", "contact_made": True}
    assert call("nora", f"POST /alerts/{alert_id}/close", closing).status_code == 200

    score = latest(call)

    assert (score["acknowledged_after"], score["contacted_after"], score["closed_after"]) == (
        12, 20, 30,
    )  # fmt: skip
    assert score["in_time"] is True
    assert score["acknowledged_by"]["display_name"] == "Nora"
    assert score["told"] == 0


def test_nobody_answering_is_seen_once_the_time_is_over(app, call, clock, drill):
    drill()
    assert latest(call)["in_time"] is None

    for _ in range(4):
        clock.pass_time(minutes=15)
        with app.app_context(), transaction() as session:
            take_due_steps(session, policy=knowledge().policy, now=clock.now())

    score = latest(call)
    assert score["in_time"] is False
    assert score["acknowledged_after"] is None
    assert score["told"] >= 3


def test_ending_it_closes_what_is_open_and_tells_nobody_any_more(app, call, clock, drill):
    begun = drill()

    ended = call("ada", f"POST /drills/{begun['id']}/end", {})

    assert ended.status_code == 200
    assert ended.json["ended_at"] is not None
    # Nobody had to have it yet, so it shows nothing.
    assert ended.json["in_time"] is None
    assert ended.json["closed_after"] is None
    clock.pass_time(hours=3)
    with app.app_context(), transaction() as session:
        assert take_due_steps(session, policy=knowledge().policy, now=clock.now()) == 0
    again = call("ada", f"POST /drills/{begun['id']}/end", {})
    assert (again.status_code, again.json["type"].rsplit("/", 1)[1]) == (409, "drill-ended")


def test_so_many_at_once_and_no_more(call, drill):
    for _ in range(5):
        drill()

    refused = call("ada", "POST /drills", FEVER)

    assert refused.status_code == 409
    assert refused.json["type"].endswith("/drills-running")


def test_an_unknown_case_is_refused_and_nothing_is_written(app, call):
    refused = call("ada", "POST /drills", {"scenario": "earthquake"})

    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/scenario"
    with app.app_context(), transaction() as session:
        assert not session.scalar(sa.select(sa.func.count()).where(Patient.is_drill))


def test_only_the_administrator_of_this_clinic_may(call, drill):
    begun = drill()

    assert call("nora", "POST /drills", FEVER).status_code == 403
    assert call("olga", "GET /drills").json["items"] == []
    assert call("olga", f"POST /drills/{begun['id']}/end", {}).status_code == 403


def test_her_silence_and_her_doses_are_nobodys_business(app, call, clock, drill):
    drill()
    clock.pass_time(days=30)
    with app.app_context(), transaction() as session:
        silence.check_silence(session, now=clock.now(), limit=50)
        alerts = session.scalars(sa.select(Alert).where(Alert.is_drill)).all()
    assert [alert.queue.value for alert in alerts] == ["nursing"]
