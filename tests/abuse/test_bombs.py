"""What is small to send and large to work through: how much work it makes is counted.

A request counts as bounded if it makes no more than ``MOST_CALLS`` calls of functions and takes
no more than ``MOST_BYTES`` of memory: some times what an ordinary one does, however it is made.
"""

import gzip
import resource
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import orjson
import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn

from service.cli.processes import GUNICORN
from service.cli.web_worker import ARRIVES_WITHIN, BoundedWorker
from tests.abuse.contract import body_places, query_names
from tests.abuse.work import work_of
from tests.proof.moving import wait_until
from tests.test_bad_input import (
    BODIES,
    QUERIES,
    REMINDER,
    ids,
    is_problem,
    routes,
    send,
    with_value,
)

__all__ = ["ids", "send"]

MOST_CALLS = 300_000
MOST_BYTES = 32 * 1024 * 1024
DEEP = 10_000
MANY = 100_000
REPORT = "POST /patients/{pid}/symptom-reports"
IDS = orjson.dumps([str(uuid4())] * 6_000)
BODY_BOMBS = {
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "half a list": b'{"answers":[' + b"[" * DEEP,
    "a hundred thousand ids": orjson.dumps({"id": [str(uuid4())] * MANY}),
    "a hundred thousand names": b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}",
    "a number of a million digits": b'{"temperature_c":1' + b"0" * 1_000_000 + b"}",
    "a small number of a million digits": b'{"temperature_c":0.' + b"0" * 1_000_000 + b"1}",
    "a body too many": b" " * (1024 * 1024 + 1),
    "escapes": b'{"note":"' + b"\\u0000" * 170_000 + b'"}',
}
RECURRENCES = (
    "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY", "FREQ=SECONDLY;COUNT=1000000000",
    "FREQ=DAILY;COUNT=1000000000", "FREQ=DAILY;INTERVAL=1000000000", "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=366", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
    "FREQ=DAILY;BYHOUR=0,1,2,3;BYMINUTE=" + ",".join(str(n) for n in range(60)),
    "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 10_000), "FREQ=DAILY;" * 10_000,
    "FREQ=MONTHLY;INTERVAL=11;BYMONTHDAY=31",
)  # fmt: skip


def assert_bounded(what: str, ask: Any, *args: Any, **kwargs: Any) -> Any:
    work = work_of(ask, *args, **kwargs)
    assert work.calls <= MOST_CALLS, (what, work.calls)
    assert work.peak_bytes <= MOST_BYTES, (what, work.peak_bytes)
    assert work.answer.status_code < 500, (what, work.answer.status_code)
    return work.answer


def test_s40_a_bomb_of_a_body_is_refused_with_little_work(app, send):
    [route] = [route for route in routes(app) if route.name == REPORT]
    for what, body in BODY_BOMBS.items():
        answer = assert_bounded(what, send, route, body)
        assert answer.status_code in {400, 413, 422}, what
        assert is_problem(answer), what
        assert len(answer.data) < 20_000, what


def test_s40_compressed_and_multipart_bodies_are_not_unpacked(app, send, client):
    [route] = [route for route in routes(app) if route.name == REPORT]
    bomb = gzip.compress(b"0" * 20_000_000)
    for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
        headers = {"Content-Encoding": coding}
        assert assert_bounded(coding, send, route, bomb, headers=headers).status_code == 415
    parts = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 19_000 + b"--x--"
    kind = "multipart/form-data; boundary=x"
    to_api = assert_bounded("multipart", send, route, parts, content_type=kind)
    to_page = assert_bounded("form", client.post, "/sign-in", data=parts, content_type=kind)
    assert to_api.status_code == 415
    # A form of a page without the page's token is not even looked at.
    assert to_page.status_code in {403, 413}


def test_s40_long_lists_and_wide_objects_are_bounded_everywhere(app, send, ids):
    contract = app.extensions["contract"].to_dict()
    wide = orjson.dumps({f"k{n}": n for n in range(6_000)})
    deep = b'{"a":' * 1_000 + b"1" + b"}" * 1_000
    tried = 0
    for route in routes(app):
        for place, said in body_places(contract, route.name):
            kind = str(said.get("type", "object"))
            bombs = [IDS] if "array" in kind else [wide, deep] if "object" in kind else []
            for bomb in bombs:
                body = with_value(BODIES[route.name], place, bomb)
                assert_bounded(f"{route.name} {place}", send, route, body)
                tried += 1
    assert tried > 30


def test_s40_far_days_and_long_pages_are_bounded(app, send, ids):
    contract = app.extensions["contract"].to_dict()
    far = {"from": "0001-01-02", "to": "9998-12-30", "since": "0001-01-02"}
    tried = 0
    for route in routes(app):
        names = {name for name, _said in query_names(contract, route.name)}
        asked = [{name: far[name] for name in names & far.keys()}] if names & far.keys() else []
        asked += [{"limit": "1000000000"}] if "limit" in names else []
        for query in asked:
            query = {**QUERIES.get(route.name, {}), **query}
            answer = assert_bounded(route.name, send, route, query_string=query)
            assert "limit" not in query or answer.status_code == 422, route.name
            tried += 1
    assert tried > 30


def test_s40_recurrences_never_run_on(app, send, ids):
    by_name = {route.name: route for route in routes(app)}
    for start in ("2026-03-03T09:00", "2000-01-01T00:00"):
        for rule in RECURRENCES:
            body = REMINDER | {"id": str(uuid4()), "recurrence": rule, "local_start": start}
            written = orjson.dumps(body | {"until": None, "exdates": []})
            answer = assert_bounded(rule, send, by_name["POST /patients/{pid}/reminders"], written)
            assert answer.status_code in {201, 422}, rule
    assert_bounded("ahead", send, by_name["GET /patients/{pid}/reminder-occurrences"])


def test_s40_no_pattern_of_ours_runs_away():
    """In a process that may use so much of the processor and no more."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.abuse.patterns"], check=False, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40


def test_s40_lines_and_headers_are_bounded_before_we_see_them():
    assert GUNICORN["limit_request_line"] <= 8190
    assert GUNICORN["limit_request_fields"] <= 100
    assert GUNICORN["limit_request_field_size"] <= 8190


def echo(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


@pytest.mark.parametrize("sent", [b"POST /", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n123"])
def test_s40_a_request_that_never_ends_keeps_no_thread(sent):
    config = Config()
    config.set("threads", 1)
    worker = BoundedWorker(1, 1, [], None, 30, config, Logger(config))
    worker.wsgi = echo
    ours, theirs = socket.socketpair()
    with theirs, ThreadPoolExecutor(1) as thread:
        theirs.sendall(sent)
        busy = thread.submit(worker.handle, TConn(config, ours, ("127.0.0.1", 1), ("127.0.0.1", 2)))
        wait_until(lambda: worker.serving, what="the thread reads")
        worker.cut_late(now=time.monotonic() + ARRIVES_WITHIN - 5)
        assert not busy.done()

        worker.cut_late(now=time.monotonic() + ARRIVES_WITHIN + 5)

        assert busy.result(timeout=10) in {False, True}
        assert worker.serving == 0
        ours.close()
        worker.tmp.close()
