"""Streams that are looked for when a test says so, and somebody who listens to one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from service.live.streams import MIMETYPE, Streams

NOW = "2026-03-02T09:00:00-08:00"
HERS, QUEUES = "/patients/me/changes", "/alerts/changes"


class Listening:
    """A stream somebody listens to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self._lines = answer.iter_encoded()

    def next(self) -> Any:
        """Return the next event, ``None`` for a breath, ``"over"`` at the end."""
        block = next(self._lines, b"").decode()
        if not block:
            return "over"
        assert block.endswith("\n\n")
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        return (fields["id"], json.loads(fields["data"])["changed"]) if fields else None

    def hang_up(self) -> None:
        self.answer.close()


@pytest.fixture
def streams(app: Flask) -> Iterator[Streams]:
    """The streams of a worker of sixteen threads; the test looks, no thread does."""
    streams: Streams = app.extensions["streams"]
    streams.give_room(threads=16, every=None)
    yield streams
    for one in tuple(streams._open):
        streams.close(one)
    streams.give_room(threads=1)


@pytest.fixture
def ask_for_stream(call: Any) -> Any:
    """Ask for a stream as somebody; returns the answer, which may be a refusal."""

    def ask(name: str, path: str, last: str | None = None) -> Any:
        headers = {"Accept": MIMETYPE} | ({"Last-Event-ID": last} if last else {})
        return call(name, f"GET {path}", headers=headers, buffered=False)

    return ask


@pytest.fixture
def listen(streams: Streams, ask_for_stream: Any) -> Any:
    """Open a stream as somebody: ``listen("ana", HERS)``."""

    def listen(name: str, path: str, last: str | None = None) -> Listening:
        answer = ask_for_stream(name, path, last)
        assert answer.status_code == 200, answer.json
        return Listening(answer)

    return listen
