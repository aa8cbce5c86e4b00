"""Whoever calls too often waits, and nobody else notices."""

import pytest

from service.api.rates import CallRates


@pytest.fixture
def five_a_minute(app):
    usual = app.extensions["call_rates"]
    app.extensions["call_rates"] = CallRates(5)
    yield
    app.extensions["call_rates"] = usual


def test_s41_who_calls_too_often_waits_and_her_neighbor_does_not(call, clock, five_a_minute):
    clock.pass_time(seconds=12)
    answers = [call("ana", "GET /me") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    left = [answer.headers["RateLimit-Remaining"] for answer in answers]
    assert left == ["4", "3", "2", "1", "0"]
    assert answers[0].headers["RateLimit-Limit"] == "5"
    assert answers[0].headers["RateLimit-Reset"] == "48"

    refused = [call("ana", what) for what in ("GET /me", "POST /patients/me/symptom-reports")]

    assert [answer.status_code for answer in refused] == [429, 429]
    assert refused[0].json["type"].endswith("/too-many")
    assert refused[0].headers["Retry-After"] == "48"
    assert refused[0].headers["RateLimit-Remaining"] == "0"
    assert call("ben", "GET /me").status_code == 200
    clock.pass_time(seconds=48)
    assert call("ana", "GET /me").status_code == 200
