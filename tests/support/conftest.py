"""Short ways to what the tests of support do again and again."""

from uuid import uuid4

import pytest


@pytest.fixture
def check_in(call, clock):
    """Ana, or somebody else, says how she feels."""

    def check_in(who="ana", **said):
        body = {"id": str(uuid4()), "checked_at": clock.now().isoformat(), **said}
        answer = call(who, "POST /patients/me/wellbeing-checks", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return check_in


@pytest.fixture
def answered(call, clock, world):
    """Answer a questionnaire, as the patient or as staff about her."""

    def answered(questionnaire, answers, by="ana", status="completed"):
        body = {
            "id": str(uuid4()), "questionnaire": questionnaire, "answers": answers,
            "status": status, "answered_at": clock.now().isoformat(),
        }  # fmt: skip
        pid = "me" if by == "ana" else world["ana"].patient_id
        answer = call(by, f"POST /patients/{pid}/questionnaire-responses", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return answered


@pytest.fixture
def asked(call):
    """Ana asks for somebody outright."""

    def asked(kind="chaplain", who="ana"):
        body = {"id": str(uuid4()), "kind": kind, "contact_by": "phone"}
        answer = call(who, "POST /patients/me/support-requests", body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return asked


@pytest.fixture
def running(call):
    """What is on its way, as somebody sees it."""

    def running(who="sol", **query):
        answer = call(who, "GET /cascade", query_string=query)
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    return running


@pytest.fixture
def go_on(call):
    """Move a cascade on: ``go_on("sol", cascade, "assess", need=…, step=3)``."""

    def go_on(who, cascade, act, *, seen=None, **body):
        headers = {"If-Match": f'"{seen}"'} if seen is not None else {}
        return call(who, f"POST /cascade/{cascade['id']}/{act}", body, headers=headers)

    return go_on
