"""The clock: who is told next when nobody answers, and when nobody has reached her."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service.accounts.models import Clinic, Queue
from service.accounts.queries import lock_patient
from service.alerts.models import Severity
from service.alerts.raising import raise_reasons
from service.alerts.rules import Reason
from service.clinical import knowledge
from service.clinical.spans import Span, span_of
from service.db import transaction
from tests.alerts.conftest import CLOSING, kinds
from tests.conftest import MONDAY_MORNING


@pytest.fixture
def raised(app, world, clock):
    """Raise a reason about Ana for nursing, as a rule would that has a time of its own."""

    def raised(severity: Severity, *, acknowledge_within: Span) -> None:
        reason = Reason(
            rule="OWN-TIME", rule_version=1, subject="", queue=Queue.NURSING,
            severity=severity, priority=None, text="A rule with a time of its own.", records=[],
            given={}, acknowledge_within=acknowledge_within, contact_within=None,
            notifies_always=False, needs_named_contact=False,
        )  # fmt: skip
        with app.app_context(), transaction() as session:
            ana = lock_patient(session, world["ana"].patient_id)
            raise_reasons(
                session, ana, [reason], policy=knowledge().policy,
                started_at=clock.now(), now=clock.now(),
            )  # fmt: skip

    return raised


def test_an_urgent_alert_climbs_at_15_30_45_and_60_minutes(
    emergency, supervisor, until, told, alert
):
    emergency()
    assert told() == ["nora"]
    assert until(90) == [(15, "nora"), (30, "eva"), (45, "omar"), (60, "ada")]
    assert alert()["escalated_to"]["display_name"] == "Ada"
    assert kinds(alert()) == ["opened", "reminded", *["escalated"] * 3, "nobody_left"]


@pytest.mark.parametrize(
    ("severity", "own", "steps"),
    [
        (Severity.URGENT, "60 min", [30, 60, 90, 120]),
        # From Monday 9:00: half of two working days is Tuesday 9:00.
        (Severity.SOON, "2 working hours", [60, 120, 180, 240]),
        (Severity.SOON, "2 working days", [24 * 60, 48 * 60, 72 * 60]),
    ],
)
def test_a_rules_own_time_holds_for_every_step(
    raised, supervisor, until, told, severity, own, steps
):
    raised(severity, acknowledge_within=span_of(own))
    told()
    assert [minutes for minutes, _ in until(74 * 60, step=30)] == steps


def test_a_step_is_told_once_however_often_the_clock_looks(emergency, clock, tick, told):
    emergency()
    told()
    clock.pass_time(minutes=16)
    assert (tick(), tick(), tick(), told()) == (1, 0, 0, ["nora"])


def test_two_reasons_due_together_are_told_once(emergency, supervisor, until, told):
    emergency("chest_pain")
    emergency("seizure")
    told()
    assert until(70) == [(15, "nora"), (30, "eva"), (45, "omar"), (60, "ada")]


def test_after_an_outage_every_rung_is_told_in_order(emergency, supervisor, clock, tick, told):
    emergency()
    told()
    clock.pass_time(hours=5)
    for _ in range(6):
        tick()
    assert told() == ["nora", "eva", "omar", "ada"]


def test_taking_it_ends_the_climb(emergency, supervisor, until, told, alert, do):
    emergency()
    told()
    until(20)
    assert do("omar", alert(), "acknowledge").status_code == 200
    do("omar", alert(), "contact-attempts", how="phone", reached=True)
    assert until(120) == []


def test_soon_counts_the_clinics_hours(severe, supervisor, until, told):
    severe("nausea")  # Monday 9:00, due Tuesday 9:00; half of it is over at 13:30
    told()
    assert until(24 * 60, step=30)[:2] == [(270, "nora"), (24 * 60, "eva")]


def test_soon_waits_through_a_weekend_and_a_holiday(app, world, severe, clock, tick, told, alert):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Clinic).values(holidays=["2026-03-09"]))
    clock.moment = datetime(2026, 3, 7, 0, 0, tzinfo=UTC)  # Friday 16:00 where the clinic is
    severe("nausea")
    told()
    # An hour on Friday, nothing till Tuesday, eight hours then; summer time began on Sunday.
    assert alert()["due_at"] == "2026-03-10T23:00:00Z"
    clock.moment = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # Tuesday 7:00
    assert (tick(), told()) == (0, [])
    clock.moment = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)  # Tuesday 11:30, half of it
    assert (tick(), told()) == (1, ["nora"])
    clock.moment = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
    assert (tick(), told()) == (1, ["omar"])


def test_urgent_does_not_wait_for_monday(emergency, clock, alert):
    clock.moment = datetime(2026, 3, 8, 9, 0, tzinfo=UTC)  # in the night to Sunday
    emergency()
    assert alert()["due_at"] == "2026-03-08T09:30:00Z"


def test_the_clinics_own_clock_decides(app, severe, alert):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Clinic).values(time_zone="Asia/Tokyo"))
    severe("nausea")  # Tuesday 2:00 in Tokyo: the clinic opens at 8:00 and closes at 17:00
    assert alert()["due_at"] == "2026-03-03T08:00:00Z"


@pytest.mark.parametrize("supervised", [True, False])
def test_nobody_on_duty_is_urgent_for_the_administrator(
    request, severe, emptied, outbox, alert, supervised
):
    if supervised:
        request.getfixturevalue("supervisor")
    emptied("nursing")
    severe("nausea")
    assert [name for name, _, _ in outbox()] == ["ada"]
    assert outbox()[0][2].startswith("Urgent")
    assert alert()["escalated_to"]["display_name"] == "Ada"


def test_she_is_told_whom_to_call_when_nobody_is_on_duty(emergency, emptied):
    on_duty = emergency()["guidance"]["text"]
    emptied("nursing")
    off_duty = emergency("seizure")["guidance"]["text"]
    assert "206-555-0100" in off_duty or "911" in off_duty
    assert off_duty != on_duty


def test_an_administrator_off_the_roster_is_better_than_nobody(emergency, emptied, told):
    emptied("nursing", "administrator", "supervisor")
    emergency()
    assert told() == ["ada"]


def test_a_clinic_that_never_opens_loses_no_report(app, severe, alert):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Clinic).values(hours={}))
    severe("nausea")
    assert alert()["due_at"] == "2026-03-03T17:00:00Z"


def test_a_missed_contact_is_told_to_who_has_it_then_to_the_supervisor(
    emergency, supervisor, alert, do, until, told, clock
):
    emergency()  # contact within 30 minutes
    clock.pass_time(minutes=5)
    do("nora", alert(), "acknowledge")
    told()
    assert until(60) == [(25, "nora"), (40, "omar")]
    assert "contact_overdue" in kinds(alert())


def test_trying_is_not_reaching_her(emergency, supervisor, alert, do, until, told):
    emergency()
    do("nora", alert(), "contact-attempts", how="phone", reached=False)
    told()
    assert until(30) == [(30, "nora")]


def test_a_later_milder_reason_does_not_put_off_the_contact_that_was_due(
    emergency, severe, supervisor, alert, do, until, told, clock
):
    emergency()
    do("nora", alert(), "acknowledge")
    clock.pass_time(minutes=10)
    severe("nausea")
    told()
    assert alert()["contact_by"] == "2026-03-02T17:30:00Z"
    assert until(60)[:2] == [(20, "nora"), (35, "omar")]


def test_saying_it_again_does_not_put_off_the_contact_that_was_due(emergency, alert, do, clock):
    emergency()
    do("nora", alert(), "acknowledge")
    clock.pass_time(minutes=25)
    emergency()
    assert alert()["contact_by"] == "2026-03-02T17:30:00Z"


def test_once_reached_a_new_emergency_has_a_new_clock(emergency, alert, do, clock):
    emergency()
    do("nora", alert(), "contact-attempts", how="phone", reached=True)
    clock.pass_time(hours=1)
    emergency()
    assert alert()["contact_by"] == "2026-03-02T18:30:00Z"


def test_nothing_climbs_once_it_is_closed(emergency, alert, do, until, told):
    emergency()
    do("nora", alert(), "close", **CLOSING)
    told()
    assert until(120, step=30) == []


@pytest.mark.parametrize(
    ("late", "due"), [(3, "2026-03-02T14:30:00Z"), (72, "2026-02-27T17:30:00Z")]
)
def test_clocks_of_a_late_report_run_from_when_it_was_said(emergency, alert, late, due):
    emergency(at=MONDAY_MORNING - timedelta(hours=late))
    found = alert()
    assert (found["due_at"], found["opened_at"]) == (due, "2026-03-02T17:00:00Z")


def test_clocks_of_a_report_from_ahead_run_from_when_it_came(emergency, alert):
    told = emergency(at=MONDAY_MORNING + timedelta(hours=2))
    assert (told["reported_at"], told["received_at"]) == (
        "2026-03-02T19:00:00Z",
        "2026-03-02T17:00:00Z",
    )
    assert alert()["due_at"] == "2026-03-02T17:30:00Z"


@pytest.mark.parametrize("at", ["2026-03-03T17:00:01Z", "1999-12-31T23:59:59Z"])
def test_a_clock_that_is_wrong_is_told_ours(report, at):
    answer = report(at=at, red_flags=["chest_pain"])
    assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (422, "clock-wrong")
    assert answer.json["server_time"] == "2026-03-02T17:00:00Z"


def test_a_day_ahead_to_the_second_is_taken(report):
    assert report(at="2026-03-03T17:00:00Z", red_flags=["chest_pain"]).status_code == 201
