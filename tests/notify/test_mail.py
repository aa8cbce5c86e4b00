"""E-mail against a mail server: what it says, what it never says, and how it fails."""

import email
import email.policy
import re
import socket
import ssl
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from service.notify.breaker import Breaker
from service.notify.channels import Gone, Refused, TryAgain
from service.notify.mail import MailChannel, Relay, sender_of
from service.notify.sealed_urls import sealed_mailbox
from service.sealing import NotOpened
from tests.conftest import FixedClock
from tests.notify.peers.post_office import PASSWORD, USER, PostOffice, knows
from tests.notify.peers.tls import Authority
from tests.notify.peers.ways import SHORT, message

HERS = "ana@example.org"
PUBLIC = "https://waymark.harbor.example"
HOST = "localhost"
TOKEN = "aZ-_9.q" * 25  # as long as a signed one


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("mail-tls"))


@pytest.fixture
def office():
    with PostOffice() as office:
        yield office


def channel_to(url, *, breaker=None, unsubscribe=lambda message: None, **more):
    return MailChannel(
        Relay.from_url(url), sender_of("Waymark at Harbor <no-reply@harbor.example>"),
        public_url=PUBLIC, clock=FixedClock(), breaker=breaker or Breaker(failures=1000),
        unsubscribe_url=unsubscribe, **more,
    )  # fmt: skip


@pytest.fixture
def channel(office):
    return channel_to(
        f"smtp+plain://{HOST}:{office.port}",
        unsubscribe=lambda message: f"{PUBLIC}/api/v1/unsubscribe/{TOKEN}-{message.kind}",
    )


def mail(**more):
    said = {"channel": "email", "email": HERS, "title": "You have 3 reminders"} | more
    return message(**said)


def read(office, n=-1):
    sender, recipients, content = office.taken[n]
    return sender, recipients, email.message_from_bytes(content, policy=email.policy.default)


def test_she_is_told_to_sign_in_and_nothing_else(channel, office):
    sent = mail(body={"occurrences": ["capecitabine"], "text": "nausea"})

    handed = channel.send(sent)

    assert (handed.reached, handed.gone) == ((), ())
    sender, recipients, found = read(office)
    assert (sender, recipients) == ("no-reply@harbor.example", [HERS])
    assert found["From"] == "Waymark at Harbor <no-reply@harbor.example>"
    assert found["To"] == HERS
    assert found["Subject"] == "You have 3 reminders"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Date"].datetime == FixedClock().now()
    assert found.get_content_type() == "text/plain"
    text = found.get_content()
    assert PUBLIC in text
    assert not re.search("capecitabine|nausea", found.as_string())


def test_one_click_unsubscribes(channel, office):
    channel.send(mail())
    _, _, found = read(office)
    address = f"{PUBLIC}/api/v1/unsubscribe/{TOKEN}-reminder"
    assert found["List-Unsubscribe"] == f"<{address}>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in found.get_content()
    # As it stands in the mail: mail programs read no encoded words here.
    assert f"\r\nList-Unsubscribe: <{address}>\r\n".encode() in office.taken[0][2]


def test_account_mail_says_what_it_is_for_and_cannot_be_ended(channel, office):
    link = f"{PUBLIC}/password/reset#{'x' * 120}"
    channel.send(
        mail(
            kind="account",
            title="Set a new Waymark password",
            body={"text": "The link is good once, for ten minutes.", "url": link},
        )
    )
    _, _, found = read(office)
    assert found["List-Unsubscribe"] is None
    assert found["List-Unsubscribe-Post"] is None
    assert found.get_content().split() == (
        f"Set a new Waymark password The link is good once, for ten minutes. {link}".split()
    )


@pytest.mark.usefixtures("app")  # which holds the keys
def test_s19_a_mail_to_a_former_address_goes_there_and_to_nobody_else(channel, office):
    told = mail(kind="account", body={"text": "It has changed."})
    body = told.body | sealed_mailbox(told.recipient_id, "ana@former.example")

    channel.send(replace(told, body=body))

    _, recipients, found = read(office)
    assert (recipients, found["To"]) == (["ana@former.example"], "ana@former.example")
    assert "former.example" not in str(body)
    with pytest.raises(NotOpened):
        channel.send(replace(told, body=body, recipient_id=uuid4()))
    assert len(office.taken) == 1


