"""An answer about a dose, and what follows: who is told, once, and what she is told."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from service.accounts import queries as people
from service.accounts.models import CareStatus, Patient
from service.care.loading import load
from service.care.reading import kinds_for
from service.care.records import Record
from service.care.respond import respond
from service.care.rules import rule_set
from service.db import transaction
from service.records import Change
from tests.conftest import MONDAY_MORNING
from tests.treatments.doses import dose

PREVIOUS_DAYS = ("2026-02-28T08:00", "2026-03-01T08:00", "2026-03-02T08:00")


@pytest.fixture
def drug(call):
    """Log a treatment of Ana's; return its id."""

    def drug(code="ribociclib"):
        body = {"id": str(uuid4()), "code": code, "started_on": "2026-01-05", "status": "active"}
        assert call("ana", "POST /patients/me/treatments", body).status_code == 201
        return body["id"]

    return drug


@pytest.fixture
def answer(app, world, clock):
    """Say what became of one dose, as a route would; return what followed."""
    ana = world["ana"]

    def answer(treatment, local, status="missed", reason=None, *, at=None):
        with app.app_context(), transaction() as session:
            patient = people.lock_patient(session, ana.patient_id)
            change = Change(
                patient_id=patient.id, change_no=patient.change_no, by=ana.account_id,
                now=clock.now(),
            )  # fmt: skip
            row = session.merge(
                dose(ana, treatment, local, status, reason, answered_at=clock.now())
            )
            session.flush()
            moment = at or clock.now()
            record = Record("dose", row.id, moment)
            return respond(session, patient, change=change, record=record, at=moment)

    return answer


@pytest.fixture
def reasons(call):
    """The rules behind the unclosed alerts, by queue."""

    def reasons():
        found = call("nora", "GET /alerts").json["items"]
        return {one["queue"]: sorted(one["rules"]) for one in found}

    return reasons


def test_a_dose_missed_for_its_cost_reaches_the_social_workers(call, drug, answer, reasons):
    followed = answer(drug(), "2026-03-02T08:00", reason="cost")

    assert reasons() == {"social_work": ["DOSE-COST"]}
    assert (followed.guidance.level, followed.guidance.rules) == ("self_care", ("DOSE-COST",))
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    [reason] = alert["reasons"]
    assert (alert["severity"], reason["text"]) == (
        "soon", "A dose of ribociclib missed (cost) on 2 March",
    )  # fmt: skip
    assert [record["type"] for record in reason["records"]] == ["dose"]
    # Five working days of the clinic's nine hours, from Monday at nine.
    assert alert["contact_by"] == "2026-03-09T16:00:00Z"


def test_a_dose_missed_for_side_effects_reaches_the_nurses(call, drug, answer, reasons):
    answer(drug(), "2026-03-02T08:00", reason="side_effects")

    assert reasons() == {"nursing": ["DOSE-EFFECTS"]}
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    assert alert["contact_by"] == "2026-03-04T17:00:00Z"


def test_three_in_a_row_reach_both(drug, answer, reasons):
    letrozole = drug("letrozole")
    for local in PREVIOUS_DAYS[:2]:
        answer(letrozole, local)
    assert reasons() == {}

    answer(letrozole, PREVIOUS_DAYS[2])

    assert reasons() == {"nursing": ["DOSE-ROW-NURSING"], "social_work": ["DOSE-ROW-SOCIAL"]}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_row_is_a_row_in_whatever_order_it_is_told(drug, answer, reasons, order):
    letrozole = drug("letrozole")
    for number in order:
        answer(letrozole, PREVIOUS_DAYS[number])

    assert reasons().keys() == {"nursing", "social_work"}


def test_a_dose_of_the_row_that_was_taken_after_all_breaks_it(drug, answer, reasons):
    letrozole = drug("letrozole")
    answer(letrozole, PREVIOUS_DAYS[0])
    answer(letrozole, PREVIOUS_DAYS[1], "taken")
    answer(letrozole, PREVIOUS_DAYS[2])
    assert reasons() == {}


@pytest.mark.parametrize("status", ["held", "missed"])
def test_what_she_was_told_to_hold_alerts_nobody(drug, answer, reasons, status):
    ribociclib = drug()
    for local in PREVIOUS_DAYS:
        answer(ribociclib, local, status, "told_to_hold")

    assert reasons() == {}


def test_what_was_taken_says_nothing_about_an_old_miss(drug, answer, reasons, call):
    ribociclib = drug()
    answer(ribociclib, "2026-03-01T08:00", reason="cost")
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    close = {"outcome": "referred", "action": "found a fund", "contact_made": True}
    assert call("sol", f"POST /alerts/{alert['id']}/close", close).status_code == 200

    followed = answer(ribociclib, "2026-03-02T08:00", "taken")

    assert (reasons(), followed.reasons_added) == ({}, 0)
    assert followed.guidance.level == "none"


