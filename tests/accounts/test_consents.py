"""Consent: to a text that was shown, kept with all that was said before, and in force at once."""

from pathlib import Path

import pytest
import sqlalchemy as sa

import service.accounts
from service.accounts.consent_models import Consent
from service.accounts.consent_texts import text_for
from service.audit.models import AccessLogEntry
from service.db import transaction
from service.notify.models import OutboxMessage
from tests.jobs.scheduler import Scheduler

MESSAGES = "/patients/me/consents/messages"
YES, NO = {"given": True, "text_version": 1}, {"given": False, "text_version": 1}


def test_before_she_has_said_anything_it_counts_as_given_and_says_so(call):
    items = call("ana", "GET /patients/me/consents").json["items"]
    one = next(one for one in items if one["purpose"] == "messages")
    assert (one["purpose"], one["given"], one["answered_at"]) == ("messages", True, None)
    assert (one["text"]["version"], one["text"]["language"]) == (1, "en")
    assert "nothing is sent to you" in one["text"]["body"]


def test_what_she_says_is_kept_with_what_she_said_before(call, clock):
    call("ana", f"PUT {MESSAGES}", NO)
    clock.pass_time(hours=1)
    again = call("ana", f"PUT {MESSAGES}", YES)

    assert again.status_code == 200
    assert (again.json["given"], again.json["answered_version"]) == (True, 1)
    assert [one["given"] for one in again.json["history"]] == [True, False]
    assert again.json["history"][0]["at"] == "2026-03-02T18:00:00Z"


def test_the_same_again_is_no_new_answer(app, call, clock):
    call("ana", f"PUT {MESSAGES}", NO)
    clock.pass_time(hours=1)
    assert len(call("ana", f"PUT {MESSAGES}", NO).json["history"]) == 1


@pytest.mark.parametrize("version", [2, 999_999])
def test_an_answer_to_another_text_is_refused(call, version):
    answer = call("ana", f"PUT {MESSAGES}", {"given": False, "text_version": version})
    assert answer.status_code == 409
    assert answer.json["type"].endswith("/consent-text-changed")
    assert answer.json["text_version"] == 1
    assert call("ana", f"GET {MESSAGES}").json["given"] is True


@pytest.mark.parametrize("body", [{}, {"given": True}, {"given": "no", "text_version": 1},
                                  {"given": None, "text_version": 1},
                                  {"given": True, "text_version": 0}])  # fmt: skip
def test_an_answer_is_yes_or_no_to_a_version(call, body):
    assert call("ana", f"PUT {MESSAGES}", body).status_code == 422


@pytest.mark.parametrize("purpose", ["research_export", "Messages", "x"])
def test_nobody_is_asked_for_what_nothing_enforces(call, purpose):
    for method, body in (("GET", None), ("PUT", YES)):
        answer = call("ana", f"{method} /patients/me/consents/{purpose}", body)
        assert answer.status_code == 404
        assert answer.json["type"].endswith("/consent-unknown")


def test_the_team_reads_and_she_alone_says(call, world, app):
    path = f"/patients/{world['ana'].patient_id}/consents"
    assert call("nora", f"GET {path}").status_code == 200
    assert call("nora", f"PUT {path}/messages", NO).status_code == 403
    assert call("hugo", f"GET {path}").status_code in {403, 404}
    assert call("olga", f"GET {path}/messages").status_code == 404
    call("ana", f"PUT {MESSAGES}", NO)
    with app.app_context(), transaction() as session:
        logged = session.execute(sa.select(AccessLogEntry.topic, AccessLogEntry.action)).all()
    assert ("consents", "write") in [tuple(row) for row in logged]


def test_one_answer_holds_whatever_meets(app, call):
    for said in (NO, YES, NO):
        call("ana", f"PUT {MESSAGES}", said)
    with app.app_context(), transaction() as session:
        rows = session.scalars(sa.select(Consent).order_by(Consent.id)).all()
        assert [(row.given, row.superseded_at is None) for row in rows] == [
            (False, False), (True, False), (False, True),
        ]  # fmt: skip


def test_a_refusal_holds_for_what_waits_already(app, call, clock):
    """A reminder that is due in the very round after she has said no stays where it is."""
    reminder = {"id": "01900000-0000-7000-8000-0000000000aa", "kind": "custom", "title": "Walk",
                "recurrence": None, "local_start": "2026-03-02T09:30"}  # fmt: skip
    assert call("ana", "POST /patients/me/reminders", reminder).status_code == 201
    scheduler = Scheduler(app, clock)
    clock.pass_time(minutes=30)
    call("ana", f"PUT {MESSAGES}", NO)
    scheduler.tick()

    assert scheduler.phone.sent == []
    with app.app_context(), transaction() as session:
        [row] = session.scalars(sa.select(OutboxMessage)).all()
        assert (row.state, row.last_error) == ("withheld", "consent refused: messages")


def test_her_care_team_is_told_of_her_all_the_same(app, call, clock):
    call("ana", f"PUT {MESSAGES}", NO)
    body = {"id": "01900000-0000-7000-8000-0000000000ab", "reported_at": "2026-03-02T09:00:00-08:00",
            "red_flags": ["chest_pain"]}  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    assert [message.kind for message in scheduler.phone.sent] == ["alert"]


def test_every_text_is_plain_and_stands_where_its_name_says():
    folder = Path(service.accounts.__file__).parent / "consents"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
    assert names == ["en/care_team.1.md", "en/messages.1.md"]
    text = text_for("messages", "de-DE")
    assert (text.language, text.version) == ("en", 1)
    assert len(text.body.split()) < 200
