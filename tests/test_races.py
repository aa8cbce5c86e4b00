"""What happens when two things happen at once: threads with connections of their own.

No sleeping: everybody starts at a barrier and does a fixed number of things.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.alerts.escalation import take_due_steps
from service.alerts.models import Alert, AlertReason, AlertState
from service.clinical import knowledge
from service.db import db, transaction
from service.panel.models import PatientSummary
from service.symptoms.models import SymptomReport
from tests.conftest import API

NOW = "2026-03-02T09:00:00-08:00"
CLOSING = {"outcome": "seen", "action": "seen", "contact_made": True}


@pytest.fixture
def at_once(app, world):
    """Make calls at the same moment, each in a thread of its own; return what was answered."""

    def at_once(*calls: tuple[str, str, Any]) -> list[Any]:
        together = Barrier(len(calls))

        def make(one: tuple[str, str, Any]) -> Any:
            name, what, body = one
            method, path = what.split(" ", 1)
            client = app.test_client()
            together.wait()
            return client.open(API + path, method=method, headers=world[name].headers, json=body)

        return in_threads([lambda one=one: make(one) for one in calls])

    return at_once


@pytest.fixture
def alert_id(call):
    call("ana", "POST /patients/me/symptom-reports", report(red_flags=["chest_pain"]))
    [found] = call("nora", "GET /alerts").json["items"]
    return found["id"]


def report(**what):
    return {"id": str(uuid4()), "reported_at": NOW, "answers": [], **what}


def severe(symptom):
    return report(answers=[{"symptom": symptom, "frequency": 4, "severity": 4}])


def in_threads(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [done.result() for done in [pool.submit(job) for job in jobs]]


def of_ana(app, world, *columns):
    with app.app_context(), transaction() as session:
        patient_id = world["ana"].patient_id
        of_hers = columns[0].class_.patient_id == patient_id
        return [tuple(row) for row in session.execute(sa.select(*columns).where(of_hers))]


def test_the_same_report_twice_at_once_is_one_report(app, world, at_once):
    for _ in range(5):
        body = severe("nausea")
        send = ("ana", "POST /patients/me/symptom-reports", body)
        answers = at_once(send, send)
        assert sorted(one.status_code for one in answers) == [200, 201]
        first, second = (one.json for one in answers)
        assert first == second
    assert len(of_ana(app, world, SymptomReport.id)) == 5
    assert len(of_ana(app, world, Alert.id)) == 1


def test_the_same_id_at_once_with_other_content_is_a_conflict_for_one(app, world, at_once):
    body = severe("nausea")
    path = "POST /patients/me/symptom-reports"
    answers = at_once(("ana", path, body), ("ana", path, {**body, "temperature_c": 39.0}))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert len(of_ana(app, world, SymptomReport.id)) == 1


def test_two_patients_with_the_same_id_at_once(app, world, at_once):
    body = report(note="mine")
    path = "POST /patients/me/symptom-reports"
    answers = at_once(("ana", path, body), ("ben", path, body))
    assert sorted(one.status_code for one in answers) == [201, 409]


def test_two_reports_at_once_are_both_stored_and_both_acted_on(app, world, at_once):
    path = "POST /patients/me/symptom-reports"
    earlier = {**severe("nausea"), "reported_at": "2026-03-02T08:59:00-08:00"}
    answers = at_once(("ana", path, earlier), ("ana", path, report(red_flags=["chest_pain"])))
    assert [one.status_code for one in answers] == [201, 201]
    numbers = [number for (number,) in of_ana(app, world, SymptomReport.change_no)]
    assert len(set(numbers)) == 2
    assert len(of_ana(app, world, Alert.id)) == 1
    rules = {rule for (rule,) in of_ana(app, world, AlertReason.rule)}
    assert {"SYM-SEV", "EM-RESP"} <= rules


def test_of_two_who_take_an_alert_at_once_one_has_it(call, at_once, alert_id, clock):
    for _ in range(10):
        take = f"POST /alerts/{alert_id}/acknowledge"
        answers = at_once(("nora", take, {}), ("omar", take, {}))
        assert sorted(one.status_code for one in answers) == [200, 409]
        [winner] = [one.json["acknowledged_by"] for one in answers if one.status_code == 200]
        shown = call("nora", f"GET /alerts/{alert_id}").json
        assert shown["acknowledged_by"] == winner == shown["assignee"]
        assert [step["kind"] for step in shown["history"]][-1] == "acknowledged"
        clock.pass_time(seconds=1)
        again = report(red_flags=["chest_pain"], reported_at=clock.now().isoformat())
        call("ana", "POST /patients/me/symptom-reports", again)
    assert [step["kind"] for step in shown["history"]].count("acknowledged") == 10


def test_of_two_who_close_an_alert_at_once_one_did(at_once, alert_id):
    close = f"POST /alerts/{alert_id}/close"
    answers = at_once(("nora", close, CLOSING), ("omar", close, CLOSING))
    assert sorted(one.status_code for one in answers) == [200, 409]


def test_a_report_is_never_lost_to_somebody_opening_its_alert_again(
    app, world, call, at_once, alert_id
):
    for _ in range(5):
        open_ids = [one["id"] for one in call("nora", "GET /alerts").json["items"]]
        for id in open_ids:
            assert call("nora", f"POST /alerts/{id}/close", CLOSING).status_code == 200
        send = ("ana", "POST /patients/me/symptom-reports", report(red_flags=["chest_pain"]))
        reported, reopened = at_once(send, ("nora", f"POST /alerts/{alert_id}/reopen", {}))
        assert reported.status_code == 201
        assert reopened.status_code in {200, 409}
        unclosed = [state for (state,) in of_ana(app, world, Alert.state) if state != "closed"]
        assert len(unclosed) == 1


def test_a_death_and_a_report_at_once_leave_one_story(app, world, call, at_once):
    ana = world["ana"].patient_id
    death = {"care_status": "deceased", "died_on": "2026-03-01", "confirm": True}
    told, died = at_once(
        ("ana", "POST /patients/me/symptom-reports", report(red_flags=["chest_pain"])),
        ("nora", f"PATCH /patients/{ana}", death),
    )
    assert (told.status_code, died.status_code) == (201, 200)
    unclosed = {
        rule
        for rule, state in [
            (rule, state) for rule, state in joined(app, world) if state is not AlertState.CLOSED
        ]
    }
    # Either the report came first and was closed, or it came to an account that has ended.
    assert unclosed <= {"CARE-STATUS"}


def test_eight_at_once_about_one_patient_never_lock_each_other_out(
    app, world, at_once, call, alert_id
):
    path = "POST /patients/me/symptom-reports"
    symptoms = ("nausea", "vomiting", "pain", "fatigue", "dizziness")
    for round_ in range(6):
        ids = [one["id"] for one in call("nora", "GET /alerts").json["items"]] or [alert_id]
        alert = ids[0]
        check = {"id": str(uuid4()), "checked_at": NOW, "distress": 8, "contact_wanted": ["nurse"]}
        answers = at_once(
            ("ana", path, report(red_flags=["chest_pain"])),
            ("ana", path, report(answers=[{"symptom": symptoms[round_ % 4 + 1], "severity": 4}])),
            ("ana", "POST /patients/me/wellbeing-checks", check),
            ("nora", f"POST /alerts/{alert}/acknowledge", {}),
            ("omar", f"POST /alerts/{alert}/contact-attempts", {"how": "phone", "reached": True}),
            ("nora", f"POST /alerts/{alert}/close", CLOSING),
            ("omar", f"POST /alerts/{alert}/reopen", {}),
            ("nora", f"PATCH /patients/{world['ana'].patient_id}", {"ecog": round_ % 4}),
        )
        allowed = [{201}, {201, 422}, {201}, {200, 409}, {201, 409}, {200, 409}, {200, 409}, {200}]
        for answer, statuses in zip(answers, allowed, strict=True):
            assert answer.status_code in statuses, (answer.status_code, answer.json)
    agrees_with_the_panel(app, world)


def test_the_clock_and_people_work_on_the_same_alerts_at_once(app, world, clock, call, alert_id):
    clock.pass_time(minutes=16)
    together = Barrier(6)

    def tick() -> int:
        together.wait()
        with app.app_context(), transaction() as session:
            return take_due_steps(session, policy=knowledge().policy, now=clock.now())

    def say(name: str, what: str, body: Any) -> Callable[[], Any]:
        def said() -> Any:
            method, path = what.split(" ", 1)
            client = app.test_client()
            together.wait()
            return client.open(API + path, method=method, headers=world[name].headers, json=body)

        return said

    *answers, first, second = in_threads(
        [
            say("ana", "POST /patients/me/symptom-reports", report(red_flags=["seizure"])),
            say("ana", "POST /patients/me/symptom-reports", report(red_flags=["chest_pain"])),
            say("nora", f"POST /alerts/{alert_id}/acknowledge", {}),
            say("omar", f"POST /alerts/{alert_id}/contact-attempts", {"how": "phone", "reached": True}),
            tick, tick,
        ]
    )  # fmt: skip
    assert [one.status_code for one in answers][:2] == [201, 201]
    assert {one.status_code for one in answers[2:]} <= {200, 201, 409}
    assert first + second <= 2


def joined(app, world):
    with app.app_context(), transaction() as session:
        return [
            tuple(row)
            for row in session.execute(
                sa.select(AlertReason.rule, Alert.state)
                .join(Alert, Alert.id == AlertReason.alert_id)
                .where(Alert.patient_id == world["ana"].patient_id)
            )
        ]


def agrees_with_the_panel(app, world):
    """The summary row counts the alerts there are."""
    with app.app_context():
        severities = [
            severity.value
            for severity, state in of_ana(app, world, Alert.severity, Alert.state)
            if state is not AlertState.CLOSED
        ]
        row = db.session.get(PatientSummary, world["ana"].patient_id)
        counted = (row.urgent_alerts, row.soon_alerts, row.info_alerts)
        db.session.rollback()
    assert counted == tuple(severities.count(name) for name in ("urgent", "soon", "info"))


def test_of_many_who_take_an_alert_at_once_one_has_it(call, at_once, alert_id, clock):
    take = f"POST /alerts/{alert_id}/acknowledge"
    for number in range(25):
        answers = at_once(*[(name, take, {}) for name in ("nora", "omar", "ada")])
        assert sorted(one.status_code for one in answers) == [200, 409, 409]
        shown = call("nora", f"GET /alerts/{alert_id}").json
        [winner] = [one.json["acknowledged_by"] for one in answers if one.status_code == 200]
        assert winner == shown["acknowledged_by"] == shown["assignee"]
        kinds = [step["kind"] for step in shown["history"]]
        assert kinds.count("acknowledged") == number + 1
        clock.pass_time(seconds=1)
        again = report(red_flags=["chest_pain"], reported_at=clock.now().isoformat())
        call("ana", "POST /patients/me/symptom-reports", again)


def test_of_two_who_take_an_alert_over_at_once_the_second_takes_it_from_the_first(
    world, call, at_once, alert_id
):
    call("nora", f"POST /alerts/{alert_id}/acknowledge", {})
    path = f"POST /alerts/{alert_id}/assign"
    for _ in range(5):
        ids = {name: str(world[name].account_id) for name in ("nora", "omar", "ada")}
        at_once(*[(name, path, {"assignee": ids[name]}) for name in ("omar", "ada")])
        shown = call("nora", f"GET /alerts/{alert_id}").json
        over = [one["detail"] for one in shown["history"] if one["kind"] == "taken_over"][-2:]
        assert {one["to"] for one in over} == {ids["omar"], ids["ada"]}
        assert (over[0]["from"], over[1]["from"]) == (ids["nora"], over[0]["to"])
        assert shown["assignee"]["id"] == over[1]["to"]
        call("nora", path, {"assignee": ids["nora"]})


def test_snoozing_and_taking_at_once_leave_one_story(call, at_once, clock):
    for round_ in range(6):
        clock.pass_time(days=2)
        at = clock.now().isoformat()
        answer = {"symptom": ("nausea", "fatigue", "dizziness")[round_ % 3], "severity": 4}
        body = report(answers=[answer], reported_at=at)
        assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201
        [found] = call("nora", "GET /alerts?queue=nursing").json["items"]
        path = f"POST /alerts/{found['id']}"
        taken, snoozed = at_once(
            ("nora", f"{path}/acknowledge", {}),
            ("omar", f"{path}/snooze", {"days": 1, "reason": "known"}),
        )
        assert (snoozed.status_code, taken.status_code in {200, 409}) == (200, True)
        shown = call("nora", f"GET /alerts/{found['id']}").json
        assert (shown["state"], shown["outcome"]) == ("closed", "snoozed")
        kinds = [step["kind"] for step in shown["history"]]
        assert (kinds.count("acknowledged"), kinds[-1]) == (1, "snoozed")
        winner = "Nora" if taken.status_code == 200 else "Omar"
        assert shown["acknowledged_by"]["display_name"] == winner


def test_closing_while_something_new_comes_in_loses_nothing(app, world, call, at_once, alert_id):
    path = "POST /patients/me/symptom-reports"
    for flag in ("seizure", "limb_weakness", "coughing_blood"):
        for one in call("nora", "GET /alerts").json["items"]:
            assert call("nora", f"POST /alerts/{one['id']}/close", CLOSING).status_code == 200
        call("ana", path, report(red_flags=["chest_pain"]))
        [found] = call("nora", "GET /alerts?queue=nursing").json["items"]
        sent, closed = at_once(
            ("ana", path, report(red_flags=[flag])),
            ("nora", f"POST /alerts/{found['id']}/close", CLOSING),
        )
        assert (sent.status_code, closed.status_code) == (201, 200)
        now = call("nora", f"GET /alerts/{found['id']}").json
        kinds = [step["kind"] for step in now["history"]]
        waiting = call("nora", "GET /alerts?queue=nursing").json["items"]
        # Either it joined and was closed with the rest, or it came after and is an alert of its own.
        assert ("joined" in kinds) is not bool(waiting)
        assert (now["state"], kinds[-1]) == ("closed", "closed")
    agrees_with_the_panel(app, world)


def test_two_who_hand_over_to_each_other_at_once_never_lock_each_other_out(
    world, call, at_once, alert_id
):
    check = {"id": str(uuid4()), "checked_at": NOW, "safe_now": False}
    call("ana", "POST /patients/me/wellbeing-checks", check)
    first, second = (one["id"] for one in call("nora", "GET /alerts").json["items"])
    call("nora", f"POST /alerts/{first}/acknowledge", {})
    call("omar", f"POST /alerts/{second}/acknowledge", {})
    for _ in range(8):
        answers = at_once(
            *[
                (name, "POST /alerts/hand-over", {"to": str(world[to].account_id)})
                for name, to in (("nora", "omar"), ("omar", "nora"))
            ]
        )
        assert [one.status_code for one in answers] == [200, 200]
        items = call("nora", "GET /alerts").json["items"]
        assert {one["assignee"]["display_name"] for one in items} <= {"Nora", "Omar"}
