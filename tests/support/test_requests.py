"""Requests for a person: asked, taken, contacted, closed, and what she sees of it."""

from uuid import uuid4

import pytest


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


def said(call):
    return call("ana", "GET /patients/me/replies").json["items"][0]["text"]


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
