"""Sending: to each device once, several at once, by mail where no device is left."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Account
from service.db import transaction
from service.ids import new_id
from service.jobs.tick import Counts, send_due
from service.notify import leasing
from service.notify.actions import tell
from service.notify.channels import Gone, KeptChannel, TryAgain
from service.notify.lateness import backlog_of, histograms
from service.notify.models import Device, OutboxMessage
from service.notify.rules import FOREVER, TRIES_AT_MOST, Handed, Outcome
from service.notify.sending import answers, deliver
from tests.jobs.scheduler import Broken, Scheduler

LEASE = timedelta(seconds=30)


@pytest.fixture
def told(app, world, clock):
    """Tell somebody something; Ana, unless another is named."""

    def told(key, name="ana", **more):
        message = {
            "recipient_id": world[name].account_id, "patient_id": world["ana"].patient_id,
            "to_staff": False, "kind": "reply", "subject_id": None, "title": "x", "body": {},
            "collapse_key": key, "now": clock.now(),
        } | more  # fmt: skip
        with app.app_context(), transaction() as session:
            tell(session, **message)

    return told


@pytest.fixture
def device(app, world, clock):
    def device(name="ana"):
        id = uuid4()
        with app.app_context(), transaction() as session:
            session.add(
                Device(
                    id=id, account_id=world[name].account_id, platform="fcm",
                    address={"token": "t"}, created_at=clock.now(),
                )
            )  # fmt: skip
        return id

    return device


@pytest.fixture
def claimed(app, clock):
    def claimed():
        with app.app_context(), transaction() as session:
            return leasing.claim(session, owner=new_id(), now=clock.now(), lease=LEASE, limit=100)

    return claimed


@pytest.fixture
def rows(app):
    def rows():
        with app.app_context(), transaction() as session:
            found = session.scalars(sa.select(OutboxMessage)).all()
            return {row.collapse_key: row for row in found}

    return rows


class Devices:
    """A push service: each device takes what it is handed, is busy, or is gone."""

    def __init__(self, *, busy=(), gone=()):
        self.busy, self.gone, self.taken = set(busy), set(gone), []

    def send(self, message):
        ids = [one.device_id for one in message.devices]
        reached = [id for id in ids if id not in self.busy | self.gone]
        self.taken += [(message.collapse_key, id) for id in reached]
        handed = Handed(tuple(reached), tuple(id for id in ids if id in self.gone))
        if self.busy & set(ids):
            raise TryAgain("busy", handed=handed)
        if not reached:
            raise Gone("no device", handed=handed)
        return handed


def test_a_second_try_goes_to_the_devices_that_have_not_taken_it(app, clock, told, device, rows):
    phone, tablet = device(), device()
    push = Devices(busy=[tablet])
    scheduler = Scheduler(app, clock, push)
    told("a")
    scheduler.tick()
    assert rows()["a"].reached == [str(phone)]

    push.busy.clear()
    clock.pass_time(minutes=1)
    scheduler.tick()

    assert sorted(push.taken) == sorted([("a", phone), ("a", tablet)])
    assert (rows()["a"].state, set(rows()["a"].reached)) == ("sent", {str(phone), str(tablet)})


def test_a_device_that_is_gone_is_retired_and_the_others_are_told(app, clock, told, device, rows):
    phone, old = device(), device()
    scheduler = Scheduler(app, clock, Devices(gone=[old]))
    told("a")
    assert scheduler.tick() == Counts(sent=1)
    with app.app_context(), transaction() as session:
        assert session.get(Device, phone).retired_at is None
        retired = session.get(Device, old)
        assert (retired.retired_at, retired.retired_because) == (clock.now(), "gone")


def test_what_reached_one_device_was_sent_though_the_other_is_gone_since(
    app, clock, told, device, rows
):
    device()
    tablet = device()
    push = Devices(busy=[tablet])
    scheduler = Scheduler(app, clock, push)
    told("a")
    scheduler.tick()
    push.busy, push.gone = set(), {tablet}
    clock.pass_time(minutes=1)
    assert scheduler.tick() == Counts(sent=1)
    assert set(rows()) == {"a"}


@pytest.mark.parametrize("name", ["ana", "nora"])
def test_without_a_device_it_goes_out_once_by_mail(app, clock, told, rows, name):
    scheduler = Scheduler(app, clock, Devices())
    told("a", name, to_staff=name == "nora", useful_until=clock.now() + timedelta(hours=1))
    assert scheduler.tick() == Counts(by_mail=1, sent=1)
    clock.pass_time(hours=2)
    assert scheduler.tick() == Counts()

    [mail] = scheduler.mail.sent
    assert (mail.collapse_key, mail.channel, mail.email) == (
        "a.mail", "email", f"{name}@example.org",
    )  # fmt: skip
    assert (rows()["a"].state, rows()["a"].last_error) == ("withheld", "Gone: no device")
    assert rows()["a.mail"].useful_until == rows()["a"].useful_until


def test_who_wants_no_mail_gets_none(app, clock, told, rows, world):
    with app.app_context(), transaction() as session:
        session.execute(
            sa.update(Account)
            .where(Account.id == world["ana"].account_id)
            .values(channels={"email": False})
        )
    scheduler = Scheduler(app, clock, Devices())
    told("a")
    assert scheduler.tick() == Counts(dead=1)
    assert set(rows()) == {"a"}


def test_a_key_as_long_as_keys_get_has_a_copy_by_mail(app, clock, told, rows):
    told("k" * 80)
    Scheduler(app, clock, Devices()).tick()
    assert {len(key) for key in rows()} == {80}
    assert len(rows()) == 2


def test_what_is_taken_back_is_taken_back_as_a_mail_too(app, clock, call, rows):
    body = {
        "id": str(uuid4()), "kind": "custom", "title": "x", "local_start": "2026-03-02T10:00",
    }  # fmt: skip
    call("ana", "POST /patients/me/reminders", body)
    clock.pass_time(hours=1)
    scheduler = Scheduler(app, clock, Devices(), Broken(TryAgain("busy")))
    scheduler.tick()
    [occurrence] = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    assert occurrence["status"] == "due"
    call("ana", f"POST /patients/me/reminder-occurrences/{occurrence['id']}/done")
    clock.pass_time(minutes=1)
    assert scheduler.tick() == Counts()
    assert rows()[f"{occurrence['id']}.mail"].state == "withheld"


def test_staff_come_first_however_long_others_have_been_due(told, claimed, clock):
    told("reminder")
    clock.pass_time(hours=1)
    told("reply")
    told("alert", "nora", to_staff=True, kind="alert")
    assert [one.collapse_key for one in claimed()] == ["alert", "reminder", "reply"]


def test_several_are_sent_at_once_and_no_more_than_allowed(told, claimed, clock):
    together = threading.Barrier(4)

    class Slow(KeptChannel):
        def send(self, message):
            together.wait(timeout=20)  # broken unless four of them are being sent
            return super().send(message)

    for n in range(8):
        told(f"key-{n}")
    assert {one.outcome for one in deliver(claimed(), {"push": Slow()}, clock, senders=4)} == {
        Outcome.SENT
    }


def test_answers_come_in_while_others_hang(told, claimed, clock):
    may_go_on = threading.Event()

    class Hanging:
        def send(self, message):
            if message.collapse_key == "slow":
                assert may_go_on.wait(timeout=20)
            return Handed()

    told("slow")
    told("quick")
    coming = answers(claimed(), {"push": Hanging()}, clock, senders=2)
    assert [one.message.collapse_key for one in next(coming)] == ["quick"]
    may_go_on.set()
    assert [one.message.collapse_key for one in next(coming)] == ["slow"]


def test_mail_that_hangs_keeps_no_push_waiting(app, told, clock, database_url):
    hangs, may_go_on = threading.Event(), threading.Event()

    class Hanging:
        def send(self, message):
            hangs.set()
            assert may_go_on.wait(timeout=20)
            return Handed()

    told("mail", channel="email")
    told("push")
    phone = KeptChannel()
    channels = {"push": phone, "email": Hanging()}
    mailing = threading.Thread(
        target=send_due,
        args=(app, clock, channels, new_id(), "email"),
        kwargs={"goes_on": lambda: True},
    )
    mailing.start()
    assert hangs.wait(timeout=20)
    sent = send_due(app, clock, channels, new_id(), "push", goes_on=lambda: True)
    may_go_on.set()
    mailing.join()
    assert (sent, [one.collapse_key for one in phone.sent]) == (Counts(sent=1), ["push"])


def test_poison_ends_dead_with_a_reason_and_slows_nobody(app, told, clock, rows):
    class Poisoned(KeptChannel):
        def send(self, message):
            if message.collapse_key.startswith("bad"):
                raise ZeroDivisionError("patient data")
            return super().send(message)

    for n in range(20):
        told(f"bad-{n}")
    for n in range(20):
        told(f"good-{n}")
    scheduler = Scheduler(app, clock, Poisoned())
    assert scheduler.tick() == Counts(sent=20, again=20)
    for _ in range(TRIES_AT_MOST):
        clock.pass_time(minutes=6)
        scheduler.tick()
    bad = [row for key, row in rows().items() if key.startswith("bad")]
    assert {(row.state, row.attempts, row.last_error) for row in bad} == {
        ("dead", TRIES_AT_MOST, "ZeroDivisionError")
    }


def test_lateness_is_counted_where_the_sending_is_recorded(app, told, clock):
    scheduler = Scheduler(app, clock)
    told("a")
    told("b", "nora", to_staff=True, kind="alert")
    clock.pass_time(seconds=3)
    scheduler.tick()
    told("c")
    clock.pass_time(hours=5)
    scheduler.tick()
    scheduler.tick()
    with app.app_context(), transaction() as session:
        alerts, replies = histograms(session)
        backlog = backlog_of(session)
    assert (alerts.channel, alerts.kind, alerts.seconds) == ("push", "alert", 3.0)
    assert dict(replies.buckets) == {
        1: 0, 5: 1, 15: 1, 60: 1, 300: 1, 900: 1, 3600: 1, 14400: 1, FOREVER: 2,
    }  # fmt: skip
    assert replies.seconds == 3 + 5 * 3600
    assert (backlog.pending, backlog.dead) == (0, 0)


def test_a_worker_that_slept_counts_nothing_and_mails_nothing(app, told, clock, claimed, rows):
    told("a")
    [stale] = claimed()
    clock.pass_time(minutes=1)
    claimed()
    results = deliver([stale], {"push": Devices()}, clock)
    late = [one for one in results if one.outcome is Outcome.NOT_TRIED]
    assert late == results  # and had it been tried:
    for outcome in (Outcome.SENT, Outcome.BY_MAIL):
        with app.app_context(), transaction() as session:
            result = type(results[0])(message=stale, outcome=outcome)
            leasing.record(session, [result], owner=new_id(), now=clock.now())
            assert histograms(session) == []
    assert set(rows()) == {"a"}


def test_metrics_tell_of_it_without_a_name(client, app, told, clock):
    told("a")
    clock.pass_time(seconds=40)
    waiting = client.get("/metrics").text
    assert "waymark_oldest_due_seconds 40.0" in waiting
    assert "waymark_outbox_pending 1.0" in waiting
    Scheduler(app, clock).tick()
    clock.pass_time(seconds=7)
    text = client.get("/metrics").text
    assert 'waymark_lateness_seconds_bucket{channel="push",kind="reply",le="60.0"} 1.0' in text
    assert 'waymark_lateness_seconds_bucket{channel="push",kind="reply",le="15.0"} 0.0' in text
    assert 'waymark_lateness_seconds_count{channel="push",kind="reply"} 1.0' in text
    assert 'waymark_lateness_seconds_sum{channel="push",kind="reply"} 40.0' in text
    assert "waymark_heartbeat_age_seconds 7.0" in text
    assert "waymark_outbox_pending 0.0" in text
    assert "@" not in text


def test_readiness_tells_of_what_is_left_undone(client, app, told, clock):
    Scheduler(app, clock).tick()
    told("a")
    clock.pass_time(minutes=4)
    assert client.get("/readyz").status_code == 200
    clock.pass_time(minutes=2)
    with app.app_context(), transaction() as session:
        session.execute(sa.text("UPDATE heartbeats SET beat_at = :now").bindparams(
            sa.bindparam("now", clock.now(), type_=OutboxMessage.__table__.c.created_at.type)
        ))  # fmt: skip
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["checks"]) == (
        503, {"database": "ok", "scheduler": "ok", "messages": "overdue", "rules": "ok"},
    )  # fmt: skip
    Scheduler(app, clock).tick()
    assert client.get("/readyz").status_code == 200
