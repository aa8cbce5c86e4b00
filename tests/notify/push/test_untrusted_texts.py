"""Whatever stands in an endpoint, a header or a title: it is read one way, or not at all."""

from datetime import timedelta
from urllib.parse import urlsplit

import httpcore2
from hypothesis import given, settings
from hypothesis import strategies as some

from service.notify.mail import one_line
from service.notify.push.endpoints import endpoint_of, fits
from service.notify.push.posting import asked_wait
from service.notify.push.webpush import PUSH_SERVICES
from tests.conftest import MONDAY_MORNING

_PARTS = some.sampled_from(
    [
        "https://", "http://", "//", "/", "\\", "@", ":", ":443", ":80", "#", "?", "%", "%2e", ".",
        "fcm.googleapis.com", "127.0.0.1", "[::1]", "push.apple.com", "FCM.googleapis.COM", "x",
        " ", "\t", "\r\n", "\x00", "。", "ü",
    ]
)  # fmt: skip
_ENDPOINTS = some.lists(_PARTS, max_size=8).map("".join) | some.text(max_size=60)


@settings(derandomize=True, max_examples=1500, deadline=None)
@given(_ENDPOINTS | _ENDPOINTS.map(lambda rest: f"https://fcm.googleapis.com{rest}"))
def test_two_readers_of_an_endpoint_find_the_same_host(text):
    endpoint = endpoint_of(text)
    if endpoint is None:
        return
    url = httpcore2.URL(endpoint.url)
    assert url.scheme == b"https"
    assert url.host.decode() == endpoint.host == urlsplit(endpoint.url).hostname
    assert url.port is None
    assert url.target.startswith(b"/")
    if any(fits(endpoint.host, known) for known in PUSH_SERVICES):
        assert endpoint.host.endswith(
            ("fcm.googleapis.com", ".mozilla.com", ".push.apple.com", ".notify.windows.com")
        )


@settings(derandomize=True, max_examples=500, deadline=None)
@given(some.text(max_size=40) | some.from_regex(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} .*"))
def test_whatever_a_provider_asks_for_is_at_most_an_hour(header):
    wait = asked_wait(header, MONDAY_MORNING)
    assert wait is None or timedelta(0) <= wait <= timedelta(hours=1)


@settings(derandomize=True, max_examples=500, deadline=None)
@given(some.text(max_size=80) | some.lists(some.sampled_from("=?qQbB_ \r\n:")).map("".join))
def test_a_subject_is_one_line_without_encoded_words(title):
    line = one_line(title)
    assert line.isprintable()
    assert "=?" not in line
    assert len(line.splitlines()) <= 1
