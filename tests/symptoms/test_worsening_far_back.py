"""A worsening compared with the first answer ever, where the recent ones left the question out."""

from uuid import UUID

import pytest


@pytest.mark.parametrize(
    ("first", "worse"),
    [(0, True), (1, False)],  # from 0 to 2 is two points, from 1 to 2 is one
)
def test_a_question_skipped_last_week_is_compared_with_the_first_answer(call, first, worse):
    for number, (day, severity) in enumerate(
        [("2026-01-05", first), ("2026-02-23", None), ("2026-03-02", 2)]
    ):
        answers = [{"symptom": "fatigue", "severity": severity, "interference": 0}]
        body = {
            "id": str(UUID(int=number)), "reported_at": f"{day}T09:00-08:00", "answers": answers,
        }  # fmt: skip
        assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201

    alerts = call("nora", "GET /alerts").json["items"]
    rules = {rule for alert in alerts for rule in alert["rules"]}
    assert ("SYM-WORSE" in rules) is worse
