"""What is asked for again and has not changed, packed answers, and what no cache may keep."""

import gzip
from uuid import uuid4

import orjson
import pytest

from service.api.carrying import PACKED_FROM
from tests.test_bad_input import ids, routes, send

__all__ = ["ids", "send"]

POLLED = (
    ("ana", "/patients/me/feed"), ("ana", "/catalog/symptoms"), ("ana", "/catalog/treatments"),
    ("ana", "/patients/me/reminders"), ("ana", "/patients/me/reminder-occurrences"),
    ("nora", "/panel"), ("nora", "/alerts"), ("ana", "/content?q=fever"), ("ana", "/support"),
)  # fmt: skip
PACKS = {"Accept-Encoding": "gzip"}


@pytest.mark.parametrize(("who", "path"), POLLED)
def test_what_has_not_changed_is_not_sent_again(call, who, path):
    first = call(who, f"GET {path}")
    tag = first.headers["ETag"]
    again = call(who, f"GET {path}", headers={"If-None-Match": tag})

    assert tag.startswith('W/"')
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert "X-Request-Id" in again.headers
    other = call(who, f"GET {path}", headers={"If-None-Match": 'W/"0"'})
    assert (other.status_code, other.data) == (200, first.data)


def test_what_has_changed_is_sent(call):
    tag = call("ana", "GET /patients/me/reminders").headers["ETag"]
    body = {
        "id": str(uuid4()), "kind": "custom", "title": "Water", "recurrence": "FREQ=DAILY",
        "local_start": "2026-03-02T09:00",
    }  # fmt: skip
    call("ana", "POST /patients/me/reminders", body)
    answer = call("ana", "GET /patients/me/reminders", headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


def test_every_get_in_json_can_be_asked_for_again(app, send, ids):
    wrong = []
    for route in routes(app):
        # A phone says with ``last_pulled_at`` what it has, and a pull is no answer to hold whole.
        if route.method != "GET" or route.name == "GET /patients/me/sync":
            continue
        answer = send(route)
        if answer.status_code != 200 or not answer.is_json:
            continue
        again = send(route, headers={"If-None-Match": answer.headers.get("ETag", "")})
        if again.status_code != 304:
            wrong.append(f"{route.name}: {again.status_code}")
    assert wrong == []


def test_a_look_that_is_answered_304_is_a_look_in_the_log(call, world):
    path = f"/patients/{world['ana'].patient_id}/reminders"
    tag = call("nora", f"GET {path}").headers["ETag"]
    before = len(call("ana", "GET /patients/me/access-log").json["items"])
    call("nora", f"GET {path}", headers={"If-None-Match": tag})
    assert len(call("ana", "GET /patients/me/access-log").json["items"]) == before + 1


def test_a_long_answer_is_packed_for_whoever_can_unpack_it(call):
    plain = call("ana", "GET /catalog/treatments")
    packed = call("ana", "GET /catalog/treatments", headers=PACKS)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert packed.headers["ETag"] == plain.headers["ETag"]
    for answer in (plain, packed):
        assert {"Accept-Encoding", "Authorization"} <= set(answer.vary)


@pytest.mark.parametrize("accepts", ["", "br", "gzip;q=0", "identity"])
def test_nobody_gets_what_she_cannot_unpack(call, accepts):
    answer = call("ana", "GET /catalog/treatments", headers={"Accept-Encoding": accepts})
    assert "Content-Encoding" not in answer.headers
    assert orjson.loads(answer.data)["items"]


def test_a_short_answer_is_not_packed(call):
    answer = call("ana", "GET /me", headers=PACKS)
    assert len(answer.data) < PACKED_FROM
    assert "Content-Encoding" not in answer.headers


def test_nothing_is_packed_in_which_a_token_or_a_key_stands(app, send, ids):
    for route in routes(app):
        if route.method != "GET":
            assert "Content-Encoding" not in send(route, b"{}", headers=PACKS).headers, route.name


def test_pages_are_not_packed_a_form_token_stands_in_them(client):
    assert "Content-Encoding" not in client.get("/sign-in", headers=PACKS).headers


@pytest.mark.parametrize(("who", "path"), POLLED)
def test_only_catalogs_may_lie_in_a_cache_and_only_in_ones_own(call, who, path):
    said = call(who, f"GET {path}").headers["Cache-Control"]
    assert said == ("private, no-cache" if "/catalog/" in path else "no-store")
