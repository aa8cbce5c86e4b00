"""Versions of articles of Harbor's, as far on their way as a test needs them."""

from typing import Any

import pytest

TEXT = "Eat little and often. Drink between meals.\n\nCall us if you cannot keep water down."
ARTICLE = {
    "slug": "nausea", "language": "en", "title": "Feeling sick: what we do here",
    "kind": "article", "audience": ["patient"], "summary": "What helps, and whom to call.",
    "sources": ["Harbor Cancer Care, nurses' handbook 2026"], "expires_on": "2027-03-02",
    "body": TEXT,
}  # fmt: skip


@pytest.fixture
def written(call: Any) -> Any:
    """Write a version; returns it."""

    def written(name: str = "eva", **what: Any) -> Any:
        answer = call(name, "POST /articles", ARTICLE | what)
        assert answer.status_code == 201, answer.json
        return answer.json

    return written


@pytest.fixture
def step(call: Any) -> Any:
    """Take a version a step on: ``step("nora", "review", id)``; returns the answer."""

    def step(name: str, what: str, id: str, **kwargs: Any) -> Any:
        return call(name, f"POST /articles/{id}/{what}", **kwargs)

    return step


@pytest.fixture
def published(written: Any, step: Any) -> Any:
    """Write, review and publish a version; returns it."""

    def published(writer: str = "eva", reviewer: str = "nora", **what: Any) -> Any:
        id = written(writer, **what)["id"]
        for name, move in ((writer, "submit"), (reviewer, "review"), ("eva", "publish")):
            answer = step(name, move, id)
            assert answer.status_code == 200, answer.json
        return answer.json

    return published
