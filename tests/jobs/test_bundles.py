"""What is due together goes out together, not in her quiet hours, and not too often."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Account, Patient
from service.db import transaction
from service.ids import derived_id
from service.jobs.tick import Counts
from service.notify.channels import TryAgain
from service.notify.models import OutboxMessage
from service.reminders.models import Reminder, ReminderOccurrence
from tests.jobs.scheduler import Broken, Scheduler

OCCURRENCES = "/patients/me/reminder-occurrences"


@pytest.fixture
def remind(call):
    def remind(at="2026-03-02T10:00", **more):
        body = {"id": str(uuid4()), "kind": "custom", "title": "x", "local_start": at} | more
        assert call("ana", "POST /patients/me/reminders", body).status_code == 201
        return derived_id(body["id"], at)

    return remind


@pytest.fixture
def scheduler(app, clock):
    return Scheduler(app, clock)


@pytest.fixture
def of(app):
    def of(occurrence_id):
        with app.app_context(), transaction() as session:
            return session.get(ReminderOccurrence, occurrence_id)

    return of


@pytest.fixture
def wish(app, world):
    """Let Ana say how she wants to be reminded."""

    def wish(**values):
        with app.app_context(), transaction() as session:
            session.execute(
                sa.update(Account).where(Account.id == world["ana"].account_id).values(**values)
            )

    return wish


def listed(message):
    return {UUID(id) for id in message.body["occurrences"]}


def test_what_is_due_together_is_one_push_with_one_key(scheduler, clock, remind, of):
    ids = {remind(), remind(at="2026-03-02T09:30"), remind(discreet=False)}
    clock.pass_time(hours=1)

    assert scheduler.tick() == Counts(released=3, sent=1)

    [push] = scheduler.phone.sent
    assert (push.title, listed(push), push.subject_id) == ("You have 3 reminders", ids, None)
    assert len(push.collapse_key) <= 80
    assert {of(id).message_key for id in ids} == {push.collapse_key}
    assert {of(id).status for id in ids} == {"sent"}


def test_hers_and_his_are_not_mixed(scheduler, clock, remind, call):
    hers = remind()
    body = {
        "id": str(uuid4()), "kind": "custom", "title": "x", "local_start": "2026-03-02T10:00",
    }  # fmt: skip
    assert call("ben", "POST /patients/me/reminders", body).status_code == 201
    clock.pass_time(hours=1)
    scheduler.tick()
    assert len(scheduler.phone.sent) == 2
    assert str(hers) in scheduler.sent_keys()


def test_answering_one_leaves_the_message_for_the_others(app, clock, remind, call):
    one, other = remind(), remind()
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock, Broken(TryAgain("busy")))
    scheduler.tick()

    call("ana", f"POST {OCCURRENCES}/{one}/done")
    clock.pass_time(minutes=1)
    assert scheduler.tick().sent == 1

    items = call("ana", f"GET {OCCURRENCES}").json["items"]
    assert {item["id"]: item["status"] for item in items} == {str(one): "done", str(other): "sent"}


@pytest.mark.parametrize("last", ["done", "skip", "snooze"])
def test_answering_the_last_takes_the_message_back(app, clock, remind, call, last):
    one, other = remind(), remind()
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock, Broken(TryAgain("busy")))
    scheduler.tick()

    assert call("ana", f"POST {OCCURRENCES}/{one}/done").status_code == 200
    assert call("ana", f"POST {OCCURRENCES}/{other}/{last}").status_code == 200
    clock.pass_time(minutes=1)

    assert scheduler.tick() == Counts()
    with app.app_context(), transaction() as session:
        [message] = session.scalars(sa.select(OutboxMessage))
        assert (message.state, message.last_error) == ("withheld", "answered")


def test_nags_come_together_under_a_key_of_their_own(scheduler, clock, remind):
    remind(nag_after_minutes=20)
    remind(nag_after_minutes=20)
    for _ in range(4):
        clock.pass_time(hours=1)
        scheduler.tick()
    assert len(scheduler.sent_keys()) == len(set(scheduler.sent_keys())) == 2


def test_quiet_hours_put_off_until_their_end_and_nothing_counts_as_late(
    scheduler, clock, remind, wish, of, app
):
    wish(quiet_hours={"start": "09:30", "end": "15:00"})
    ids = {remind(), remind(at="2026-03-02T14:59", nag_after_minutes=10)}
    for _ in range(6):
        clock.pass_time(minutes=59)
        scheduler.tick()
    assert scheduler.phone.sent == []
    assert {of(id).status for id in ids} == {"due"}

    clock.moment = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)  # 15:00 in Los Angeles
    scheduler.tick()

    [push] = scheduler.phone.sent
    assert listed(push) == ids
    assert push.due_at == clock.now()
    assert push.useful_until == clock.now() + timedelta(hours=4)


def test_a_scheduler_that_slept_through_quiet_hours_lets_nothing_be_missed(
    scheduler, clock, remind, wish, of
):
    wish(quiet_hours={"start": "09:30", "end": "17:00"})
    id = remind()
    clock.moment = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)  # 17:30, seven and a half hours on
    scheduler.tick()
    assert of(id).status == "sent"


def test_nags_wait_for_the_end_of_quiet_hours_too(scheduler, clock, remind, wish):
    wish(quiet_hours={"start": "10:10", "end": "11:30"})
    id = remind(nag_after_minutes=20)
    clock.pass_time(hours=1)
    scheduler.tick()
    clock.pass_time(minutes=30)
    scheduler.tick()
    assert scheduler.sent_keys() == [str(id)]
    clock.pass_time(hours=1)
    scheduler.tick()
    assert scheduler.sent_keys() == [str(id), f"{id}:nag"]


def test_what_is_to_ring_all_the_same_rings(app, scheduler, clock, remind, wish, of):
    wish(quiet_hours={"start": "09:30", "end": "15:00"})
    rings, waits = remind(), remind()
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(Reminder)
            .where(Reminder.id == of(rings).reminder_id)
            .values(rings_in_quiet_hours=True, change_no=Reminder.change_no + 1)
        )
    clock.pass_time(hours=1)
    scheduler.tick()
    assert scheduler.sent_keys() == [str(rings)]
    assert of(waits).status == "due"


def test_what_the_provider_delays_into_quiet_hours_is_held_at_the_gate(
    app, clock, remind, wish, of
):
    wish(quiet_hours={"start": "10:01", "end": "15:00"})
    id = remind()
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock, Broken(TryAgain("busy")))
    assert scheduler.tick().again == 1
    clock.pass_time(minutes=2)
    assert scheduler.tick() == Counts(held=1)
    with app.app_context(), transaction() as session:
        [message] = session.scalars(sa.select(OutboxMessage))
        assert message.attempts == 1
        assert message.next_try_at == message.due_at == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
        assert message.useful_until == datetime(2026, 3, 3, 0, 0, tzinfo=UTC)

    clock.moment = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert scheduler.tick() == Counts(sent=1)
    assert of(id).status == "sent"


@pytest.mark.parametrize(("most", "sent"), [(2, 2), (None, 14), (1, 1)])
def test_beyond_what_she_wants_in_a_day_it_is_missed_and_says_so(
    scheduler, clock, remind, wish, of, most, sent
):
    wish(channels={"most_a_day": most})
    ids = [remind(at=f"2026-03-02T{9 + n // 4:02}:{n % 4 * 15 + 5:02}") for n in range(14)]
    for _ in range(14 * 3 + 4):
        clock.pass_time(minutes=5)
        scheduler.tick()
    assert len(scheduler.phone.sent) == sent
    assert [(of(id).status, of(id).missed_because) for id in ids] == (
        [("sent", None)] * sent + [("missed", "too_many")] * (14 - sent)
    )


def test_a_day_has_twelve_unless_she_says_otherwise_and_a_new_day_begins_at_her_midnight(
    scheduler, clock, remind, of
):
    ids = [remind(at=f"2026-03-02T{11 + n}:00") for n in range(13)]
    tomorrow = remind(at="2026-03-03T00:01")
    for _ in range(16):
        clock.pass_time(hours=1, seconds=5)
        scheduler.tick()
    assert [of(id).status for id in ids] == ["sent"] * 12 + ["missed"]
    assert of(tomorrow).status == "sent"


def test_why_it_was_missed_is_noted(app, scheduler, clock, remind, of, world):
    old, appless = remind(), remind(at="2026-03-02T15:00")
    clock.moment = datetime(2026, 3, 2, 22, 0, 1, tzinfo=UTC)
    scheduler.tick()
    assert (of(old).status, of(old).missed_because) == ("missed", "too_late")

    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(Patient).where(Patient.id == world["ana"].patient_id).values(account_id=None)
        )
    clock.moment = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    scheduler.tick()
    assert (of(appless).status, of(appless).missed_because) == ("missed", "no_way")
    assert scheduler.phone.sent == []


def test_after_an_outage_all_that_is_still_useful_is_one_push(scheduler, clock, remind, of):
    ids = [remind(at=f"2026-03-02T{hour:02}:00") for hour in range(10, 22)]
    clock.moment = datetime(2026, 3, 3, 5, 30, tzinfo=UTC)  # 21:30: twelve hours of outage
    scheduler.tick()
    [push] = scheduler.phone.sent
    assert [of(id).status for id in ids] == ["missed"] * 8 + ["sent"] * 4
    assert listed(push) == set(ids[8:])
