"""Everybody on the list is told in order, once; and when nobody is left, that is said."""

import contextlib
import random

import pytest
import sqlalchemy as sa

from service.accounts.models import Account, Patient, Role, RosterEntry
from service.alerts import queries
from service.alerts.escalation import take_due_steps
from service.alerts.models import Alert
from service.clinical import knowledge
from service.db import transaction
from service.ids import new_id
from service.notify.models import OutboxMessage
from tests.alerts.conftest import CLOSING, kinds
from tests.conftest import MONDAY_MORNING, _add
from tests.counting import statements_counted

# Alerts, their reasons, who was told, three for the people of a clinic, the clinic, who has left,
# then what is written: messages, steps, reasons, alerts.
LOOK = 13  # one of them fetches the keys of the words that are written
BANNER = "2026-03-02T18:15:00Z"


@pytest.fixture
def unanswered(app, world):
    """What a banner says to somebody: how many."""

    def unanswered(who: str = "nora"):
        viewer = type("Viewer", (), {"clinic_id": world.clinic_id, "role": world[who].role})()
        with app.app_context(), transaction() as session:
            return sum(queries.unanswered(session, viewer).values())

    return unanswered


@pytest.fixture
def second_administrator(app, world, clock):
    """Another administrator, on no roster, whose account is younger than Ada's."""
    with app.app_context(), transaction() as session:
        ada = session.get_one(Account, world["ada"].account_id)
        session.add(
            Account(
                id=new_id(), clinic_id=ada.clinic_id, role=ada.role, email="aldo@example.org",
                email_key="aldo@example.org", password_hash="!", display_name="Aldo",
                time_zone=ada.time_zone, locale="en", created_at=clock.now(),
            )
        )  # fmt: skip


def everybody_told(app):
    with app.app_context(), transaction() as session:
        return session.scalars(
            sa.select(Account.display_name)
            .join(OutboxMessage, OutboxMessage.recipient_id == Account.id)
            .where(OutboxMessage.to_staff)
            .order_by(OutboxMessage.created_at, OutboxMessage.id)
        ).all()


def test_whoever_is_left_is_told_at_last_and_nobody_twice(
    app, emergency, rostered, second_administrator, clock, tick, alert, unanswered
):
    rostered(nursing=["nora", "eva", "cora", "sol"], supervisor=["omar", "chaya"])
    emergency()
    for _ in range(7):
        clock.pass_time(minutes=15)
        tick()
    # The first again at half time; at 75 minutes whoever is left, in the order of the list.
    assert everybody_told(app) == [
        "Nora", "Nora", "Eva", "Omar", "Ada", "Cora", "Sol", "Chaya", "Aldo",
    ]  # fmt: skip
    assert alert()["unanswered_since"] == BANNER
    assert kinds(alert())[-1] == "nobody_left"
    assert unanswered() == unanswered("ada") == 1
    assert unanswered("chaya") == 0


def test_soon_alerts_reach_the_administrator_too(severe, supervisor, clock, tick, told):
    severe("nausea")
    names = told()
    for _ in range(9):
        clock.pass_time(hours=12)
        tick()
    assert names + told() == ["nora", "nora", "eva", "omar", "ada"]


def test_one_nurse_and_one_administrator(emergency, rostered, until, told, alert):
    rostered(nursing=["nora"], supervisor=[])
    emergency()
    assert told() == ["nora"]
    assert until(120) == [(15, "nora"), (30, "ada")]
    assert alert()["unanswered_since"] == "2026-03-02T17:45:00Z"
    assert kinds(alert()) == ["opened", "reminded", "escalated", "nobody_left"]


def test_nobody_at_all_is_said_at_once_and_stays_in_the_books(
    emergency, rostered, left, until, told, alert, unanswered
):
    rostered(nursing=[], supervisor=[], administrator=[])
    left("ada")
    emergency()
    assert (told(), until(90, step=15)) == ([], [])
    assert alert()["state"] == "open"
    assert kinds(alert()) == ["opened", "escalated", "nobody_left"]
    assert unanswered() == 1


