"""A receiver on loopback, the real channel led to it, and a round of the clock."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.accounts.session_models import DeviceSession
from service.db import transaction
from service.ids import new_id
from service.jobs.tick import run_due
from service.notify.breaker import Breaker
from service.notify.channels import KeptChannel
from service.notify.webhooks.channel import WebhookChannel
from tests.notify.peers.http import HttpPeer, Reply
from tests.notify.peers.tls import Authority
from tests.notify.peers.ways import poster_to

HOST = "hooks.harbor.example"
URL = f"https://{HOST}/waymark"


def is_signed(seen, secret):
    """Check a delivery as a receiver does, written from the specification and not from ours."""
    key = base64.b64decode(secret.split("_", 1)[1])
    text = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    right = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return f"v1,{right}" in seen.headers["webhook-signature"].split(" ")


class Receiver:
    """What a clinic's own system has got; ``status`` is what it answers."""

    def __init__(self):
        self.status = 204
        self.headers = {}

    def serve(self, _seen):
        words = b"" if self.status == 204 else b"a word of the answer"
        return Reply(self.status, words, self.headers)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def peer(authority, receiver):
    with HttpPeer(authority.server(HOST), receiver.serve) as peer:
        yield peer


@pytest.fixture
def mail():
    return KeptChannel()


@pytest.fixture
def round_(app, clock, peer, authority, mail):
    """Let the clock do a round over the real webhook channel."""
    owner = new_id()
    with poster_to(peer, authority) as poster:
        rest = Breaker(monotonic=lambda: clock.now().timestamp())
        hooks = WebhookChannel(poster, clock, rest)
        ways = {"push": KeptChannel(), "email": mail, "webhook": hooks}

        def go(**later):
            clock.moment += timedelta(**later)
            return run_due(app, clock, ways, owner, aside=False)

        yield go


@pytest.fixture
def add(call):
    """Add an endpoint that wants these events; return it with its secret."""

    def add(*types, **more):
        answer = call("ada", "POST /webhooks", {"url": URL, "types": list(types), **more})
        assert answer.status_code == 201, answer.json
        return answer.json

    return add


@pytest.fixture
def report(call, clock):
    """Let Ana report: mild, or so that an alert opens."""

    def report(severity=1, temperature=None):
        body = {
            "id": str(new_id()), "reported_at": clock.now().isoformat(),
            "answers": [{"symptom": "nausea", "severity": severity, "frequency": 1}],
            "note": "canary words of hers",
        }  # fmt: skip
        if temperature:
            body["temperature_c"] = temperature
        answer = call("ana", "POST /patients/me/symptom-reports", body)
        assert answer.status_code == 201, answer.json
        return body["id"]

    return report


@pytest.fixture
def got(peer):
    """Return what the receiver has got: type and data of each delivery."""
    return lambda: [(one["type"], one["data"]) for one in (json.loads(s.body) for s in peer.seen)]


@pytest.fixture
def prove_anew(app, world, clock):
    """Let somebody have proved herself just now."""

    def prove_anew(name):
        with app.app_context(), transaction() as session:
            session.execute(
                sa.update(DeviceSession)
                .where(DeviceSession.account_id == world[name].account_id)
                .values(proved_at=clock.now())
            )

    return prove_anew
