import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from service.ids import new_id
from service.sync.columns import milliseconds
from service.sync.tables import TABLES
from tests.conftest import API, MONDAY_MORNING
from tests.sync.phone import Phone

NOW = milliseconds(MONDAY_MORNING)
HOUR = 3_600_000
DAY = 24 * HOUR
NAUSEA = '[{"symptom":"nausea","severity":1,"frequency":1}]'


def new() -> str:
    return str(new_id())


@pytest.fixture
def phone(app: Any, world: Any) -> Callable[..., Phone]:
    """A phone of Ana's with a connection of its own."""

    def made() -> Phone:
        client = app.test_client()

        def call(what: str, body: Any = None) -> Any:
            method, path = what.split(" ", 1)
            headers = world["ana"].headers
            return client.open(API + path, method=method, headers=headers, json=body)

        return Phone(call, list(TABLES))

    return made


@pytest.fixture
def push(call: Any) -> Callable[..., Any]:
    """Push as Ana: ``push(events={"created": [...]})``."""

    def pushed(at: int = 0, who: str = "ana", **changes: Any) -> Any:
        # By the standard library, as a phone may write what orjson would not.
        path, headers = (
            f"POST /patients/me/sync?last_pulled_at={at}",
            {"Content-Type": "application/json"},
        )
        return call(who, path, data=json.dumps(changes), headers=headers)

    return pushed


@pytest.fixture
def pull(call: Any) -> Callable[..., Any]:
    """Pull as Ana."""

    def pulled(at: Any = None, who: str = "ana", **query: Any) -> Any:
        more = "".join(f"&{name}={value}" for name, value in query.items())
        path = f"GET /patients/me/sync?schema_version=1{more}"
        answer = call(who, path if at is None else f"{path}&last_pulled_at={at}")
        assert answer.status_code == 200, answer.json
        return answer.json

    return pulled


def event(**more: Any) -> dict[str, Any]:
    return {
        "id": new(), "kind": "scan", "title": "CT", "starts_at": NOW + DAY, "place": None,
        "notes": None, **more,
    }  # fmt: skip


def report(**more: Any) -> dict[str, Any]:
    return {"id": new(), "reported_at": NOW, "answers": NAUSEA, "note": None, **more}


def at(moment: datetime) -> int:
    return milliseconds(moment)