def test_with_everybody_away_the_administrator_is_better_than_nobody(
    emergency, supervisor, away, until, told, alert
):
    for name in ("nora", "eva", "omar", "ada"):
        away(name)
    emergency()
    assert told() == ["ada"]
    assert until(90) == [(15, "ada")]
    assert alert()["unanswered_since"] == "2026-03-02T17:30:00Z"


def test_who_is_away_is_not_told_and_her_stand_in_is(
    emergency, supervisor, away, until, told
):  # fmt: skip
    away("nora", stand_in="cora")
    away("omar")
    emergency()
    assert told() == ["cora"]
    assert until(90) == [(15, "cora"), (30, "eva"), (45, "ada")]


def test_who_has_left_is_not_told(emergency, supervisor, left, until, told):
    left("nora", "omar")
    emergency()
    assert told() == ["eva"]
    assert until(90) == [(15, "eva"), (30, "ada")]


def test_nights_are_the_night_shifts(app, world, emergency, alert, do, clock, told):
    """Nora by day and Eva by night, over midnight, on the clinic's clock."""
    shifts = {"nora": ("07:00", "19:00"), "eva": ("19:00", "07:00")}
    with app.app_context(), transaction() as session:
        session.execute(sa.delete(RosterEntry).where(RosterEntry.duty == "nursing"))
        for position, (name, (begins, ends)) in enumerate(shifts.items()):
            session.add(
                RosterEntry(
                    clinic_id=world.clinic_id, duty="nursing", position=position,
                    account_id=world[name].account_id, from_time=begins, to_time=ends,
                    days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                )
            )  # fmt: skip
    heard = []
    for _ in range(8):  # from Monday 9:00, every six hours
        emergency()
        heard += told()
        clock.pass_time(hours=6)
    assert heard == ["nora", "nora", "eva", "eva"] * 2


def test_a_stand_in_who_has_left_stands_in_for_nobody(emergency, supervisor, away, left, told):
    away("nora", stand_in="cora")
    left("cora")
    emergency()
    assert told() == ["eva"]


def test_the_absence_entered_last_holds(emergency, supervisor, away, clock, told):
    away("nora", stand_in="cora")
    clock.pass_time(minutes=1)
    away("nora", stand_in="sol")
    emergency()
    assert told() == ["sol"]
    clock.pass_time(days=8)
    emergency()
    assert told() == ["nora"]


def test_who_comes_on_duty_meanwhile_is_told(emergency, supervisor, rostered, until, told):
    emergency()
    assert told() == ["nora"]
    assert until(20) == [(15, "nora")]
    rostered(nursing=["sol", "nora", "eva"])
    assert until(80)[:2] == [(10, "sol"), (25, "omar")]


def test_a_new_reason_begins_a_new_round(emergency, supervisor, until, told, alert, unanswered):
    emergency()
    told()
    assert until(90)[-1] == (60, "ada")
    emergency("seizure")
    assert (told(), alert()["unanswered_since"], unanswered()) == (["nora"], None, 0)
    assert until(80) == [(15, "nora"), (30, "eva"), (45, "omar"), (60, "ada")]


@pytest.mark.parametrize(
    ("what", "body"),
    [("acknowledge", {}), ("contact-attempts", {"how": "phone", "reached": False}),
     ("close", CLOSING)],
)  # fmt: skip
def test_an_answer_takes_the_banner_away(
    emergency, supervisor, until, alert, do, unanswered, what, body
):
    emergency()
    until(90, step=15)
    found = alert()
    assert unanswered() == 1
    assert do("nora", found, what, **body).json["unanswered_since"] is None
    assert unanswered() == 0


def test_who_was_also_told_is_not_told_again(not_safe, rostered, until, told):
    rostered(social_work=["sol", "nora"])
    not_safe()
    assert sorted(told()) == ["nora", "sol"]
    assert until(90) == [(15, "sol"), (30, "ada")]


