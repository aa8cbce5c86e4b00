"""From her phone's own call to what arrives: two devices, one of them failing or gone, and mail."""

import email
import email.policy
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.notify.models import Device
from tests.proof.provider import down

FIRST, SECOND = "her-phone", "her-tablet"


@pytest.fixture
def provider_clock(clock):
    return clock


@pytest.fixture
def a_day(scheduler, clock):
    """Let a day go by, with a tick where something is due."""

    def a_day():
        end = clock.now() + timedelta(days=1)
        for minutes in (0, 6, 12):
            clock.moment += timedelta(minutes=minutes)
            scheduler.tick()
        clock.moment = end

    return a_day


@pytest.fixture(autouse=True)
def reminded_on_two_devices(call, provider):
    for name in (FIRST, SECOND):
        body = {"platform": "webpush", "subscription": provider.browser(name).subscription()}
        assert call("ana", f"PUT /me/devices/{uuid4()}", body).status_code == 201
    body = {
        "id": str(uuid4()), "kind": "custom", "title": "Ribociclib", "discreet": True,
        "local_start": "2026-03-02T09:05", "recurrence": "FREQ=DAILY",
    }  # fmt: skip
    assert call("ana", "POST /patients/me/reminders", body).status_code == 201


def said_by_mail(post_office):
    return [
        email.message_from_bytes(content, policy=email.policy.default)
        for _, _, content in post_office.taken
    ]


def test_both_devices_read_it_and_she_answers(call, provider, a_day):
    a_day()
    assert {one.browser for one in provider.log} == {FIRST, SECOND}
    [said] = provider.inbox[FIRST].values()
    assert said["title"] == "You have a reminder"
    [occurrence] = provider.log[0].occurrences
    path = f"/patients/me/reminder-occurrences/{occurrence}/done"
    assert call("ana", f"POST {path}").json["status"] == "done"


def test_a_retry_goes_to_the_device_that_failed_alone(provider, a_day):
    asked = []

    def fails_the_second_once(handler):
        asked.append(handler.asked.path.rpartition("/")[2])
        if asked.count(SECOND) == 1 and asked[-1] == SECOND:
            down(handler)
        else:
            handler.reply(provider.serve(handler.asked))

    provider.behave(fails_the_second_once)
    a_day()
    assert sorted(asked) == sorted([FIRST, SECOND, SECOND])
    assert {name: count for (name, _), count in provider.copies().items()} == {FIRST: 1, SECOND: 1}


def test_a_device_that_is_gone_is_retired_and_mail_takes_over_once(
    app, call, client, provider, post_office, a_day
):
    a_day()
    provider.over.add(FIRST)
    a_day()
    assert [one.browser for one in provider.log[2:]] == [SECOND]
    assert post_office.taken == []
    with app.app_context(), transaction() as session:
        retired = session.scalars(sa.select(Device.retired_because).order_by(Device.id)).all()
    assert sorted(map(str, retired)) == ["None", "gone"]

    provider.over.add(SECOND)
    a_day()
    a_day()
    assert len(provider.log) == 3
    mails = said_by_mail(post_office)
    assert [one["To"] for one in mails] == ["ana@example.org"] * 2
    assert len({one["Message-ID"] for one in mails}) == 2
    for mail in mails:
        assert "ibociclib" not in mail.as_string()
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    link = urlsplit(mails[-1]["List-Unsubscribe"].strip("<>"))
    one_click = {"List-Unsubscribe": "One-Click"}
    assert client.post(f"{link.path}?{link.query}", data=one_click).status_code == 200
    a_day()
    assert len(post_office.taken) == 2
    items = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    statuses = [one["status"] for one in items if one["status"] != "due"]
    assert statuses == ["missed", "sent", "sent", "sent", "sent"]
