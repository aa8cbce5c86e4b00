"""The push provider is down for an hour, by the clock: what is still of use comes when it is back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.db import transaction
from service.notify import actions as outbox
from tests.conftest import MONDAY_MORNING
from tests.proof.people import check_each_arrived
from tests.proof.provider import down, refuses, too_many

TICK = timedelta(seconds=15)
CATCH_UP = timedelta(minutes=5)
USEFUL_FOR = timedelta(hours=4)


@pytest.fixture
def provider_clock(clock):
    return clock


def run_for(scheduler, clock, duration, *, every=TICK):
    end = clock.now() + duration
    while clock.now() < end:
        scheduler.tick()
        clock.moment += every


@pytest.mark.parametrize("how", [down, refuses, too_many], ids=["503", "cut", "429"])
def test_an_hour_later_all_of_it_comes_within_five_minutes_oldest_first(
    app, world, people, provider, scheduler, clock, client, post_office, monkeypatch, how
):
    # One at a time, so that what began first arrives first.
    monkeypatch.setitem(app.config, "SENDERS", 1)
    for minute in range(0, 60, 2):
        people.add(2, at=MONDAY_MORNING + timedelta(minutes=minute), prefix=f"m{minute}-")
    provider.behave(how)
    run_for(scheduler, clock, timedelta(minutes=30))
    mail_somebody(app, world, clock)
    run_for(scheduler, clock, TICK)
    assert len(post_office.taken) == 1, "mail goes out meanwhile"
    run_for(scheduler, clock, timedelta(minutes=30) - TICK)
    assert provider.log == []
    # It was looked at now and then, not stormed: sixty messages, four an hour each would be 240.
    assert len(provider.peer.seen) <= 30

    provider.behave(None)
    back_at = clock.now()
    run_for(scheduler, clock, CATCH_UP)
    check_each_arrived(people, provider)
    assert set(provider.copies().values()) == {1}
    due_at = {one.id: one.due_at for one in people.asked()}
    order = [due_at[one.occurrences[0]] for one in provider.log]
    assert order == sorted(order)
    assert all(one.at - back_at <= CATCH_UP for one in provider.log)

    lateness = lateness_on(client)
    late = [(one.at - due_at[one.occurrences[0]]).total_seconds() for one in provider.log]
    for bound in (60, 300, 900, 3600, 14400):
        assert lateness[f"{float(bound)}"] == sum(one <= bound for one in late)


def test_what_is_of_no_use_any_more_is_missed_and_shown(
    app, world, call, people, provider, scheduler, clock
):
    body = {
        "id": str(uuid4()), "kind": "custom", "title": "Walk", "local_start": "2026-03-02T09:10",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/reminders", body).status_code == 201
    device = {"platform": "webpush", "subscription": provider.browser("ana").subscription()}
    assert call("ana", f"PUT /me/devices/{uuid4()}", device).status_code == 201
    for hour in range(4):
        people.add(5, at=MONDAY_MORNING + timedelta(hours=hour, minutes=5), prefix=f"h{hour}-")
    provider.behave(down)
    run_for(scheduler, clock, timedelta(hours=5), every=timedelta(minutes=1))
    provider.behave(None)
    back_at = clock.now()
    run_for(scheduler, clock, CATCH_UP)

    asked = people.asked()
    too_late = {one.id for one in asked if back_at - one.due_at > USEFUL_FOR}
    assert len(too_late) == 5
    assert {one.id for one in asked if one.missed_because == "too_late"} == too_late
    assert {one.status for one in asked if one.id in too_late} == {"missed"}
    arrived = {id for delivery in provider.log for id in delivery.occurrences}
    assert arrived == people.expected - too_late
    assert set(provider.copies().values()) == {1}
    items = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    assert [(one["status"], one["missed_because"]) for one in items] == [("missed", "too_late")]


def lateness_on(client):
    """The histogram of reminders by push as Prometheus would read it."""
    prefix = "waymark_lateness_seconds_bucket"
    return {
        sample.labels["le"]: sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if sample.name == prefix and sample.labels["channel"] == "push"
    }


def mail_somebody(app, world, clock):
    with app.app_context(), transaction() as session:
        outbox.tell(
            session, recipient_id=world["ana"].account_id, patient_id=world["ana"].patient_id,
            to_staff=False, kind="reply", subject_id=uuid4(), title="x", body={},
            collapse_key="by mail", now=clock.now(), channel="email",
        )  # fmt: skip
