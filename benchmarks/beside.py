"""A clinic, and beside it the bare table with which a bare Flask view is measured."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import sqlalchemy as sa

from benchmarks.clinic import build, utc_now
from service import schema
from service.db import engine_options
from service.sealing import keys_out_of
from tests.postgres import Cluster

SECRET = "benchmarks have no secrets to keep at all"
_BARE = (
    "CREATE TABLE bare_rows (id uuid PRIMARY KEY, patient_id uuid NOT NULL,"
    " at timestamptz NOT NULL, body jsonb NOT NULL)",
    "CREATE INDEX ON bare_rows (patient_id, at)",
)


@contextmanager
def clinic_beside_bare(
    cluster: Cluster, *, patients: int, history: int
) -> Iterator[tuple[list[tuple[UUID, str]], Mapping[str, str]]]:
    """Yield its people, with their tokens, and the environment of servers over it."""
    url = cluster.create_database("bench")
    engine = sa.create_engine(url, **engine_options(url))
    schema.upgrade(engine)
    with engine.begin() as connection:
        for statement in _BARE:
            connection.execute(sa.text(statement))
    people = build(engine, patients=patients, reports=history, secret=SECRET, now=utc_now())
    yield people, {
        "DATABASE_URL": url, "SECRET_KEY": SECRET, "MASTER_KEYS": keys_out_of(SECRET),
        "CALLS_A_MINUTE": "1000000", "BARE_URL": url.replace("+psycopg", ""),
    }  # fmt: skip
    engine.dispose()
