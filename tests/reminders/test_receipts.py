"""What her devices tell, and what a report completes."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.notify.models import OutboxMessage
from tests.jobs.scheduler import Broken, Scheduler

OCCURRENCES = "/patients/me/reminder-occurrences"


@pytest.fixture
def remind(call):
    def remind(kind="custom", at="10:00", recurrence="FREQ=DAILY", name="ana"):
        body = {
            "id": str(uuid4()), "kind": kind, "title": "How are you?", "recurrence": recurrence,
            "local_start": f"2026-03-02T{at}",
        }  # fmt: skip
        assert call(name, "POST /patients/me/reminders", body).status_code == 201
        return call(name, f"GET {OCCURRENCES}?reminder_id={body['id']}").json["items"][-1]["id"]

    return remind


@pytest.fixture
def tell(call):
    def tell(id, word, name="ana"):
        return call(name, f"POST {OCCURRENCES}/{id}/{word}")

    return tell


@pytest.fixture
def sent(app, clock, remind):
    """One that was sent at ten."""
    id = remind()
    clock.pass_time(hours=1)
    Scheduler(app, clock).tick()
    clock.pass_time(seconds=2)
    return id


def test_delivered_then_opened_then_done(clock, sent, tell):
    delivered = tell(sent, "delivered").json
    clock.pass_time(minutes=1)
    opened = tell(sent, "opened").json
    done = tell(sent, "done").json

    assert [one["status"] for one in (delivered, opened, done)] == ["delivered", "opened", "done"]
    assert delivered["delivered_at"] == opened["delivered_at"] == "2026-03-02T18:00:02Z"
    assert (delivered["opened_at"], opened["opened_at"]) == (None, "2026-03-02T18:01:02Z")
    assert delivered["sent_at"] == done["sent_at"] == "2026-03-02T18:00:00Z"
    assert done["missed_because"] is None


def test_a_receipt_again_or_out_of_order_changes_nothing(clock, sent, tell):
    opened = tell(sent, "opened").json
    assert (opened["status"], opened["delivered_at"]) == ("opened", opened["opened_at"])
    clock.pass_time(minutes=1)
    for word in ("delivered", "opened"):
        again = tell(sent, word)
        assert (again.status_code, again.json) == (200, opened)


@pytest.mark.parametrize(
    ("word", "status"), [("done", "done"), ("skip", "skipped"), ("snooze", "snoozed")]
)
def test_a_receipt_never_takes_an_answer_back(sent, tell, word, status):
    answered = tell(sent, word).json
    for receipt in ("delivered", "opened"):
        late = tell(sent, receipt)
        assert (late.status_code, late.json) == (200, answered)
    assert answered["status"] == status


def test_a_receipt_for_what_was_missed_changes_nothing(app, clock, remind, tell):
    id = remind()
    clock.pass_time(hours=9)
    Scheduler(app, clock).tick()
    missed = tell(id, "delivered")
    assert (missed.status_code, missed.json["status"]) == (200, "missed")
    assert tell(id, "snooze").status_code == 409
    assert tell(id, "done").json["status"] == "done"


def test_a_receipt_before_it_is_due_is_refused(remind, tell):
    id = remind()
    for receipt in ("delivered", "opened"):
        refused = tell(id, receipt)
        assert (refused.status_code, refused.json["type"].split("/")[-1]) == (
            409,
            "occurrence-not-sent",
        )


def test_a_receipt_that_overtakes_the_books_counts(app, clock, remind, tell, call):
    """The phone has it, and the scheduler was killed before it could note that it was sent."""
    id = remind()
    clock.pass_time(hours=1)
    phone = Broken(SystemExit(), takes=True)
    with pytest.raises(SystemExit):
        Scheduler(app, clock, phone).tick()
    assert len(phone.sent) == 1

    told = tell(id, "delivered").json
    clock.pass_time(minutes=5)
    Scheduler(app, clock).tick()

    assert (told["status"], told["sent_at"]) == ("delivered", "2026-03-02T18:00:00Z")
    assert call("ana", f"GET {OCCURRENCES}").json["items"][-1]["status"] == "delivered"


def test_receipts_of_strangers_and_of_nothing_are_not_found(sent, tell, call, world):
    for receipt in ("delivered", "opened"):
        assert tell(sent, receipt, "ben").status_code == 404
        assert tell(uuid4(), receipt).status_code == 404
        ana = f"/patients/{world['ana'].patient_id}/reminder-occurrences"
        assert call("olga", f"POST {ana}/{sent}/{receipt}").status_code in {403, 404}
        assert call("nora", f"POST {ana}/{sent}/{receipt}").status_code == 403


def test_what_was_opened_and_not_answered_still_nags(app, clock, call, tell):
    body = {
        "id": str(uuid4()), "kind": "custom", "title": "Tablets", "recurrence": None,
        "local_start": "2026-03-02T10:00", "nag_after_minutes": 30,
    }  # fmt: skip
    call("ana", "POST /patients/me/reminders", body)
    [one] = call("ana", f"GET {OCCURRENCES}").json["items"]
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    tell(one["id"], "opened")
    clock.pass_time(minutes=31)
    scheduler.tick()
    assert len(scheduler.phone.sent) == 2


# What a report completes.


def report(at):
    return {
        "id": str(uuid4()), "reported_at": at.isoformat(),
        "answers": [{"symptom": "nausea", "frequency": 1, "severity": 1}],
    }  # fmt: skip


def check(at):
    return {"id": str(uuid4()), "checked_at": at.isoformat(), "distress": 2}


def form(at):
    return {
        "id": str(uuid4()), "questionnaire": "phq-2", "status": "completed", "answered_at": at.isoformat(),
        "answers": {"1": 0, "2": 0},
    }  # fmt: skip


REPORTS = [
    ("check_in", "symptom-reports", report),
    ("wellbeing", "wellbeing-checks", check),
    ("wellbeing", "questionnaire-responses", form),
]


@pytest.fixture
def statuses(call):
    def statuses(name="ana"):
        items = call(name, f"GET {OCCURRENCES}").json["items"]
        return [one["status"] for one in reversed(items)]

    return statuses


@pytest.mark.parametrize(("kind", "path", "body"), REPORTS)
def test_a_report_completes_its_days_reminder_and_no_other(
    clock, call, remind, statuses, kind, path, body
):
    for name in ("ana", "ben"):
        remind(kind, "20:00", name=name)
    other = remind("custom", "21:00", recurrence=None)
    sent = body(clock.now())

    assert call("ana", f"POST /patients/me/{path}", sent).status_code == 201

    items = call("ana", f"GET {OCCURRENCES}").json["items"]
    assert {one["status"] for one in items if one["id"] == other} == {"due"}
    assert statuses().count("done") == 1
    assert next(o for o in items if o["status"] == "done")["local_at"] == "2026-03-02T20:00"
    assert "done" not in statuses("ben")


@pytest.mark.parametrize(("kind", "path", "body"), REPORTS)
def test_a_late_report_completes_the_day_it_is_about_and_a_repeat_none(
    app, clock, call, remind, statuses, kind, path, body
):
    remind(kind, "10:00")
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock)
    scheduler.tick()
    clock.pass_time(hours=20)
    late = body(clock.now() - timedelta(hours=12))

    call("ana", f"POST /patients/me/{path}", late)
    assert statuses()[:3] == ["done", "due", "due"]

    clock.pass_time(hours=8)
    scheduler.tick()
    assert call("ana", f"POST /patients/me/{path}", late).status_code == 200
    assert statuses()[:3] == ["done", "sent", "due"]


def test_checking_in_takes_back_what_has_not_gone_out_yet(app, clock, call, remind):
    remind("check_in", "10:00")
    clock.pass_time(hours=1)
    Scheduler(app, clock, Broken(ConnectionError())).tick()

    call("ana", "POST /patients/me/symptom-reports", report(clock.now()))

    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(OutboxMessage.state)).all() == ["withheld"]
    clock.pass_time(hours=1)
    later = Scheduler(app, clock)
    later.tick()
    assert later.phone.sent == []


def test_a_correction_is_no_check_in(clock, call, remind, statuses):
    first = report(clock.now())
    call("ana", "POST /patients/me/symptom-reports", first)
    remind("check_in", "20:00")
    corrected = report(clock.now()) | {"corrects": first["id"]}
    assert call("ana", "POST /patients/me/symptom-reports", corrected).status_code == 201
    assert statuses()[0] == "due"
