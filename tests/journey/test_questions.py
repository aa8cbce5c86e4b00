"""What she wants to ask at the next visit."""

from datetime import timedelta
from uuid import uuid4

import pytest

from service.accounts.models import Grant
from service.db import transaction
from tests.conftest import MONDAY_MORNING

QUESTIONS = "/patients/me/questions"


def question(**more):
    return {
        "id": str(uuid4()), "text": "May I fly in June?", "asked_at": "2026-03-01T20:00:00-08:00",
    } | more  # fmt: skip


@pytest.fixture
def ask(call):
    def ask(name="ana", path=QUESTIONS, **more):
        answer = call(name, f"POST {path}", question(**more))
        assert answer.status_code == 201, answer.json
        return answer.json

    return ask


def texts(answer):
    assert answer.status_code == 200, answer.json
    return [one["text"] for one in answer.json["items"]]


def test_a_question_is_kept_as_she_asked_it(call, ask):
    asked = ask()

    assert call("ana", f"GET {QUESTIONS}/{asked['id']}").json == asked
    assert asked["asked_at"] == "2026-03-02T04:00:00Z"
    assert (asked["answer"], asked["answered_at"], asked["version"]) == (None, None, 1)


def test_a_question_without_a_moment_was_asked_now(call, clock):
    body = question()
    del body["asked_at"]
    first = call("ana", f"POST {QUESTIONS}", body)
    clock.pass_time(minutes=5)
    again = call("ana", f"POST {QUESTIONS}", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert first.json["asked_at"] == "2026-03-02T17:00:00Z"


def test_the_same_question_sent_twice_is_one(call):
    body = question()
    first = call("ana", f"POST {QUESTIONS}", body)
    again = call("ana", f"POST {QUESTIONS}", body)
    other = call("ana", f"POST {QUESTIONS}", body | {"text": "May I swim?"})
    bens = call("ben", f"POST {QUESTIONS}", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert (other.status_code, bens.status_code) == (409, 409)
    assert other.json["type"].endswith("/id-conflict")
    assert texts(call("ana", f"GET {QUESTIONS}")) == ["May I fly in June?"]


@pytest.mark.parametrize(
    ("ahead", "status"), [({"hours": 23}, 201), ({"hours": 25}, 422), ({"days": -9700}, 422)]
)
def test_a_moment_no_clock_shows_is_refused(call, ahead, status):
    asked_at = (MONDAY_MORNING + timedelta(**ahead)).isoformat()

    answer = call("ana", f"POST {QUESTIONS}", question(asked_at=asked_at))

    assert answer.status_code == status
    if status == 422:
        assert answer.json["type"].endswith("/clock-wrong")


def test_what_is_open_can_be_asked_for(call, ask):
    first, second = ask(text="First"), ask(text="Second", asked_at="2026-03-02T08:00:00-08:00")
    call("nora", f"PATCH /patients/{pid(call)}/questions/{first['id']}", {"answer": "Yes."})

    assert texts(call("ana", f"GET {QUESTIONS}")) == ["Second", "First"]
    assert texts(call("ana", f"GET {QUESTIONS}?open=true")) == ["Second"]
    assert texts(call("ana", f"GET {QUESTIONS}?open=false")) == ["First"]
    assert call("ana", f"GET {QUESTIONS}?open=perhaps").status_code == 422
    assert second["answered_at"] is None


def test_an_answer_closes_a_question_and_taking_it_out_opens_it(call, ask, clock):
    path = f"{QUESTIONS}/{ask()['id']}"

    answered = call("ana", f"PATCH {path}", {"answer": "Yes, with a letter."}).json
    clock.pass_time(hours=1)
    better = call("ana", f"PATCH {path}", {"answer": "Yes, with this letter."}).json
    opened = call("ana", f"PATCH {path}", {"answer": None}).json
    asked = call("ana", f"PATCH {path}", {"answered_at": "2026-03-02T10:00:00-08:00"}).json

    assert answered["answered_at"] == better["answered_at"] == "2026-03-02T17:00:00Z"
    assert (opened["answer"], opened["answered_at"]) == (None, None)
    assert (asked["answer"], asked["answered_at"]) == (None, "2026-03-02T18:00:00Z")
    assert asked["version"] == 5
    late = {"answered_at": "2026-03-09T10:00:00-08:00"}
    assert call("ana", f"PATCH {path}", late).json["type"].endswith("/clock-wrong")


def test_staff_answer_and_leave_her_words_alone(call, ask):
    hers = f"/patients/{pid(call)}/questions"
    path, own = f"{hers}/{ask()['id']}", f"{hers}/{ask('nora', hers)['id']}"

    assert call("omar", f"PATCH {path}", {"answer": "Yes."}).status_code == 200
    assert call("omar", f"PATCH {path}", {"text": "Other words"}).status_code == 403
    assert call("omar", f"DELETE {path}").status_code == 403
    assert call("nora", f"PATCH {own}", {"text": "Other words"}).status_code == 200
    assert call("nora", f"DELETE {own}").status_code == 204
    assert call("sol", f"GET {path}").json["answer"] == "Yes."
    assert call("sol", f"PATCH {path}", {"answer": "No."}).status_code == 403
    assert call("ana", f"PATCH {path}", {"text": "Mine again"}).status_code == 200


def test_a_change_minds_who_was_first_and_a_question_can_be_taken_back(call, ask):
    path = f"{QUESTIONS}/{ask()['id']}"
    seen = {"headers": {"If-Match": '"1"'}}

    assert call("ana", f"PATCH {path}", {"text": "New"}, **seen).status_code == 200
    assert call("ana", f"PATCH {path}", {"text": "Newer"}, **seen).status_code == 412
    assert call("ana", f"DELETE {path}", **seen).status_code == 412
    assert call("ana", f"DELETE {path}").status_code == 204
    assert call("ana", f"GET {path}").status_code == 404
    assert call("ana", f"PATCH {path}", {"text": "New"}).status_code == 404
    assert texts(call("ana", f"GET {QUESTIONS}")) == []


@pytest.mark.parametrize(
    "body", [{"text": ""}, {"text": " "}, {"text": "x" * 2001}, {"text": None}, {"answer": "y"}]
)
def test_a_question_is_text(call, body):
    assert call("ana", f"POST {QUESTIONS}", question() | body).status_code == 422


def test_pages_join_up(call, ask):
    for day in (1, 3, 2, 2, 4):
        ask(text=str(day), asked_at=f"2026-02-{day:02}T12:00:00Z")

    first = call("ana", f"GET {QUESTIONS}?limit=2")
    second = call("ana", f"GET {QUESTIONS}?limit=3&cursor={first.json['next_cursor']}")

    assert texts(first) + texts(second) == ["4", "3", "2", "2", "1"]
    assert second.json["next_cursor"] is None


def test_her_family_and_another_clinic_see_none(app, call, ask, world, clock):
    asked = ask()
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["symptoms", "calendar"], granted_at=clock.now(),
            )
        )  # fmt: skip
    path = f"/patients/{world['ana'].patient_id}/questions"

    for route in (path, f"{path}/{asked['id']}"):
        assert call("hugo", f"GET {route}").status_code == 403
        assert call("olga", f"GET {route}").status_code == 404
        assert call("ben", f"GET {route}").status_code == 404
    assert call("ben", f"GET {QUESTIONS}/{asked['id']}").status_code == 404


def pid(call):
    return call("ana", "GET /me").json["patient_id"]