def test_the_clock_of_somebody_away_is_her_stand_ins(
    emergency, supervisor, alert, do, away, until, told
):
    emergency()
    do("nora", alert(), "acknowledge")
    told()
    away("nora", stand_in="cora")
    assert until(60) == [(30, "cora"), (45, "omar")]


@pytest.mark.parametrize("gone", ["away", "left"])
def test_without_a_stand_in_it_is_the_clock_of_who_is_on_duty(
    request, emergency, supervisor, alert, do, until, told, gone
):
    emergency()
    do("nora", alert(), "acknowledge")
    told()
    request.getfixturevalue(gone)("nora")
    assert until(60) == [(30, "eva"), (45, "omar")]


def test_a_drill_goes_the_same_way_and_says_so(
    app, world, emergency, supervisor, until, outbox, alert
):
    with app.app_context(), transaction() as session:
        session.get_one(Patient, world["ana"].patient_id).is_drill = True
    emergency()
    until(20)
    assert alert()["is_drill"] is True
    titles = {title for _, _, title in outbox()}
    assert titles == {"Drill: An urgent alert is waiting in nursing."}


def test_a_look_of_the_clock_costs_the_same_for_one_alert_and_for_many(
    app, world, clock, tick, supervisor, emergency, report
):
    emergency()
    clock.pass_time(minutes=16)
    with statements_counted(app) as one:
        assert tick() == 1
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Alert).values(state="closed", outcome="seen", next_step_at=None))
    names = [f"patient{number}" for number in range(6)]
    with app.app_context(), transaction() as session:
        for name in names:
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
    for name in names:
        assert report(who=name, red_flags=["chest_pain"]).status_code == 201
    clock.pass_time(minutes=16)
    with statements_counted(app) as many:
        assert tick() == 6
    assert len(many) == len(one) <= LOOK, "\n".join(many)


def test_every_level_of_what_nobody_took_and_none_of_what_somebody_did(
    app, world, clock, report, call, supervisor
):
    """Forty alerts, every second taken at some moment; schedulers die before they commit."""
    chance = random.Random(12)
    names = [f"patient{number}" for number in range(40)]
    with app.app_context(), transaction() as session:
        for name in names:
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
    for name in names:
        assert report(who=name, red_flags=["chest_pain"]).status_code == 201
    alerts = [one["id"] for one in call("nora", "GET /alerts?limit=200").json["items"]]
    taken_at = {id: chance.randrange(1, 100) for id in chance.sample(alerts, 20)}
    for minute in range(1, 101):
        clock.pass_time(minutes=1)
        for id in (id for id, at in taken_at.items() if at == minute):
            reached = {"how": "phone", "reached": True}
            assert call("omar", f"POST /alerts/{id}/contact-attempts", reached).status_code == 201
        with contextlib.suppress(ZeroDivisionError), app.app_context(), transaction() as session:
            take_due_steps(session, policy=knowledge().policy, now=clock.now(), limit=7)
            _ = 1 / chance.choice((0, 1))
        for _ in range(3):
            with app.app_context(), transaction() as session:
                take_due_steps(session, policy=knowledge().policy, now=clock.now(), limit=20)
    told = told_of(app)
    levels = [(0, "Nora"), (15, "Nora"), (30, "Eva"), (45, "Omar"), (60, "Ada")]
    for id in alerts:
        before = taken_at.get(id, 1_000)
        assert told[id] == [(at, name) for at, name in levels if at < before], before


def told_of(app):
    """Who was told of which alert, how many minutes after it opened."""
    with app.app_context(), transaction() as session:
        rows = session.execute(
            sa.select(
                OutboxMessage.subject_id, OutboxMessage.created_at, Account.display_name,
            )
            .join(Account, Account.id == OutboxMessage.recipient_id)
            .order_by(OutboxMessage.created_at)
        ).all()  # fmt: skip
    found: dict[str, list[tuple[int, str]]] = {}
    for id, at, name in rows:
        found.setdefault(str(id), []).append((round((at - MONDAY_MORNING).seconds / 60), name))
    return found