def test_what_may_not_be_ended_has_no_link(office):
    channel_to(f"smtp+plain://{HOST}:{office.port}").send(mail(kind="alert", to_staff=True))
    _, _, found = read(office)
    assert found["List-Unsubscribe"] is None


def test_a_repeat_can_be_recognised(channel, office):
    for key in ("one", "one", "two"):
        channel.send(mail(collapse_key=key))
    first, again, other = (read(office, n)[2]["Message-ID"] for n in range(3))
    assert first == again != other
    assert re.fullmatch(r"<[0-9a-f]{40}@harbor\.example>", first)


@pytest.mark.parametrize(
    "title",
    [
        "Hello\r\nBcc: eve@example.org",
        "Hello\nBcc: eve@example.org\n\nbody",
        "Hello\r\n\r\n<script>alert(1)</script>",
        "Hello\x0bBcc: eve@example.org",
        "Hello\u2028Bcc: eve@example.org",
        "Hello\x85Bcc: eve@example.org",
        "{{7*7}} ${7*7} %(x)s {url}",
        "=?utf-8?q?Hello=0D=0ABcc=3A_eve=40example=2Eorg?=",
        "Guten Morgen, schöne Grüße 🌞 " + "ü" * 150,
        ".\r\n.\r\nMAIL FROM:<eve@example.org>",
    ],
)
def test_a_title_stays_a_title(channel, office, title):
    channel.send(mail())
    channel.send(mail(title=title))
    (_, _, plain), (_, recipients, found) = read(office, 0), read(office, 1)
    assert recipients == [HERS]
    assert sorted(found.keys()) == sorted(plain.keys())
    assert found["Bcc"] is None
    assert found["To"] == HERS
    if title.startswith(("{{", "Guten")):
        assert found["Subject"] == title
        assert title in found.get_content()


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org\r\nBcc: eve@example.org", "ana@example.org\nRCPT TO:<eve@example.org>",
        "ana@example.org, eve@example.org", "ana", "@", "", " ", "ana@", "@example.org",
        "Ana <ana@example.org>", "ana@example.org>", "<ana@example.org", "a b@example.org",
        "ana@example.org\x00", "=?utf-8?q?ana=0D=0ABcc=3Aeve?=@example.org",
        "=?utf-8?q?ana?=@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_reaches_nobody(channel, office, address):
    with pytest.raises((Gone, Refused)) as raised:
        channel.send(mail(email=address))
    assert office.taken == []
    assert office.sessions == 0
    assert "ana" not in str(raised.value)


def test_nobody_to_write_to_is_gone(channel):
    with pytest.raises(Gone, match=r"^no e-mail address$"):
        channel.send(mail(email=None))


@pytest.mark.parametrize(
    ("line", "kind", "why"),
    [
        ("550 5.1.1 ana@example.org: no such user", Gone, "mail: 550"),
        ("551 5.1.6 moved", Gone, "mail: 551"),
        ("553 5.1.3 bad name", Gone, "mail: 553"),
        ("552 5.2.2 mailbox of ana@example.org full", Refused, "mail: 552"),
        ("450 4.2.1 greylisted", TryAgain, "mail: 450"),
        ("421 4.3.2 shutting down", TryAgain, "mail: 421"),
    ],
)
def test_what_is_said_of_her_mailbox_is_what_becomes_of_the_mail(channel, office, line, kind, why):
    office.next_recipient.append(line)
    with pytest.raises(kind) as raised:
        channel.send(mail())
    assert str(raised.value) == why


@pytest.mark.parametrize(
    ("line", "kind", "why"),
    [
        ("554 5.7.1 looks like spam to us", Refused, "mail: 554"),
        ("550 5.7.1 policy", Refused, "mail: 550"),
        ("451 4.3.0 disk full", TryAgain, "mail: 451"),
        ("452 4.3.1 later", TryAgain, "mail: 452"),
    ],
)
def test_what_is_said_of_the_mail_is_what_becomes_of_it(channel, office, line, kind, why):
    office.next.append(line)
    with pytest.raises(kind) as raised:
        channel.send(mail())
    assert str(raised.value) == why
    channel.send(mail())
    assert len(office.taken) == 1


