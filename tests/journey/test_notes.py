"""What the team notes about her: for each other, and she may read it."""

from uuid import uuid4

import pytest


@pytest.fixture
def notes(world):
    return f"/patients/{world['ana'].patient_id}/notes"


@pytest.fixture
def write(call, notes):
    def write(name="nora", text="Lives alone, sister in town.", **more):
        answer = call(name, f"POST {notes}", {"id": str(uuid4()), "text": text} | more)
        assert answer.status_code == 201, answer.json
        return answer.json

    return write


def texts(answer):
    assert answer.status_code == 200, answer.json
    return [one["text"] for one in answer.json["items"]]


def test_a_note_says_who_wrote_it_and_she_reads_it(call, write, notes, clock):
    first = write()
    clock.pass_time(minutes=1)
    write("chaya", "Would like a visit.")

    read = call("ana", "GET /patients/me/notes")

    assert texts(read) == ["Would like a visit.", "Lives alone, sister in town."]
    assert read.json["items"][1] == first
    assert [one["by_role"] for one in read.json["items"]] == ["chaplain", "nurse"]
    assert (first["by_name"], first["written_at"]) == ("Nora", "2026-03-02T17:00:00Z")
    assert texts(call("cora", f"GET {notes}")) == texts(read)


def test_the_same_note_sent_twice_is_one(call, notes, clock):
    body = {"id": str(uuid4()), "text": "Lives alone."}
    first = call("nora", f"POST {notes}", body)
    clock.pass_time(minutes=5)
    again = call("nora", f"POST {notes}", body)
    other = call("nora", f"POST {notes}", body | {"text": "Lives with her sister."})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json == again.json
    assert texts(call("nora", f"GET {notes}")) == ["Lives alone."]


def test_who_wrote_a_note_takes_it_back_and_nobody_else(call, write, notes):
    path = f"{notes}/{write()['id']}"

    assert call("omar", f"DELETE {path}").status_code == 403
    assert call("ana", f"DELETE {path}").status_code == 403
    assert call("nora", f"DELETE {path}", headers={"If-Match": '"2"'}).status_code == 412
    assert call("nora", f"DELETE {path}").status_code == 204
    assert call("nora", f"DELETE {path}").status_code == 404
    assert texts(call("nora", f"GET {notes}")) == []


@pytest.mark.parametrize(
    ("who", "reads", "writes"),
    [("ana", 200, 403), ("hugo", 403, 403), ("sol", 200, 201), ("eva", 403, 403),
     ("ada", 403, 403), ("per", 403, 403), ("olga", 404, 404), ("ben", 404, 403)],
)  # fmt: skip
def test_notes_are_the_teams_and_hers(call, write, notes, who, reads, writes):
    write()

    assert call(who, f"GET {notes}").status_code == reads
    body = {"id": str(uuid4()), "text": "A note"}
    assert call(who, f"POST {notes}", body).status_code == writes


def test_she_sees_in_her_log_who_noted_something(call, write):
    write("sol")

    [entry, *_] = call("ana", "GET /patients/me/access-log").json["items"]

    assert (entry["name"], entry["topic"], entry["action"]) == ("Sol", "notes", "write")


@pytest.mark.parametrize("text", ["", " ", "x" * 10_001, None])
def test_a_note_is_text(call, notes, text):
    assert call("nora", f"POST {notes}", {"id": str(uuid4()), "text": text}).status_code == 422


def test_pages_join_up(call, write, notes, clock):
    for number in range(5):
        write(text=str(number))
        clock.pass_time(minutes=number % 2)

    first = call("nora", f"GET {notes}?limit=2")
    second = call("nora", f"GET {notes}?limit=3&cursor={first.json['next_cursor']}")

    assert sorted(texts(first) + texts(second)) == ["0", "1", "2", "3", "4"]
    assert second.json["next_cursor"] is None
