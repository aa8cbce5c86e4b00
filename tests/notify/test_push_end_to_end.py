"""From the phone's own call to the browser that reads: her device, the real channel, a real peer."""

import uuid

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.notify.channels import Gone
from service.notify.models import Device
from service.notify.push.vapid import VapidKey
from service.notify.rules import Address
from tests.notify.peers import browsers
from tests.notify.peers.http import HttpPeer
from tests.notify.peers.tls import Authority
from tests.notify.peers.ways import OCCURRENCE, SUBJECT, message, web_push_to


@pytest.fixture
def vapid():
    return VapidKey.new()


@pytest.fixture
def push_service(clock, vapid):
    return browsers.PushService(clock, vapid.public_text, SUBJECT)


@pytest.fixture
def channel(tmp_path, push_service, vapid, clock):
    authority = Authority(tmp_path)
    with (
        HttpPeer(authority.server(browsers.HOST), push_service.serve) as peer,
        web_push_to(peer, authority, vapid, clock) as channel,
    ):
        yield channel


@pytest.fixture
def devices_of(app):
    def devices_of(person):
        with app.app_context(), transaction() as session:
            rows = session.scalars(sa.select(Device).where(Device.account_id == person.account_id))
            return tuple(Address(row.id, row.platform, row.address) for row in rows)

    return devices_of


def test_a_browser_put_on_by_its_own_call_reads_what_is_sent(
    call, world, channel, push_service, devices_of
):
    subscription = push_service.browser("ana").subscription() | {"expirationTime": None}
    body = {"platform": "webpush", "subscription": subscription}
    assert call("ana", f"PUT /me/devices/{uuid.uuid4()}", body).status_code == 201

    sent = message(*devices_of(world["ana"]))
    assert channel.send(sent).reached == (sent.devices[0].device_id,)
    [said] = push_service.inbox["ana"].values()
    assert said["body"] == {"occurrences": [str(OCCURRENCE)]}

    push_service.over.add("ana")
    with pytest.raises(Gone) as raised:
        channel.send(sent)
    assert raised.value.handed.gone == (sent.devices[0].device_id,)
