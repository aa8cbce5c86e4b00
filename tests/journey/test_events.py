"""Events: appointments, scans, results and milestones, ahead or long ago."""

from uuid import uuid4

import pytest

from service.accounts.models import Grant
from service.db import transaction

EVENTS = "/patients/me/events"


def event(**more):
    return {
        "id": str(uuid4()), "kind": "scan", "title": "CT of the chest",
        "starts_at": "2026-03-20T08:30:00-07:00", "place": "Harbor, level 2",
        "notes": "Nothing to eat after midnight",
    } | more  # fmt: skip


@pytest.fixture
def note(call):
    def note(name="ana", **more):
        answer = call(name, f"POST {EVENTS}", event(**more))
        assert answer.status_code == 201, answer.json
        return answer.json

    return note


def titles(answer):
    assert answer.status_code == 200, answer.json
    return [one["title"] for one in answer.json["items"]]


def test_an_event_is_kept_as_it_was_sent(call, note):
    noted = note()

    read = call("ana", f"GET {EVENTS}/{noted['id']}").json

    assert read == noted
    assert (noted["starts_at"], noted["version"]) == ("2026-03-20T15:30:00Z", 1)
    assert noted["notes"] == "Nothing to eat after midnight"


def test_the_same_event_sent_twice_is_one_event(call):
    body = event()
    first = call("ana", f"POST {EVENTS}", body)
    again = call("ana", f"POST {EVENTS}", body)
    other = call("ana", f"POST {EVENTS}", body | {"title": "MRI"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json == first.json
    assert other.json["type"].endswith("/id-conflict")
    assert titles(call("ana", f"GET {EVENTS}")) == ["CT of the chest"]


def test_her_team_enters_events_too_and_she_sees_them(call, note, world):
    path = f"/patients/{world['ana'].patient_id}/events"
    assert call("cora", f"POST {path}", event(title="Bone scan")).status_code == 201
    assert titles(call("ana", f"GET {EVENTS}")) == ["Bone scan"]
    assert call("sol", f"POST {path}", event()).status_code == 403
    assert titles(call("sol", f"GET {path}")) == ["Bone scan"]


@pytest.mark.parametrize(
    ("starts_at", "status"),
    [
        ("1899-12-31T23:59:59Z", 422),
        ("1900-01-01T00:00:00Z", 201),
        ("2099-12-31T23:59:59Z", 201),  # a milestone may lie far ahead: no clock is wrong
        ("2100-01-01T00:00:00Z", 422),
        ("2099-12-31T23:00:00-08:00", 422),  # which is 2100 in UTC
    ],
)
def test_an_event_lies_from_1900_to_2099(call, starts_at, status):
    answer = call("ana", f"POST {EVENTS}", event(starts_at=starts_at))

    assert answer.status_code == status
    if status == 422:
        assert [one["pointer"] for one in answer.json["errors"]] == ["/starts_at"]


def test_a_change_counts_and_minds_who_was_first(call, note):
    path = f"{EVENTS}/{note()['id']}"
    seen = {"headers": {"If-Match": '"1"'}}

    moved = call("ana", f"PATCH {path}", {"starts_at": "2026-03-21T15:30:00Z"}, **seen)
    late = call("ana", f"PATCH {path}", {"place": None}, **seen)

    assert (moved.status_code, moved.json["version"]) == (200, 2)
    assert moved.json["starts_at"] == "2026-03-21T15:30:00Z"
    assert late.status_code == 412
    assert call("ana", f"DELETE {path}", **seen).status_code == 412
    assert call("ana", f"DELETE {path}").status_code == 204
    assert call("ana", f"GET {path}").status_code == 404
    assert call("ana", f"PATCH {path}", {"place": None}).status_code == 404
    assert titles(call("ana", f"GET {EVENTS}")) == []


def test_the_list_begins_with_what_lies_furthest_ahead_page_by_page(call, note):
    for day in (5, 25, 15, 15, 10):
        note(title=str(day), starts_at=f"2026-03-{day:02}T12:00:00Z")

    first = call("ana", f"GET {EVENTS}?limit=2")
    second = call("ana", f"GET {EVENTS}?limit=3&cursor={first.json['next_cursor']}")

    assert titles(first) + titles(second) == ["25", "15", "15", "10", "5"]
    assert second.json["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=scan", ["late scan", "scan"]),
        ("from=2026-03-08", ["late scan", "party"]),
        # Eleven at night in Los Angeles is still hers, though it is the next day in UTC.
        ("to=2026-03-09", ["party", "scan"]),
        ("from=2026-03-10T06:00:00Z&to=2026-03-10T06:00:00Z", ["party"]),
        ("kind=scan&to=2026-03-08", ["scan"]),
    ],
)
def test_the_list_can_be_narrowed(call, note, query, expected):
    note(title="scan", starts_at="2026-03-07T12:00:00-08:00")
    note(title="party", kind="milestone", starts_at="2026-03-09T23:00:00-07:00")
    note(title="late scan", starts_at="2026-04-07T12:00:00-07:00")

    assert titles(call("ana", f"GET {EVENTS}?{query}")) == expected


@pytest.mark.parametrize("query", ["kind=party", "from=yesterday", "to=9999-12-31"])
def test_what_the_list_cannot_be_narrowed_by_is_422(call, query):
    assert call("ana", f"GET {EVENTS}?{query}").status_code == 422


@pytest.mark.parametrize(("topic", "status"), [("calendar", 200), ("symptoms", 403)])
def test_her_family_sees_them_with_her_calendar(app, call, note, world, clock, topic, status):
    note()
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=[topic], granted_at=clock.now(),
            )
        )  # fmt: skip
    path = f"/patients/{world['ana'].patient_id}/events"

    assert call("hugo", f"GET {path}").status_code == status
    assert call("hugo", f"POST {path}", event()).status_code == 403
