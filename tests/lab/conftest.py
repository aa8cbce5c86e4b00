"""Drafts, history and runs of Harbor's, as far as a test needs them."""

import time
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.care.lab import runner
from service.care.lab.texts import text_of
from service.care.rules import rule_set, vocabulary
from service.db import transaction
from service.rulebook.models import LabRun

# A severe symptom counts from 2 instead of 3, or from 4.
SEVERE = """    any:
    - answer: [severity, interference, amount]
      at_least: 3
    - answer: frequency
      at_least: 3
      only_attribute: true
"""
OURS = text_of(rule_set().by_id["SYM-SEV"]).replace("    severe: true\n", SEVERE)
EARLIER = OURS.replace("at_least: 3", "at_least: 2")
LATER = OURS.replace("at_least: 3", "at_least: 4")


@pytest.fixture
def drafted(call: Any) -> Any:
    """Write a version; returns it."""

    def drafted(text: str = EARLIER, *, by: str = "eva", **what: Any) -> Any:
        body = {"id": str(uuid4()), "text": text, "why": "We see too little."} | what
        body = {name: value for name, value in body.items() if value is not None}
        answer = call(by, "POST /rules", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return drafted


@pytest.fixture
def step(call: Any) -> Any:
    """Take a version a step on: ``step("nora", "activate", id)``; returns the answer."""

    def step(name: str, what: str, id: str, body: Any = None, **kwargs: Any) -> Any:
        return call(name, f"POST /rules/{id}/{what}", body, **kwargs)

    return step


@pytest.fixture
def replayed(step: Any, call: Any, app: Any, clock: Any) -> Any:
    """Ask a replay of a draft and let it be answered; returns the run as nurses see it."""

    def replayed(id: str, *, by: str = "nora", limit: int = 50, **window: Any) -> Any:
        run = step(by, "replay", id, window)
        assert run.status_code == 201, run.json
        while work_off(app, clock.now(), limit=limit):
            pass
        return call(by, f"GET /lab/runs/{run.json['id']}").json

    return replayed


@pytest.fixture
def found(call: Any) -> Any:
    """Everything a run found, page by page."""

    def found(run_id: str, limit: int = 200, **query: str) -> list[Any]:
        items: list[Any] = []
        more = "".join(f"&{name}={value}" for name, value in query.items())
        cursor = ""
        while True:
            page = call("nora", f"GET /lab/runs/{run_id}/findings?limit={limit}{more}{cursor}").json
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = f"&cursor={page['next_cursor']}"

    return found


@pytest.fixture
def report(call: Any, clock: Any) -> Any:
    """Report symptoms as Ana or somebody else: ``report(nausea=3)``."""

    def report(*, who: str = "ana", at: datetime | None = None, **levels: int) -> Any:
        answers = [
            {"symptom": name, **dict.fromkeys(vocabulary().symptoms[name].attributes, level)}
            for name, level in levels.items()
        ]
        body = {"id": str(uuid4()), "reported_at": (at or clock.now()).isoformat(),
                "answers": answers}  # fmt: skip
        answer = call(who, "POST /patients/me/symptom-reports", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return report


def work_off(app: Any, now: datetime, *, limit: int = 50) -> int:
    """Do one slice of whatever waits."""
    with app.app_context(), transaction() as session:
        return runner.go_on(session, now=now, until=time.monotonic() + 60, limit=limit)


def run_row(app: Any, id: str) -> LabRun:
    """Return a run as it is stored."""
    with app.app_context(), transaction() as session:
        return session.get_one(LabRun, UUID(id))
