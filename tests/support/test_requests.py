"""Requests for a person: asked, taken, contacted, closed, and what she sees of it."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import RosterEntry
from service.db import transaction
from service.notify.models import OutboxMessage
from tests.conftest import MONDAY_MORNING


@pytest.fixture
def ask(call):
    def ask(kind="social_worker", **more):
        body = {"id": str(uuid4()), "kind": kind, "contact_by": "phone", **more}
        answer = call("ana", "POST /patients/me/support-requests", body)
        assert answer.status_code in {200, 201}, answer.json
        return answer.json

    return ask


@pytest.fixture
def do(call):
    def do(who, request, what, **body):
        return call(who, f"POST /support-requests/{request['id']}/{what}", body)

    return do


@pytest.fixture
def told(app, world):
    """Who has been told of requests so far: ``(name, title)``, in the order of the names."""
    names = {person.account_id: name for name, person in world.people.items()}

    def told(kind="support_request"):
        with app.app_context(), transaction() as session:
            rows = session.scalars(sa.select(OutboxMessage).filter_by(kind=kind)).all()
        assert all(row.to_staff for row in rows)
        return sorted((names[row.recipient_id], row.title) for row in rows)

    return told


WAITS = "A request for a person is waiting in"


def said(call):
    replies = call("ana", "GET /patients/me/replies").json["items"]
    return next(one["text"] for one in replies if one["about"]["type"] == "support_request")


def test_she_sees_each_step_by_role(call, ask, do):
    request = ask("chaplain", message="Could you come by?", contact_by="visit")
    assert said(call) == "You asked for a chaplain. It is waiting for the chaplains."
    assert do("chaya", request, "claim").json["state"] == "claimed"
    assert said(call) == "You asked for a chaplain. The chaplain is on it."
    assert do("chaya", request, "contact-attempts", reached=True).json["state"] == "contacted"
    assert said(call) == "You asked for a chaplain. The chaplain has been in touch."
    assert do("chaya", request, "close").json["state"] == "closed"
    assert said(call) == "You asked for a chaplain. It is closed."
    assert "Chaya" not in call("ana", "GET /patients/me/replies").text


def test_of_two_who_take_it_the_second_is_told(ask, do):
    request = ask("nurse")
    assert do("nora", request, "claim").status_code == 200
    assert do("nora", request, "claim").status_code == 200
    late = do("omar", request, "claim")
    assert (late.status_code, late.json["type"].rpartition("/")[2]) == (409, "request-taken")


def test_a_closed_request_stays_closed(call, ask, do):
    request = ask("nurse")
    assert do("nora", request, "close").status_code == 200
    for what, body in (("claim", {}), ("close", {}), ("contact-attempts", {"reached": True})):
        assert do("nora", request, what, **body).status_code == 409
    assert call("nora", "GET /support-requests").json["items"] == []


def test_trying_is_not_reaching(ask, do):
    request = ask("nurse")
    tried = do("nora", request, "contact-attempts", reached=False, note="no answer").json
    assert (tried["state"], tried["contacted_at"]) == ("claimed", None)


@pytest.mark.parametrize(
    ("kind", "who", "others"),
    [("chaplain", "chaya", ("nora", "cora", "olga")), ("nurse", "nora", ("chaya", "sol", "olga")),
     ("social_worker", "sol", ("chaya", "cora", "olga")), ("support_group", "sol", ("chaya", "olga"))],
)  # fmt: skip
def test_a_request_reaches_its_own_queue(call, ask, do, kind, who, others):
    request = ask(kind)
    assert [one["id"] for one in call(who, "GET /support-requests").json["items"]] == [
        request["id"]
    ]
    for other in others:
        assert call(other, "GET /support-requests").json["items"] == []
        assert do(other, request, "claim").status_code == 404


def test_asking_again_with_the_same_words_is_one_request(call, ask):
    body = {"id": str(uuid4()), "kind": "nurse", "contact_by": "phone"}
    first = call("ana", "POST /patients/me/support-requests", body)
    again = call("ana", "POST /patients/me/support-requests", body)
    other = call("ana", "POST /patients/me/support-requests", {**body, "kind": "chaplain"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)


def test_whoever_works_on_it_is_in_her_access_log(call, ask, do):
    request = ask("nurse")
    do("nora", request, "claim")
    log = call("ana", "GET /patients/me/access-log").json["items"]
    assert ("Nora", "requests", "write") in {
        (one["name"], one["topic"], one["action"]) for one in log
    }


def test_everybody_finds_the_lines_to_call(call):
    entries = call("ana", "GET /support").json["items"]
    kinds = {one["kind"] for one in entries}
    assert {"social_worker", "chaplain", "support_group"} <= kinds
    only = call("ana", "GET /support?kind=chaplain").json["items"]
    assert {one["kind"] for one in only} == {"chaplain"}
    assert call("ana", "GET /support?language=xx").json["items"] == []


@pytest.mark.parametrize(
    ("kind", "who", "where"),
    [("nurse", "nora", "nursing"), ("social_worker", "sol", "social work"),
     ("support_group", "sol", "social work")],
)  # fmt: skip
def test_a_request_is_told_to_who_answers_for_its_queue(call, told, kind, who, where):
    body = {"id": str(uuid4()), "kind": kind, "contact_by": "phone", "message": "I am afraid."}
    for _again in range(2):
        call("ana", "POST /patients/me/support-requests", body)
    assert told() == [(who, f"{WAITS} {where}.")]


def test_with_nobody_on_duty_a_request_is_told_to_the_administrator(app, ask, told):
    with app.app_context(), transaction() as session:
        session.execute(sa.delete(RosterEntry))
    ask("nurse")
    assert told() == [("ada", f"{WAITS} nursing.")]


def test_a_wish_in_a_wellbeing_check_is_told_once(call, told):
    for _check in range(2):
        body = {
            "id": str(uuid4()), "checked_at": MONDAY_MORNING.isoformat(), "distress": 2,
            "contact_wanted": ["nurse", "social_worker"],
        }  # fmt: skip
        assert call("ana", "POST /patients/me/wellbeing-checks", body).status_code == 201
    assert told() == [("nora", f"{WAITS} nursing."), ("sol", f"{WAITS} social work.")]


@pytest.mark.parametrize("how", ["outright", "in a check"])
def test_who_asks_for_a_chaplain_is_told_of_once_by_the_alert(call, ask, told, how):
    if how == "outright":
        ask("chaplain")
    else:
        body = {
            "id": str(uuid4()), "checked_at": MONDAY_MORNING.isoformat(), "distress": 2,
            "contact_wanted": ["chaplain"],
        }  # fmt: skip
        assert call("ana", "POST /patients/me/wellbeing-checks", body).status_code == 201
    assert told() == []
    assert told("alert") == [("chaya", "An alert is waiting in chaplaincy.")]
    [request] = call("chaya", "GET /support-requests").json["items"]
    assert request["state"] == "received"


def test_a_wish_that_joins_an_alert_without_a_word_is_told_of_itself(call, ask, told, clock):
    ask("chaplain")
    clock.pass_time(hours=1)
    ask("chaplain")
    assert told("alert") == [("chaya", "An alert is waiting in chaplaincy.")]
    assert told() == [("chaya", f"{WAITS} chaplaincy.")]


def test_a_family_that_needs_somebody_is_told_of(call, world, told):
    death = {"care_status": "deceased", "died_on": "2026-03-01", "confirm": True}
    answer = call("nora", f"PATCH /patients/{world['ana'].patient_id}", death)
    assert answer.status_code == 200, answer.json
    assert told() == [("chaya", f"{WAITS} chaplaincy."), ("sol", f"{WAITS} social work.")]


def test_who_asks_for_a_chaplain_outright_raises_what_the_wish_would(call, ask):
    request = ask("chaplain")
    [alert] = call("chaya", "GET /alerts?queue=chaplaincy").json["items"]
    assert (alert["rules"], alert["severity"]) == (["SPIR"], "soon")
    [reason] = call("chaya", f"GET /alerts/{alert['id']}").json["reasons"]
    assert [(one["type"], one["id"]) for one in reason["records"]] == [
        ("support_request", request["id"])
    ]
    ask("chaplain")
    [joined] = call("chaya", "GET /alerts?queue=chaplaincy").json["items"]
    assert joined["id"] == alert["id"]


@pytest.mark.parametrize("kind", ["nurse", "social_worker", "support_group"])
def test_other_requests_raise_no_alert(call, ask, kind):
    ask(kind)
    for who in ("nora", "sol", "chaya"):
        assert call(who, "GET /alerts").json["items"] == []