def test_a_relay_that_took_it_and_never_said_so_is_asked_again(channel, office):
    office.next.append("cut")
    with pytest.raises(TryAgain, match=r"broke off"):
        channel.send(mail())
    channel.send(mail())
    ids = {read(office, n)[2]["Message-ID"] for n in range(2)}
    assert len(ids) == 1


def test_a_goodbye_that_fails_sends_nothing_twice(channel, office):
    office.next.extend(["250 OK", "cut at goodbye"])
    channel.send(mail())
    assert len(office.taken) == 1
    assert not office.next


def test_a_silent_relay_is_waited_for_a_moment_only(office):
    office.next.append("silence")
    channel = channel_to(f"smtp+plain://{HOST}:{office.port}", timeout=SHORT)
    with pytest.raises(TryAgain, match=r"^mail: no answer in time$"):
        channel.send(mail())


def test_nobody_listening_is_tried_again_and_then_left_alone():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    channel = channel_to(f"smtp+plain://127.0.0.1:{port}", breaker=Breaker(failures=2))
    for _ in range(2):
        with pytest.raises(TryAgain, match=r"^mail: no connection"):
            channel.send(mail())
    with pytest.raises(TryAgain, match=r"^mail: at rest after failures$") as raised:
        channel.send(mail())
    assert raised.value.retry_after is not None


def test_starttls_is_insisted_on_and_the_name_checked(authority):
    with PostOffice(
        tls_context=authority.server(HOST), require_starttls=True, authenticator=knows,
        auth_required=True,
    ) as office:  # fmt: skip
        url = f"smtp://{USER}:p%40ss%3Aword%2F1@{HOST}:{office.port}"
        channel_to(url, tls=authority.trusted()).send(mail())
        assert len(office.taken) == 1

        with pytest.raises(TryAgain, match=r"^mail: the relay is not who it should be$"):
            channel_to(url).send(mail())
        wrong = url.replace("p%40ss", "secret")
        with pytest.raises(TryAgain, match=r"^mail: signing in to the relay failed, 535$"):
            channel_to(wrong, tls=authority.trusted()).send(mail())
        assert len(office.taken) == 1


def test_a_relay_without_tls_gets_neither_password_nor_mail(office, authority):
    channel = channel_to(f"smtp://{USER}:x@{HOST}:{office.port}", tls=authority.trusted())
    with pytest.raises(TryAgain, match=r"^mail: the relay cannot do what is asked of it$"):
        channel.send(mail())
    assert office.taken == []


def test_tls_from_the_start(authority):
    with PostOffice(ssl_context=authority.server(HOST)) as office:
        channel_to(f"smtps://{HOST}:{office.port}", tls=authority.trusted()).send(mail())
        assert len(office.taken) == 1


def test_the_default_trusts_nobody_it_should_not(office):
    assert channel_to("smtps://mail.example.org")._tls.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example.org", ("smtp", "mail.example.org", 587)),
        ("smtps://mail.example.org", ("smtps", "mail.example.org", 465)),
        ("smtp+plain://127.0.0.1:2525", ("smtp+plain", "127.0.0.1", 2525)),
    ],
)
def test_an_address_of_a_relay_says_how_it_is_spoken_to(url, relay):
    found = Relay.from_url(url)
    assert (found.scheme, found.host, found.port) == relay


@pytest.mark.parametrize(
    "url", ["", "mail.example.org", "http://x", "smtp://", "smtp://x:99999", "smtp://u:secret@x:y"]
)
def test_what_is_no_relay_is_said_so(url):
    with pytest.raises(ValueError, match=r"must begin with|names no host|the port") as raised:
        Relay.from_url(url)
    assert "secret" not in str(raised.value)


def test_a_password_stays_out_of_what_is_printed():
    assert PASSWORD not in repr(Relay.from_url(f"smtp://{USER}:p%40ss%3Aword%2F1@x"))


@pytest.mark.parametrize(
    "text", ["", "x", "x@", "@x.org", "x@localhost", "a@b.org\r\nBcc: c@d.org"]
)
def test_what_is_no_sender_is_said_so(text):
    with pytest.raises(ValueError, match=r"^not an e-mail address$"):
        sender_of(text)


def test_the_wait_is_short():
    assert channel_to("smtp://x.example")._seconds <= timedelta(seconds=5).total_seconds()
