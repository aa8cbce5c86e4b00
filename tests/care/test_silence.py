"""Silence from end to end: the job, reports, absences and calls, and what becomes of the alert."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Patient
from service.alerts.models import AlertReason, AlertStep
from service.care import silence
from service.db import transaction
from service.panel.models import PatientSummary


@pytest.fixture
def look(app, clock):
    """Let the job look at everybody whose turn it is."""

    def look():
        with app.app_context(), transaction() as session:
            return silence.check_silence(session, now=clock.now())

    return look


@pytest.fixture
def summary(app, world):
    def summary(who="ana"):
        with app.app_context(), transaction() as session:
            return session.get_one(PatientSummary, world[who].patient_id)

    return summary


@pytest.fixture
def alerts(call):
    def alerts(state=None):
        found = call("cora", "GET /alerts", query_string={"state": state} if state else {})
        return [one for one in found.json["items"] if "SYM-MISS" in one["rules"]]

    return alerts


@pytest.fixture
def reports(call, clock):
    """Ana reports now."""

    def reports(who="ana", severity=1):
        answers = [{"symptom": "nausea", "frequency": severity, "severity": severity}]
        body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(), "answers": answers}
        assert call(who, "POST /patients/me/symptom-reports", body).status_code == 201

    return reports


@pytest.fixture
def every_four_days(reports, clock):
    """Ana has reported every four days for three weeks; the last report is of today."""
    for _ in range(6):
        reports()
        clock.pass_time(days=4)
    clock.pass_time(days=-4)


def away(call, world, who="ana", **what):
    body = {"id": str(uuid4()), "kind": "holiday", "starts_on": "2026-03-02", **what}
    return call(who, f"POST /patients/{world['ana'].patient_id}/away", body)


def day(clock, number=0):
    return (clock.now() - timedelta(hours=8) + timedelta(days=number)).date().isoformat()


def test_everybody_new_is_silent_after_two_weeks(clock, look, summary, alerts):
    clock.pass_time(days=13)
    look()
    assert (summary().silence_score, alerts()) == (0, [])
    clock.pass_time(days=1)
    look()

    assert (summary().missed_check_ins, summary().rhythm_days) == (2, None)
    [alert] = alerts()
    assert (alert["severity"], alert["queue"]) == ("info", "coordination")


def test_who_reports_every_four_days_is_silent_after_eight(
    clock, look, summary, alerts, every_four_days
):
    clock.pass_time(days=7, hours=12)
    look()
    assert (summary().silence_score, summary().rhythm_days) == (0, 4)
    clock.pass_time(hours=12)
    look()

    assert (summary().missed_check_ins, summary().rhythm_days) == (2, 4)
    [alert] = alerts()
    assert alert["reasons"][0]["text"] == "Last heard of her on 22 March, usually every 4 days"


def test_she_is_looked_at_daily_while_she_is_silent_and_told_of_once(
    app, clock, look, summary, alerts, world
):
    clock.pass_time(days=14)
    missed = []
    for _ in range(8):
        look()
        missed.append(summary().missed_check_ins)
        turn = summary().silence_check_at - clock.now()
        assert timedelta(0) < turn <= timedelta(days=1)
        clock.pass_time(days=1)

    assert missed == [2, 2, 2, 2, 2, 2, 2, 3]
    assert len(alerts()) == 1
    with app.app_context(), transaction() as session:
        hers = AlertStep.patient_id == world["ana"].patient_id
        kinds = session.scalars(sa.select(AlertStep.kind).where(hers)).all()
    assert kinds == ["opened"]


def test_a_report_ends_it_at_once_and_the_next_tick_closes_the_alert(
    clock, look, summary, alerts, reports, call
):
    clock.pass_time(days=15)
    look()
    assert len(alerts()) == 1
    reports()
    assert (summary().silence_score, summary().missed_check_ins) == (0, 0)
    look()

    assert alerts() == []
    [closed] = alerts("closed")
    assert closed["outcome"] == "heard_again"
    history = call("cora", f"GET /alerts/{closed['id']}").json["history"]
    assert [step["kind"] for step in history] == ["opened", "heard_again"]
    [row] = [r for r in call("nora", "GET /panel").json["items"] if r["display_name"] == "Ana"]
    assert row["info_alerts"] == 0


@pytest.mark.parametrize("what", ["wellbeing", "questionnaire"])
def test_any_word_of_hers_ends_it(clock, look, summary, alerts, call, what):
    clock.pass_time(days=15)
    look()
    now = clock.now().isoformat()
    if what == "wellbeing":
        body = {"id": str(uuid4()), "checked_at": now, "mood": 3}
        answer = call("ana", "POST /patients/me/wellbeing-checks", body)
    else:
        body = {"id": str(uuid4()), "questionnaire": "phq-2", "answered_at": now,
                "answers": {"1": 0, "2": 0}, "status": "completed"}  # fmt: skip
        answer = call("ana", "POST /patients/me/questionnaire-responses", body)
    assert answer.status_code == 201, answer.json
    assert summary().silence_score == 0
    look()
    assert (summary().silence_score, alerts()) == (0, [])


def test_an_alert_with_any_other_reason_stays(clock, look, alerts, reports, app, world):
    clock.pass_time(days=15)
    look()
    [alert] = alerts()
    with app.app_context(), transaction() as session:
        known = session.scalars(sa.select(AlertReason).filter_by(alert_id=UUID(alert["id"]))).one()
        session.add(
            AlertReason(
                alert_id=known.alert_id, patient_id=known.patient_id, rule="DOSE-MISS",
                rule_version=1, severity=known.severity, text="Two doses missed", records=[],
                given={}, added_at=clock.now(), clock_started_at=clock.now(),
            )
        )  # fmt: skip
    reports()
    look()
    assert [one["id"] for one in alerts()] == [alert["id"]]


@pytest.mark.parametrize("who", ["ana", "nora", "omar", "cora"])
def test_entering_an_absence_ends_a_silence_in_the_same_transaction(
    clock, look, summary, alerts, call, world, who
):
    clock.pass_time(days=15)
    look()
    assert summary().silence_score > 0
    answer = away(call, world, who, kind="inpatient", starts_on=day(clock, -2))

    assert answer.status_code == 201, answer.json
    assert (summary().silence_score, alerts()) == (0, [])
    assert [one["outcome"] for one in alerts("closed")] == ["heard_again"]


def test_days_away_do_not_count_and_taking_them_out_counts_them_again(
    clock, look, summary, call, world
):
    made = away(call, world, "nora", starts_on=day(clock, 1), ends_on=day(clock, 10)).json
    clock.pass_time(days=23)
    look()
    assert summary().silence_score == 0
    clock.pass_time(days=1)
    look()
    assert summary().missed_check_ins == 2

    path = f"/patients/{world['ana'].patient_id}/away/{made['id']}"
    assert call("nora", f"PATCH {path}", {"ends_on": day(clock)}).status_code == 200
    assert summary().silence_score == 0
    assert call("nora", f"DELETE {path}").status_code == 204
    assert summary().missed_check_ins == 3


def test_a_forgotten_stay_in_hospital_hides_her_for_four_weeks(clock, look, summary, call, world):
    away(call, world, "nora", kind="inpatient", starts_on=day(clock, 1))
    clock.pass_time(days=28 + 13)
    look()
    assert summary().silence_score == 0
    clock.pass_time(days=1)
    look()
    assert summary().missed_check_ins == 2


def test_a_pause_is_no_silence_nor_are_its_days_afterwards(
    clock, look, summary, alerts, call, world
):
    def becomes(status):
        answer = call("nora", f"PATCH /patients/{world['ana'].patient_id}", {"care_status": status})
        assert answer.status_code == 200, answer.json

    clock.pass_time(days=15)
    look()
    becomes("paused")
    assert (summary().silence_score, alerts()) == (0, [])
    clock.pass_time(days=40)
    look()
    assert summary().silence_score == 0
    becomes("active")
    # The fifteen days before count, the forty do not.
    assert summary().missed_check_ins == 2
    listed = call("ana", "GET /patients/me/away").json["items"]
    assert [(one["kind"], one["ends_on"]) for one in listed] == [("paused", day(clock, -1))]
    path = f"/patients/me/away/{listed[0]['id']}"
    assert call("ana", f"DELETE {path}").status_code == 404


def test_closing_it_is_not_undone_the_next_morning(clock, look, summary, alerts, call):
    clock.pass_time(days=14)
    look()
    [alert] = alerts()
    closing = {"outcome": "not_reached", "action": "called twice", "contact_made": False}
    assert call("cora", f"POST /alerts/{alert['id']}/close", closing).status_code == 200
    for _ in range(13):
        clock.pass_time(days=1)
        look()
        assert alerts() == []
    assert summary().silence_score > 0  # she stays on the list
    clock.pass_time(days=1)
    look()
    assert len(alerts()) == 1


def test_whoever_was_reached_by_phone_is_not_silent(clock, look, summary, alerts, call):
    clock.pass_time(days=14)
    look()
    [alert] = alerts()
    attempt = {"how": "phone", "reached": True}
    call("cora", f"POST /alerts/{alert['id']}/contact-attempts", attempt)
    clock.pass_time(days=1)
    look()
    # Whoever called closes it: she has not reported.
    assert (summary().silence_score, [one["state"] for one in alerts()]) == (0, ["in_progress"])


def test_taking_back_her_only_report_makes_her_silent_again(clock, look, summary, reports, call):
    clock.pass_time(days=12)
    reports()
    [report] = call("ana", "GET /patients/me/symptom-reports").json["items"]
    clock.pass_time(days=3)
    assert call("ana", f"DELETE /patients/me/symptom-reports/{report['id']}").status_code == 204
    look()
    assert summary().missed_check_ins == 2


@pytest.mark.parametrize("change", [{"is_drill": True}, {"account_id": None}])
def test_nobody_who_cannot_report_is_silent(app, clock, look, summary, alerts, world, change):
    with app.app_context(), transaction() as session:
        for name, value in change.items():
            setattr(session.get_one(Patient, world["ana"].patient_id), name, value)
    clock.pass_time(days=30)
    look()
    assert (summary().silence_score, alerts()) == (0, [])


def test_an_absence_that_ends_before_it_begins_is_refused(call, world):
    answer = away(call, world, ends_on="2026-03-01")
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
        422, "ends-before-start",
    )  # fmt: skip
    assert answer.json["errors"][0]["pointer"] == "/ends_on"
    made = away(call, world, ends_on="2026-03-05").json
    path = f"/patients/me/away/{made['id']}"
    assert call("ana", f"PATCH {path}", {"ends_on": "2026-03-01"}).status_code == 422
    assert call("ana", f"PATCH {path}", {"ends_on": None}).json["ends_on"] is None


def test_absences_are_listed_a_page_at_a_time(call, world):
    for number in range(5):
        away(call, world, starts_on=f"2026-03-{2 + number // 2:02}")
    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = call("ana", "GET /patients/me/away", query_string=query).json
        seen += [one["starts_on"] for one in answer["items"]]
        cursor = answer["next_cursor"]
    assert cursor is None
    assert seen == ["2026-03-04", "2026-03-03", "2026-03-03", "2026-03-02", "2026-03-02"]
    assert call("ana", "GET /patients/me/away?cursor=WzEsMl0").status_code == 422
