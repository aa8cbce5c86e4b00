"""When a way out fails: staff hear by the other, reminders arrive all the same, nothing lies."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.ids import derived_id
from service.jobs.tick import BATCH, run_due, send_due
from service.notify import actions
from service.notify.breaker import Breaker
from service.notify.channels import Gone, Refused, TryAgain
from service.notify.device_actions import put_device
from service.notify.models import Device, OutboxMessage
from service.notify.push.channel import PushChannel
from service.notify.queries import pulse
from service.notify.rules import Handed
from service.reminders.models import ReminderOccurrence
from tests.jobs.scheduler import Broken, Scheduler
from tests.notify.test_breaker import Seconds
from tests.passing import steps

ALL = sa.select(Device)
DOWN = [TryAgain("down")] * 100_000


@pytest.fixture
def in_session(app):
    def in_session(do):
        with app.app_context(), transaction() as session:
            return do(session)

    return in_session


@pytest.fixture
def rows(in_session):
    def rows():
        order = (OutboxMessage.created_at, OutboxMessage.id)
        return in_session(lambda s: s.scalars(sa.select(OutboxMessage).order_by(*order)).all())

    return rows


@pytest.fixture
def alarm(in_session, world, clock):
    """Tell Nora of an alert."""

    def alarm(**more):
        said = {
            "recipient_id": world["nora"].account_id, "patient_id": world["ana"].patient_id,
            "to_staff": True, "kind": "alert", "subject_id": uuid4(), "collapse_key": "alarm",
            "title": "An urgent alert is waiting in nursing.", "body": {}, "now": clock.now(),
        }  # fmt: skip
        in_session(lambda session: actions.tell(session, **said | more))

    return alarm


@pytest.fixture
def remind(call):
    def remind(at="2026-03-02T10:00", **more):
        body = {"id": str(uuid4()), "kind": "custom", "title": "x", "local_start": at} | more
        assert call("ana", "POST /patients/me/reminders", body).status_code == 201
        return derived_id(body["id"], at)

    return remind


@pytest.fixture
def of(in_session):
    def of(occurrence_id):
        return in_session(lambda session: session.get(ReminderOccurrence, occurrence_id))

    return of


@pytest.fixture
def device(in_session, world, clock):
    """Give somebody a phone; return its id."""

    def device(name="ana", token="aa", id=None):
        id = id or uuid4()
        in_session(
            lambda session: put_device(
                session, id, account_id=world[name].account_id, platform="apns",
                address={"token": token}, now=clock.now(),
            )
        )  # fmt: skip
        return id

    return device


class Phones:
    """A provider of phones, each of which answers as its token says."""

    def __init__(self, **answers):
        self.answers, self.rung = answers, []

    def target(self, address):
        return "apns"

    def hand_over(self, message, address):
        token = address.address["token"]
        error = self.answers.get(token)
        if error is not None:
            raise error
        self.rung.append((token, message.collapse_key))


@pytest.mark.parametrize(
    "error",
    [TryAgain("503"), TryAgain("429", retry_after=timedelta(hours=1)), Refused("403"), KeyError()],
)
def test_staff_whom_no_push_reaches_get_a_mail_within_a_minute(app, clock, alarm, error):
    alarm()
    scheduler = Scheduler(app, clock, Broken(*[error] * 1000))
    for _ in range(4):
        scheduler.tick()
        clock.pass_time(seconds=15)

    [mail] = scheduler.mail.sent
    assert (mail.kind, mail.title) == ("alert", "An urgent alert is waiting in nursing.")
    every, within = timedelta(minutes=5), timedelta(minutes=100)
    for _ in steps(clock, scheduler.next_moment, every=every, within=within):
        scheduler.tick()
    assert len(scheduler.mail.sent) == 1


def test_one_failure_that_passes_writes_no_mail(app, clock, alarm):
    alarm()
    scheduler = Scheduler(app, clock, Broken(TryAgain("503")))
    for _ in range(4):
        scheduler.tick()
        clock.pass_time(seconds=15)
    assert (len(scheduler.phone.sent), scheduler.mail.sent) == (1, [])


def test_what_staff_wait_for_outlasts_a_day_without_any_way_out(app, clock, alarm, rows):
    alarm()
    scheduler = Scheduler(app, clock, Broken(*DOWN), Broken(*DOWN))
    scheduler.tick()
    every, within = timedelta(minutes=5), timedelta(days=1)
    for _ in steps(clock, scheduler.next_moment, every=every, within=within):
        scheduler.tick()
    assert [(row.channel, row.state) for row in rows()] == [("push", "dead"), ("email", "pending")]

    scheduler.mail.errors = []
    clock.moment = scheduler.next_moment()
    scheduler.tick()
    assert [message.kind for message in scheduler.mail.sent] == ["alert"]


def test_what_goes_by_mail_instead_is_no_dead_letter(call, app, clock, remind, of):
    id = remind()
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock, Broken(Gone("no device")))
    scheduler.tick()
    scheduler.tick()

    assert (len(scheduler.mail.sent), of(id).status) == (1, "sent")
    assert call("ada", "GET /outbox").json["count"] == 0


def test_a_mail_never_says_what_she_calls_her_reminder(app, clock, remind):
    remind(title="Capecitabine with breakfast", discreet=False)
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock, Broken(Gone("no device")))
    scheduler.tick()
    scheduler.tick()
    assert [mail.title for mail in scheduler.mail.sent] == ["You have a reminder"]


def test_mails_count_towards_what_she_wants_in_a_day(app, clock, remind, of, call):
    assert call("ana", "PATCH /me", {"channels": {"most_a_day": 2}}).status_code == 200
    ids = [remind(at=f"2026-03-02T1{n}:00") for n in range(4)]
    scheduler = Scheduler(app, clock, Broken(*[Gone("no device")] * 9))
    for _ in range(10):
        clock.pass_time(minutes=30)
        scheduler.tick()
    assert len(scheduler.mail.sent) == 2
    assert [of(id).missed_because for id in ids] == [None, None, "too_many", "too_many"]


def test_what_rang_on_one_phone_was_sent_and_is_nagged_about(app, clock, remind, of, device):
    device(token="aa"), device(token="bb")
    id = remind(nag_after_minutes=30)
    phones = Phones(bb=TryAgain("apns: 503"))
    scheduler = Scheduler(app, clock, PushChannel({"apns": phones}, Breaker(failures=10_000)))
    clock.pass_time(hours=1)
    scheduler.tick()
    assert (of(id).status, phones.rung) == ("sent", [("aa", str(id))])

    changes = of(id).change_no
    for _ in range(8):
        clock.pass_time(minutes=5)
        scheduler.tick()
    assert phones.rung == [("aa", str(id)), ("aa", f"{id}:nag")]
    assert of(id).change_no == changes + 1  # the nag alone


def test_a_phone_that_came_back_with_a_new_address_is_not_retired_for_its_old_one(
    app, clock, remind, device, in_session
):
    back, gone = device(token="aa"), device(token="bb")

    class ComesBack(Phones):
        def hand_over(self, message, address):
            if address.address["token"] == "aa":
                device(token="cc", id=back)
            raise Gone("apns: 410")

    remind()
    clock.pass_time(hours=1)
    Scheduler(app, clock, PushChannel({"apns": ComesBack()}, Breaker())).tick()

    retired = in_session(lambda s: {one.id: one.retired_because for one in s.scalars(ALL)})
    assert retired == {back: None, gone: "gone"}


def test_a_dead_reminder_that_is_sent_after_all_is_no_longer_missed(
    app, clock, call, remind, of, rows
):
    id = remind()
    clock.pass_time(hours=1)
    Scheduler(app, clock, Broken(Refused("413"))).tick()
    assert (of(id).status, of(id).missed_because) == ("missed", "no_way")

    assert call("ada", f"POST /outbox/{rows()[0].id}/retry").status_code == 204
    Scheduler(app, clock).tick()
    assert (of(id).status, of(id).missed_because) == ("sent", None)
    assert of(id).sent_at == clock.now()


def test_a_dead_reminder_she_has_answered_is_not_tried_again(app, clock, call, remind, rows):
    one, other = remind(), remind()
    clock.pass_time(hours=1)
    Scheduler(app, clock, Broken(Refused("413"))).tick()

    def answer(id):
        path = f"POST /patients/me/reminder-occurrences/{id}/done"
        assert call("ana", path).status_code == 200

    answer(one)
    assert rows()[0].state == "dead"  # the other is still to be said
    answer(other)
    assert rows()[0].state == "withheld"
    assert call("ada", f"POST /outbox/{rows()[0].id}/retry").status_code == 409


@pytest.mark.parametrize("outage", [3600, 3700, 3900])
def test_after_an_hours_outage_everything_is_out_five_minutes_later(
    app, clock, remind, of, device, outage
):
    device()
    seconds, phones = Seconds(), Phones(aa=TryAgain("apns: 503"))
    channel = PushChannel({"apns": phones}, Breaker(monotonic=seconds))
    scheduler = Scheduler(app, clock, channel)
    ids = [remind(at=f"2026-03-02T10:{n:02}") for n in range(30)]

    def pass_by(total):
        began, within = seconds.now, timedelta(seconds=total)
        every = timedelta(seconds=15)
        for passed in steps(clock, scheduler.next_moment, every=every, within=within):
            seconds.now = began + passed.total_seconds()
            scheduler.tick()
        seconds.now = began + total

    # Nothing is due in the hour before the first.
    clock.pass_time(seconds=3600)
    seconds.now += 3600
    pass_by(outage)
    assert {of(id).status for id in ids} <= {"due", "missed"}
    phones.answers = {}
    pass_by(5 * 60)

    assert {(of(id).status, of(id).missed_because) for id in ids} <= {
        ("sent", None), ("missed", "too_many"),
    }  # fmt: skip
    keys = [key for _, key in phones.rung]
    assert len(keys) == len(set(keys)) == 12


def test_a_provider_that_stands_still_is_seen(app, clock, alarm, in_session):
    alarm()
    seconds = Seconds()
    breaker = Breaker(failures=1, monotonic=seconds)
    channel = PushChannel({"apns": Phones(aa=TryAgain("503"))}, breaker)
    scheduler = Scheduler(app, clock, channel, Broken(*DOWN))
    for _ in range(40):
        scheduler.tick()
        clock.pass_time(seconds=15)
        seconds.now += 15
    late = timedelta(minutes=5)
    assert in_session(lambda session: pulse(session, now=clock.now(), after=late)).is_overdue


def test_the_text_of_an_error_nobody_foresaw_is_not_logged(app, clock, alarm, caplog):
    alarm()
    Scheduler(app, clock, Broken(ValueError("ana@harbor.example has nausea"))).tick()
    assert "ValueError" in caplog.text
    assert "nausea" not in caplog.text


def test_two_schedulers_and_a_slow_provider_send_each_message_once(app, clock, alarm):
    for number in range(6):
        alarm(collapse_key=f"alarm-{number}")
    sent, other = [], Scheduler(app, clock)

    class Slow:
        def send(self, message):
            clock.pass_time(seconds=12)
            sent.append(message.collapse_key)
            run_due(app, clock, {"push": Quick(), "email": Quick()}, other.owner)
            return Handed()

    class Quick:
        def send(self, message):
            sent.append(message.collapse_key)
            return Handed()

    app.config["SENDERS"], before = 1, app.config["SENDERS"]
    try:
        Scheduler(app, clock, Slow()).tick()
    finally:
        app.config["SENDERS"] = before
    assert sorted(sent) == [f"alarm-{number}" for number in range(6)]


def test_who_is_being_stopped_begins_no_other_batch(app, clock, alarm, rows):
    for number in range(BATCH + 1):
        alarm(collapse_key=f"alarm-{number}")
    asked = iter([True, False])
    done = send_due(
        app, clock, {"push": Broken()}, uuid4(), "push", goes_on=lambda: next(asked)
    )  # fmt: skip
    assert done.sent == BATCH
    assert [row.state for row in rows()].count("pending") == 1
