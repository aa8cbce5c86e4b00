"""Two reports that name the same moment: phones round to the minute, and both are acted on."""

from itertools import permutations
from uuid import UUID

import pytest

NOW = "2026-03-02T09:00-08:00"
FIRST, SECOND = str(UUID(int=1)), str(UUID(int=2))
EITHER_WAY = list(permutations([FIRST, SECOND]))


def rules(call):
    return {rule for alert in call("nora", "GET /alerts").json["items"] for rule in alert["rules"]}


@pytest.mark.parametrize("ids", EITHER_WAY)
def test_a_severe_symptom_beside_another_report_of_the_minute_is_acted_on(call, ids):
    mild = [{"symptom": "fatigue", "severity": 1, "interference": 0}]
    severe = [{"symptom": "nausea", "frequency": 4, "severity": 4}]
    for id, answers in zip(ids, (mild, severe), strict=True):
        body = {"id": id, "reported_at": NOW, "answers": answers}
        told = call("ana", "POST /patients/me/symptom-reports", body).json
    assert told["guidance"]["level"] == "call_today"
    assert "SYM-SEV" in rules(call)


@pytest.mark.parametrize("ids", EITHER_WAY)
def test_an_emergency_said_twice_in_a_minute_is_told_twice(call, ids):
    for id in ids:
        body = {"id": id, "reported_at": NOW, "red_flags": ["chest_pain"]}
        told = call("ana", "POST /patients/me/symptom-reports", body).json
        assert told["guidance"]["level"] == "emergency"
