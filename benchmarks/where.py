"""Where the time of one symptom report goes: a profile of the application, by package.

    .venv/bin/python -m benchmarks.where

In one process and one thread, over PostgreSQL without syncs, so that what is counted is the work
and not the waiting of others.
"""

import cProfile
import io
import itertools
import pstats
import sys
from collections import Counter

import sqlalchemy as sa

from benchmarks.beside import SECRET
from benchmarks.clinic import build, utc_now
from benchmarks.report import reports
from service import schema
from service.app import create_app
from service.config import Config
from service.db import engine_options
from tests.postgres import Cluster

REQUESTS = 500
GROUPS = (
    ("psycopg", "psycopg, and the way to PostgreSQL and back"),
    ("sqlalchemy", "SQLAlchemy"), ("marshmallow", "marshmallow"),
    ("werkzeug", "Flask and Werkzeug"), ("flask", "Flask and Werkzeug"),
    ("service/care", "picture and rules"), ("service", "the rest of Waymark"),
)  # fmt: skip


def main() -> None:
    with Cluster() as cluster:
        url = cluster.create_database("where")
        engine = sa.create_engine(url, **engine_options(url))
        schema.upgrade(engine)
        people = build(engine, patients=600, reports=60, secret=SECRET, now=utc_now())
        app = create_app(
            Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=url, CALLS_A_MINUTE=10**6)
        )
        calls = (_call(request) for request in reports(people, 0))
        for environ in itertools.islice(calls, 100):
            _answer(app, environ)
        profile = cProfile.Profile()
        for environ in itertools.islice(calls, REQUESTS):
            profile.enable()
            _answer(app, environ)
            profile.disable()
        engine.dispose()
    _print(profile)


def _call(request: bytes) -> dict[str, object]:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "",
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost", "HTTP_AUTHORIZATION": headers["Authorization"],
        "CONTENT_TYPE": headers["Content-Type"], "CONTENT_LENGTH": headers["Content-Length"],
        "REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip


def _answer(app: object, environ: dict[str, object]) -> None:
    said: list[str] = []
    b"".join(app(environ, lambda status, _headers: said.append(status)))
    assert said == ["201 CREATED"], said


def _print(profile: cProfile.Profile) -> None:
    spent: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, _) in pstats.Stats(profile).stats.items():
        spent[_group(file)] += own
    total = sum(spent.values())
    for group, seconds in spent.most_common():
        print(f"{seconds / total:6.0%}  {group}")


def _group(file: str) -> str:
    for part, group in GROUPS:
        if part in file:
            return group
    return "Python itself: built-ins, JSON, hashing, ids"


if __name__ == "__main__":
    main()