def test_the_same_answer_again_raises_nothing_new(call, drug, answer):
    ribociclib = drug()
    first = answer(ribociclib, "2026-03-02T08:00", reason="cost")
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    assert call("sol", f"POST /alerts/{alert['id']}/acknowledge", {}).status_code == 200
    before = call("sol", f"GET /alerts/{alert['id']}").json

    again = answer(ribociclib, "2026-03-02T08:00", reason="cost")

    assert (first.reasons_added, again.reasons_added) == (1, 0)
    assert again.guidance == first.guidance
    after = call("sol", f"GET /alerts/{alert['id']}").json
    same = ("state", "reasons", "history", "acknowledged_at", "raised_at", "severity")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_another_dose_of_the_drug_joins_silently_and_another_drug_does_not(
    call, drug, answer, clock
):
    ribociclib, letrozole = drug(), drug("letrozole")
    answer(ribociclib, "2026-03-02T08:00", reason="cost")
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    call("sol", f"POST /alerts/{alert['id']}/acknowledge", {})
    clock.pass_time(hours=24)

    answer(ribociclib, "2026-03-03T08:00", reason="cost")
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    assert (alert["state"], len(alert["reasons"][0]["records"])) == ("acknowledged", 2)

    answer(letrozole, "2026-03-03T08:00", reason="cost")
    [alert] = call("sol", "GET /alerts?queue=social_work").json["items"]
    assert alert["state"] == "open"


def test_a_dose_may_be_answered_before_it_is_due(drug, answer, reasons):
    ribociclib = drug()
    answer(ribociclib, "2026-03-02T20:00", reason="cost", at=MONDAY_MORNING)

    assert reasons() == {"social_work": ["DOSE-COST"]}


def test_a_late_answer_is_judged_as_of_its_own_moment(drug, answer, reasons):
    due = datetime(2026, 2, 10, 16, 0, tzinfo=UTC)

    answer(drug(), "2026-02-10T08:00", reason="cost", at=due)

    assert reasons() == {"social_work": ["DOSE-COST"]}


def test_an_answer_from_a_closed_account_is_looked_into(app, world, drug, answer, reasons):
    ribociclib = drug()
    with app.app_context(), transaction() as session:
        session.get_one(Patient, world["ana"].patient_id).care_status = CareStatus.WITHDRAWN

    answer(ribociclib, "2026-03-02T08:00", reason="cost")

    assert reasons() == {"coordination": ["CARE-STATUS"]}


def test_of_a_treatment_taken_out_no_dose_speaks(call, drug, answer, reasons):
    ribociclib = drug()
    answer(ribociclib, "2026-03-01T08:00")
    answer(ribociclib, "2026-03-02T08:00", "taken")
    shown = call("ana", "GET /patients/me/picture").json["facts"]
    assert [fact["value"]["last"] for fact in shown if fact["fact"] == "dose.ribociclib"] == [
        ["taken", "missed"]
    ]

    assert call("ana", f"DELETE /patients/me/treatments/{ribociclib}").status_code == 204

    shown = call("ana", "GET /patients/me/picture").json["facts"]
    assert not [fact for fact in shown if fact["fact"].startswith("dose.")]


def test_doses_are_read_where_a_dose_is_new_and_nowhere_else():
    assert kinds_for("dose", rule_set()) == {"dose"}
    for other in ("symptom_report", "measurement", "treatment", "wellbeing_check"):
        assert "dose" not in kinds_for(other, rule_set())


def test_only_the_latest_answers_are_read_and_none_to_come(app, world, clock, drug):
    treatment = drug("letrozole")
    ana = world["ana"]
    with app.app_context(), transaction() as session:
        for days in range(-13, 70):
            for hour in ("08:00", "20:00"):
                local = f"{(MONDAY_MORNING - timedelta(days=days)).date()}T{hour}"
                said = ("expected", None, None) if days < 0 else ("taken", None, clock.now())
                status, reason, at = said
                session.merge(dose(ana, treatment, local, status, reason, answered_at=at))
    with app.app_context(), transaction() as session:
        patient = people.patient_ref(session, ana.patient_id)
        read = load(session, patient, as_of=clock.now(), kinds=frozenset({"dose"})).doses

    assert (len(read), read[0].at, str(read[0].treatment_id)) == (
        90, MONDAY_MORNING, treatment,
    )  # fmt: skip
    assert [one.at for one in read] == sorted((one.at for one in read), reverse=True)
