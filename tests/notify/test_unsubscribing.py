"""The link at the foot of an e-mail: one click, no sign-in, and nothing else it can do."""

import threading
from uuid import uuid4

import pytest

from service.accounts.tokens import TokenSigner
from service.db import db
from service.notify.unsubscribing import address_for
from tests.conftest import SECRET

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def link(app, world):
    def link(name="ana", channel="email", kind="reply", signer=None, account_id=None):
        signer = signer or app.extensions["tokens"]
        account_id = account_id or world[name].account_id
        address = address_for(signer, "https://w.example", account_id, channel, kind)
        assert address.startswith("https://w.example/api/v1/unsubscribe/")
        return address.removeprefix("https://w.example")

    return link


@pytest.fixture
def off(call):
    return lambda name="ana": call(name, "GET /me").json["channels"]["off"]


def test_a_mail_program_stops_it_in_one_click(client, link, off):
    address = link()
    answers = [client.post(address, data=ONE_CLICK) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json == {"channel": "email", "kind": "reply", "off": True}
    assert off() == {"push": [], "email": ["reply"]}


@pytest.mark.parametrize("body", [{}, {"data": b"\x00\xff"}, {"json": {"a": 1}},
                                  {"data": {"x": "y"}, "content_type": "multipart/form-data"}])  # fmt: skip
def test_nobody_is_refused_for_a_form(client, link, off, body):
    assert client.post(link(), **body).status_code == 200
    assert off()["email"] == ["reply"]


def test_looking_stops_nothing(client, link, off):
    answer = client.get(link(), headers=BROWSER)
    head = client.head(link())

    assert answer.status_code == head.status_code == 200
    assert answer.mimetype == "text/html"
    assert "no more <strong>messages from your care team</strong> by e-mail" in answer.text
    assert off()["email"] == []
    assert client.get(link()).json == {"channel": "email", "kind": "reply", "off": False}


def test_the_page_is_guarded_like_every_page_and_names_nobody(client, link):
    for answer in (client.get(link(), headers=BROWSER), client.post(link(), headers=BROWSER)):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ana" not in answer.text.lower().replace("waymark", "")
        assert "<script" not in answer.text
        assert " style=" not in answer.text
    assert "You get no more of these" in answer.text


def test_it_does_not_run_out(client, link, off, clock):
    address = link()
    clock.pass_time(days=500)
    assert client.post(address).status_code == 200


def test_a_forged_link_is_not_there(app, client, link, world):
    good = link()
    claim, _, signature = good.rpartition(".")
    signer = app.extensions["tokens"]
    forged = [
        "/api/v1/unsubscribe/x", f"{claim}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}", good + "AAAA",
        good.replace("-email-", "-push-"), link(signer=TokenSigner(SECRET[::-1])),
        link(kind="alert"), link(kind="account"), link(channel="pigeon"),
        link(account_id=uuid4()),
        "/api/v1/unsubscribe/" + signer.seal("something else"),
        "/api/v1/unsubscribe/" + world["ana"].headers["Authorization"].removeprefix("Bearer "),
        "/api/v1/unsubscribe/%00", "/api/v1/unsubscribe/%ED%A0%80",
    ]  # fmt: skip
    for address in forged:
        assert client.post(address).status_code == 404, address
        assert client.post(address).content_type == "application/problem+json"


def test_a_link_signs_nobody_in(app, client, link):
    token = link().rpartition("/")[2]
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_what_is_switched_off_on_two_ways_at_once_is_off_on_both(app, link, call, world, off):
    """Links clicked while she changes her settings: nobody's change is lost."""
    ready = threading.Barrier(3)

    def click(channel):
        client = app.test_client()
        ready.wait()
        assert client.post(link(channel=channel)).status_code == 200

    def change():
        client = app.test_client()
        ready.wait()
        answer = client.patch(
            "/api/v1/me", json={"channels": {"most_a_day": 4}}, headers=world["ana"].headers
        )
        assert answer.status_code == 200

    threads = [threading.Thread(target=click, args=(way,)) for way in ("push", "email")]
    threads.append(threading.Thread(target=change))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        db.session.remove()
    assert off() == {"push": ["reply"], "email": ["reply"]}
    assert call("ana", "GET /me").json["channels"]["most_a_day"] == 4
