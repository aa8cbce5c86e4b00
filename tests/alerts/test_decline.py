"""She says that she needs nobody: only where every rule leaves it to her."""

import pytest

from tests.alerts.conftest import CLOSING, kinds


@pytest.fixture
def decline(call):
    def decline(alert, who: str = "ana", pid: str = "me", **body):
        return call(who, f"POST /patients/{pid}/alerts/{alert['id']}/decline", body)

    return decline


def test_she_may_say_that_she_needs_nobody(call, severe, alert, decline):
    severe("nausea")
    found = alert()
    assert [one["patient_can_decline"] for one in found["reasons"]] == [True]
    answer = decline(found, reason="It has passed.")
    assert (answer.status_code, answer.json["outcome"]) == (200, "declined")
    now = call("nora", f"GET /alerts/{found['id']}").json
    assert (now["state"], now["outcome"], kinds(now)[-1]) == ("closed", "declined", "declined")
    last = now["history"][-1]
    assert (last["by"]["role"], last["detail"]) == ("patient", {"reason": "It has passed."})
    assert call("nora", "GET /alerts").json["items"] == []


def test_what_she_is_answered_holds_nothing_of_the_staffs(severe, alert, do, decline):
    severe("nausea")
    found = alert()
    do("nora", found, "contact-attempts", how="phone", reached=False, note="no answer, odd")
    assert set(decline(found).json) == {"id", "state", "outcome", "closed_at"}


def test_who_has_it_is_told(severe, alert, do, decline, told):
    severe("nausea")
    do("omar", alert(), "acknowledge")
    told()
    decline(alert())
    assert told() == ["omar"]


def test_nobody_is_reminded_of_it_any_more(severe, alert, decline, until, told):
    severe("nausea")
    decline(alert())
    told()
    assert until(3 * 24 * 60, step=60) == []


@pytest.mark.parametrize("how", ["emergency", "not_safe"])
def test_what_is_urgent_is_not_hers_to_decline(request, alert, decline, how):
    request.getfixturevalue(how)()
    found = alert("nursing" if how == "emergency" else "social_work")
    answer = decline(found)
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        409,
        "not-to-be-declined",
    )


def test_one_reason_that_is_not_hers_keeps_it(severe, emergency, alert, decline):
    severe("nausea")
    emergency()
    assert decline(alert()).status_code == 409
    assert alert()["state"] == "open"


def test_what_is_closed_is_not_declined(severe, alert, do, decline):
    severe("nausea")
    found = alert()
    do("nora", found, "close", **CLOSING)
    answer = decline(found)
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (409, "alert-closed")


def test_it_is_hers_alone_to_say(severe, alert, decline, world):
    severe("nausea")
    found = alert()
    ana = world["ana"].patient_id
    for who in ("nora", "sol", "ada"):
        assert decline(found, who, ana).status_code == 403
    assert decline(found, "hugo", ana).status_code in {403, 404}
    assert decline(found, "ben").status_code == 404
    assert alert()["state"] == "open"


def test_opened_again_by_staff_it_reminds_nobody_at_once(severe, alert, decline, do, until, told):
    severe("nausea")
    found = alert()
    decline(found)
    do("nora", found, "reopen")
    told()
    assert until(24 * 60, step=60) == []
