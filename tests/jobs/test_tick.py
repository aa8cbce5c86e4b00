"""What one round does, and what is left when it is killed anywhere."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Patient
from service.db import db, transaction
from service.ids import derived_id
from service.jobs.moments import EVERYTHING
from service.jobs.tick import Counts
from service.notify.channels import KeptChannel, Refused, TryAgain
from service.notify.models import Heartbeat, OutboxMessage
from service.panel.models import PatientSummary
from service.reminders.models import Reminder, ReminderOccurrence
from tests.jobs.scheduler import Broken, Scheduler, fill

OCCURRENCES = "/patients/me/reminder-occurrences"


@pytest.fixture
def remind(call, clock):
    """Ana asks to be reminded in an hour, once unless she says otherwise; returns the id."""

    def remind(name="ana", **more):
        body = {
            "id": str(uuid4()), "kind": "medication", "title": "Capecitabine",
            "recurrence": None, "local_start": "2026-03-02T10:00",
        } | more  # fmt: skip
        assert call(name, "POST /patients/me/reminders", body).status_code == 201
        return derived_id(body["id"], body["local_start"])

    return remind


@pytest.fixture
def scheduler(app, clock):
    return Scheduler(app, clock)


@pytest.fixture
def status_of(call):
    def status_of(occurrence_id, name="ana"):
        items = call(name, f"GET {OCCURRENCES}").json["items"]
        return next(one["status"] for one in items if one["id"] == str(occurrence_id))

    return status_of


def test_a_reminder_goes_out_when_it_is_due_and_once(scheduler, clock, remind, status_of):
    id = remind()

    clock.pass_time(minutes=59)
    early = scheduler.tick()
    clock.pass_time(minutes=1)
    due = scheduler.tick()
    scheduler.tick()

    assert early == Counts()
    assert due == Counts(released=1, sent=1)
    assert scheduler.sent_keys() == [str(id)]
    assert status_of(id) == "sent"


def test_a_lock_screen_names_no_drug(scheduler, clock, remind):
    hers, his = remind(), remind(name="ben", discreet=False)
    clock.pass_time(hours=1)
    scheduler.tick()
    assert {message.title: message.body for message in scheduler.phone.sent} == {
        "You have a reminder": {"occurrences": [str(hers)]},
        "Capecitabine": {"occurrences": [str(his)]},
    }


def test_it_nags_once(scheduler, clock, remind, status_of):
    id = remind(nag_after_minutes=20)
    clock.pass_time(hours=1)
    scheduler.tick()
    clock.pass_time(minutes=19)
    assert scheduler.tick() == Counts()

    for _ in range(3):
        clock.pass_time(minutes=20)
        scheduler.tick()

    assert scheduler.sent_keys() == [str(id), f"{id}:nag"]
    assert status_of(id) == "sent"


def test_done_before_the_nag_means_no_nag(scheduler, clock, call, remind, status_of):
    id = remind(nag_after_minutes=20)
    clock.pass_time(hours=1)
    scheduler.tick()

    assert call("ana", f"POST {OCCURRENCES}/{id}/done").status_code == 200
    clock.pass_time(hours=1)

    assert scheduler.tick() == Counts()
    assert scheduler.sent_keys() == [str(id)]
    assert status_of(id) == "done"


def test_done_before_it_is_due_means_nothing_at_all(scheduler, clock, call, remind):
    id = remind()
    call("ana", f"POST {OCCURRENCES}/{id}/done")
    clock.pass_time(hours=1)
    assert scheduler.tick() == Counts()


def test_done_takes_back_what_has_not_gone_out_yet(app, clock, call, remind, status_of):
    id = remind(nag_after_minutes=20)
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock, Broken(TryAgain("busy"), TryAgain("busy")))
    assert scheduler.tick().again == 1

    call("ana", f"POST {OCCURRENCES}/{id}/done")
    clock.pass_time(hours=1)

    assert scheduler.tick() == Counts()
    assert (scheduler.phone.sent, status_of(id)) == ([], "done")


def test_a_snooze_rings_again(scheduler, clock, call, remind, status_of):
    id = remind()
    clock.pass_time(hours=1)
    scheduler.tick()

    call("ana", f"POST {OCCURRENCES}/{id}/snooze", {"minutes": 15})
    clock.pass_time(minutes=14)
    assert scheduler.tick() == Counts()
    clock.pass_time(minutes=1)
    scheduler.tick()

    assert [key.split(":")[0] for key in scheduler.sent_keys()] == [str(id)] * 2
    assert len(set(scheduler.sent_keys())) == 2
    assert status_of(id) == "sent"


def test_a_snooze_while_it_is_on_its_way_still_rings_again(app, clock, call, remind, status_of):
    id = remind()
    clock.pass_time(hours=1)

    class SnoozedOnArrival(KeptChannel):
        def send(self, message):
            handed = super().send(message)
            if len(self.sent) == 1:
                assert call("ana", f"POST {OCCURRENCES}/{id}/snooze").status_code == 200
            return handed

    scheduler = Scheduler(app, clock, SnoozedOnArrival())
    scheduler.tick()
    assert status_of(id) == "snoozed"  # and not sent, although it was
    clock.pass_time(minutes=10)
    scheduler.tick()

    assert len(scheduler.sent_keys()) == 2
    assert status_of(id) == "sent"


def test_after_an_outage_what_is_too_old_is_missed_and_not_sent(
    scheduler, clock, remind, status_of
):
    old, fresh = remind(nag_after_minutes=5), remind(local_start="2026-03-02T15:00")
    clock.moment = datetime(2026, 3, 2, 22, 0, 1, tzinfo=UTC)  # four hours and a second late
    nothing = scheduler.tick()
    clock.moment = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    scheduler.tick()

    assert nothing == Counts(released=1)
    assert (status_of(old), status_of(fresh)) == ("missed", "sent")
    assert scheduler.sent_keys() == [str(fresh)]


def test_a_long_outage_ends_in_no_flood(scheduler, clock, call, remind):
    remind(recurrence="FREQ=DAILY")
    clock.pass_time(days=30, hours=2)
    scheduler.tick()

    statuses = [o["status"] for o in call("ana", f"GET {OCCURRENCES}?to=2026-04-01").json["items"]]
    assert len(scheduler.phone.sent) == 1  # this morning's; the others were missed
    assert statuses == ["sent"] + ["missed"] * 30


def test_a_provider_down_for_an_hour_is_caught_up_within_five_minutes(
    app, clock, remind, status_of
):
    ids = [remind() for _ in range(3)]
    phone = Broken(*[TryAgain("down")] * 10_000)
    scheduler = Scheduler(app, clock, phone)
    clock.pass_time(hours=1)
    for _ in range(240):
        scheduler.tick()
        clock.pass_time(seconds=15)
    assert [status_of(id) for id in ids] == ["due"] * 3

    phone.errors = []
    for _ in range(20):
        scheduler.tick()
        clock.pass_time(seconds=15)

    [together] = phone.sent
    assert sorted(together.body["occurrences"]) == sorted(map(str, ids))
    assert [status_of(id) for id in ids] == ["sent"] * 3


def test_a_provider_that_never_comes_back_leaves_it_missed(app, clock, remind, status_of):
    id = remind(nag_after_minutes=30)
    scheduler = Scheduler(app, clock, Broken(*[TryAgain("down")] * 10_000))
    for _ in range(70):
        clock.pass_time(minutes=5)
        scheduler.tick()

    assert status_of(id) == "missed"
    with app.app_context(), transaction() as session:
        [message] = session.scalars(sa.select(OutboxMessage))
        assert (message.state, message.last_error) == ("withheld", "too late")
        looked_after_at = session.scalar(sa.select(sa.func.min(PatientSummary.silence_check_at)))
    assert scheduler.next_moment() == looked_after_at


def test_one_message_that_cannot_be_sent_does_not_hold_up_the_others(app, clock, world):
    fill(app, world, clock, 4)
    Scheduler(app, clock).tick()
    scheduler = Scheduler(
        app, clock, Broken(Refused("too long"), ZeroDivisionError("patient data"), None)
    )
    clock.pass_time(hours=1)

    counts = scheduler.tick()

    assert (counts.sent, counts.dead, counts.again) == (2, 1, 1)
    with app.app_context(), transaction() as session:
        statuses = session.scalars(
            sa.select(ReminderOccurrence.status).where(ReminderOccurrence.due_at <= clock.now())
        )
        assert sorted(statuses) == ["due", "missed", "sent", "sent"]
        errors = set(session.scalars(sa.select(OutboxMessage.last_error)))
    assert errors == {None, "Refused: too long", "ZeroDivisionError"}


class Killed(BaseException):
    """What happens to a process."""


def test_killed_after_the_channel_took_it_sends_the_same_key_again(app, clock, remind, status_of):
    id = remind()
    clock.pass_time(hours=1)
    dying = Scheduler(app, clock, Broken(Killed(), takes=True))
    with pytest.raises(Killed):
        dying.tick()
    assert status_of(id) == "due"

    heir = Scheduler(app, clock)
    assert heir.tick() == Counts()  # the lease still runs
    clock.pass_time(seconds=30)
    heir.tick()

    assert [m.collapse_key for m in dying.phone.sent] == heir.sent_keys() == [str(id)]
    assert status_of(id) == "sent"


def test_killed_before_the_channel_took_it_loses_nothing(app, clock, remind, status_of):
    id = remind()
    clock.pass_time(hours=1)
    dying = Scheduler(app, clock, Broken(Killed()))
    with pytest.raises(Killed):
        dying.tick()

    clock.pass_time(seconds=30)
    heir = Scheduler(app, clock)
    heir.tick()

    assert (dying.phone.sent, heir.sent_keys(), status_of(id)) == ([], [str(id)], "sent")


def test_after_a_death_nothing_goes_to_her(app, scheduler, clock, world, remind, status_of):
    id = remind()
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(Patient).where(Patient.id == world["ana"].patient_id)
            .values(care_status="deceased", died_on=date(2026, 3, 2))
        )  # fmt: skip
        session.add(
            OutboxMessage(
                id=uuid4(), collapse_key="to the family", patient_id=world["ana"].patient_id,
                recipient_id=world["hugo"].account_id, to_staff=False, channel="push",
                kind="reminder", title="x", created_at=clock.now(), state="pending",
                next_try_at=clock.now(),
            )
        )  # fmt: skip
    clock.pass_time(hours=1)

    counts = scheduler.tick()

    assert (counts.withheld, scheduler.phone.sent) == (2, [])
    assert status_of(id) == "missed"


def test_only_what_is_ours_beats(app, clock, scheduler):
    scheduler.tick()
    with app.app_context(), transaction() as session:
        assert session.get(Heartbeat, "tick").beat_at == clock.now()


def test_a_step_that_fails_does_not_keep_the_others_from_being_done(app, clock, scheduler, remind):
    id = remind()
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(Reminder).values(planned_until=clock.now(), local_start="not a time")
        )
    clock.pass_time(hours=1)

    with pytest.raises(ValueError, match="isoformat"):
        scheduler.tick()

    assert scheduler.sent_keys() == [str(id)]
    with app.app_context(), transaction() as session:
        assert session.get(Heartbeat, "tick") is None  # readiness tells of it


def test_a_reminder_no_longer_understood_stops_nobody_elses(app, clock, scheduler, remind, call):
    bad, good = remind(recurrence="FREQ=DAILY"), remind(recurrence="FREQ=DAILY", name="ben")
    assert bad != good
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(Reminder).where(Reminder.patient_id.in_(
                sa.select(Patient.id).where(Patient.display_name == "Ana")
            )).values(recurrence="FREQ=SECONDLY")
        )  # fmt: skip
    clock.pass_time(days=6)

    scheduler.tick()

    assert len(call("ben", f"GET {OCCURRENCES}").json["items"]) > 7


def test_a_round_before_the_next_moment_changes_nothing(app, clock, scheduler, remind, call):
    remind(recurrence="FREQ=WEEKLY;BYDAY=MO,TH", nag_after_minutes=20)
    remind(name="ben")
    end = clock.now() + timedelta(days=40)
    rounds = 0

    while (moment := scheduler.next_moment()) is not None and moment < end:
        clock.moment = moment - timedelta(microseconds=1)
        before = _everything(app)
        assert scheduler.tick(EVERYTHING) == Counts()
        assert _everything(app) == before
        clock.moment = moment
        assert scheduler.tick() != Counts()
        rounds += 1

    assert rounds > 20


def _everything(app):
    with app.app_context(), db.engine.connect() as connection:
        return [
            connection.execute(sa.select(model.__table__).order_by(model.id)).all()
            for model in (Reminder, ReminderOccurrence, OutboxMessage)
        ]
