"""Snoozing: known, seen to, and silent until it is worse; never what is an emergency."""

import pytest
import sqlalchemy as sa

from service.alerts.models import AlertHold
from service.db import transaction
from tests.alerts.conftest import CLOSING, kinds

WEEK = {"days": 7, "reason": "known, seen on Friday"}


@pytest.fixture
def snoozed(severe, alert, do):
    """Nausea, severe and known: snoozed for a week."""
    severe("nausea")
    answer = do("nora", alert(), "snooze", **WEEK)
    assert answer.status_code == 200, answer.json
    return answer.json


@pytest.fixture
def unclosed(call):
    return lambda: call("nora", "GET /alerts?queue=nursing").json["items"]


@pytest.fixture
def holds(app):
    def holds():
        with app.app_context(), transaction() as session:
            rows = session.scalars(sa.select(AlertHold).order_by(AlertHold.started_at)).all()
        return [(row.rule, row.subject, row.suppressed, row.ended_why) for row in rows]

    return holds


def test_snoozing_closes_it_and_says_why_and_until_when(snoozed, holds):
    assert (snoozed["state"], snoozed["outcome"]) == ("closed", "snoozed")
    assert kinds(snoozed)[-2:] == ["acknowledged", "snoozed"]
    assert snoozed["history"][-1]["detail"] == {
        "until": "2026-03-09T17:00:00+00:00", "reason": "known, seen on Friday",
    }  # fmt: skip
    assert (snoozed["snoozed_until"], snoozed["suppressed"]) == ("2026-03-09T17:00:00Z", 0)
    assert holds() == [("SYM-SEV", "nausea", 0, None)]


def test_a_repeat_that_is_not_worse_opens_nothing_and_is_counted(
    call, snoozed, severe, unclosed, told, clock, holds
):
    told()
    for _ in range(4):
        clock.pass_time(hours=12)
        severe("nausea")
    assert (unclosed(), told()) == ([], [])
    assert holds() == [("SYM-SEV", "nausea", 4, None)]
    now = call("nora", f"GET /alerts/{snoozed['id']}").json
    # Monday evening, Tuesday twice, Wednesday morning: once a day of the clinic's.
    assert kinds(now).count("heard_again") == 3
    assert now["suppressed"] == 4


def test_a_repeat_joins_no_other_alert_either(snoozed, severe, report, alert, do, told, clock):
    clock.pass_time(hours=1)
    severe("vomiting")
    do("nora", alert(), "acknowledge")
    told()
    clock.pass_time(hours=1)
    severe("nausea")
    assert (alert()["state"], told()) == ("acknowledged", [])
    assert "nausea" not in {one["subject"] for one in alert()["reasons"]}


def test_worse_ends_it_and_alerts_as_new(snoozed, severe, unclosed, told, clock, holds):
    told()
    clock.pass_time(days=1)
    severe("nausea", severity=4)
    assert ([one["state"] for one in unclosed()], told()) == (["open"], ["nora"])
    assert holds() == [("SYM-SEV", "nausea", 0, "worse")]
    clock.pass_time(days=1)
    severe("nausea")
    assert holds() == [("SYM-SEV", "nausea", 0, "worse")]


def test_past_its_time_it_alerts_again(snoozed, severe, unclosed, clock, holds):
    clock.pass_time(days=7)
    severe("nausea")
    assert len(unclosed()) == 1
    assert holds() == [("SYM-SEV", "nausea", 0, "expired")]


def test_another_symptom_is_not_held_back(snoozed, severe, unclosed):
    severe("vomiting")
    assert len(unclosed()) == 1


def test_lifting_it_lets_the_next_repeat_alert(call, snoozed, severe, unclosed, clock, holds):
    path = f"/alerts/{snoozed['id']}/snooze"
    lifted = call("omar", f"DELETE {path}")
    assert (lifted.status_code, lifted.json["snoozed_until"]) == (200, None)
    assert kinds(lifted.json)[-1] == "snooze_lifted"
    again = call("omar", f"DELETE {path}")
    assert (again.status_code, again.json["type"].rpartition("/")[2]) == (409, "not-snoozed")
    clock.pass_time(days=1)
    severe("nausea")
    assert (len(unclosed()), holds()) == (1, [("SYM-SEV", "nausea", 0, "lifted")])


def test_opening_it_again_lifts_it(snoozed, do, holds, severe, alert, clock):
    assert do("nora", snoozed, "reopen").json["state"] == "acknowledged"
    assert holds() == [("SYM-SEV", "nausea", 0, "lifted")]
    clock.pass_time(days=1)
    severe("nausea")
    assert len(alert()["reasons"][0]["records"]) == 2


def test_snoozing_the_same_again_takes_the_place_of_the_first(
    app, snoozed, severe, alert, do, clock, holds
):
    clock.pass_time(days=8)
    severe("nausea")
    assert do("nora", alert(), "snooze", days=30, reason="still known").status_code == 200
    assert [why for *_, why in holds()] == ["expired", None]


@pytest.mark.parametrize("how", ["emergency", "not_safe"])
def test_emergencies_and_thoughts_of_suicide_are_never_snoozed(request, alert, do, how):
    request.getfixturevalue(how)()
    queue = "nursing" if how == "emergency" else "social_work"
    answer = do("nora", alert(queue), "snooze", **WEEK)
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        409,
        "not-to-be-snoozed",
    )
    assert alert(queue)["state"] == "open"


def test_one_urgent_reason_keeps_the_others_awake(severe, emergency, alert, do, holds):
    severe("nausea")
    emergency()
    assert do("nora", alert(), "snooze", **WEEK).status_code == 409
    assert holds() == []


def test_what_is_closed_cannot_be_snoozed(severe, alert, do):
    severe("nausea")
    found = alert()
    do("nora", found, "close", **CLOSING)
    answer = do("nora", found, "snooze", **WEEK)
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (409, "alert-closed")


@pytest.mark.parametrize("days", [0, 31, -1, 1.5, True, "7", None])
def test_from_a_day_to_thirty(severe, alert, do, days):
    severe("nausea")
    assert do("nora", alert(), "snooze", days=days, reason="x").status_code == 422
    assert alert()["state"] == "open"


def test_a_snooze_needs_a_reason(severe, alert, do):
    severe("nausea")
    assert do("nora", alert(), "snooze", days=3, reason=" ").status_code == 422


def test_a_colleague_of_another_queue_or_clinic_snoozes_nothing(snoozed, call, severe, alert, do):
    severe("vomiting")
    for who in ("chaya", "olga"):
        assert do(who, alert(), "snooze", **WEEK).status_code == 404
        assert call(who, f"DELETE /alerts/{snoozed['id']}/snooze").status_code == 404


def test_the_panel_counts_it_no_more(call, snoozed):
    [row] = call("nora", "GET /panel").json["items"]
    assert (row["urgent_alerts"], row["soon_alerts"]) == (0, 0)


def test_nobody_is_told_while_it_is_snoozed(snoozed, until, told):
    told()
    assert until(24 * 60 * 3, step=60) == []


def test_a_correction_is_held_back_as_a_report_is(snoozed, call, severe, unclosed, clock):
    clock.pass_time(hours=2)
    first = severe("nausea")
    clock.pass_time(minutes=5)
    severe("nausea", corrects=first["id"])
    assert unclosed() == []
