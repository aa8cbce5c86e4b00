"""Planning doses ahead: many patients at once, several schedulers at once, she travelling meanwhile."""

from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from service.accounts.models import Patient, Role
from service.db import db, transaction
from service.treatments.dosing_actions import plan_doses
from service.treatments.models import Dose, Treatment
from tests.conftest import _add
from tests.jobs.scheduler import Scheduler
from tests.jobs.test_several_at_once import _statements, at_once

DAILY = {"type": "daily", "times": ["08:00"]}


@pytest.fixture
def fill(app, world, clock, call):
    """Give some patients of Ana's clinic a drug each, with no dose planned yet."""

    def fill(patients):
        names = [f"patient{uuid4()}" for _ in range(patients)]
        with app.app_context(), transaction() as session:
            for name in names:
                _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)
        for name in names:
            begin(call, name)
        with app.app_context(), transaction() as session:
            session.execute(sa.delete(Dose))
            session.execute(sa.update(Treatment).values(doses_until=clock.now()))
        return names

    return fill


def begin(call, name="ana", **what):
    body = {
        "id": str(uuid4()), "code": "letrozole", "started_on": "2026-01-05", "status": "active",
        "schedule": DAILY, **what,
    }  # fmt: skip
    assert call(name, "POST /patients/me/treatments", body).status_code == 201
    return body["id"]


def rows(app, treatment=None):
    with app.app_context(), transaction() as session:
        which = sa.true() if treatment is None else Dose.treatment_id == UUID(treatment)
        return session.scalars(sa.select(Dose).where(which).order_by(Dose.local_at)).all()


def plan(app, clock, limit=500):
    with app.app_context(), transaction() as session:
        return plan_doses(session, now=clock.now(), limit=limit)


def test_several_schedulers_make_each_dose_once(app, clock, fill):
    fill(30)
    schedulers = [Scheduler(app, clock) for _ in range(3)]
    at_once(*(scheduler.tick for scheduler in schedulers))
    schedulers[0].tick()  # what the others were holding just then
    assert len(rows(app)) == 30 * 14
    assert plan(app, clock) == 0


def test_a_batch_costs_the_same_however_many(app, clock, fill):
    costs = []
    for patients in (2, 15):
        fill(patients)
        with app.app_context(), transaction() as session:
            costs.append(
                _statements(
                    session,
                    lambda session=session: plan_doses(session, now=clock.now(), limit=500),
                )
            )
    assert costs[0] == costs[1] <= 6


def test_a_batch_takes_no_more_patients_than_asked(app, clock, fill):
    fill(5)
    assert [plan(app, clock, limit=3), plan(app, clock, limit=3), plan(app, clock)] == [3, 2, 0]


def test_who_is_being_written_to_is_passed_over_and_not_waited_for(
    app, world, clock, fill, database_url
):
    if database_url.startswith("sqlite"):
        return  # one writer at a time: the scheduler waits for its turn
    [name, *_] = fill(3)
    with app.app_context(), transaction() as session:
        one = world[name].patient_id
        session.execute(sa.update(Patient).where(Patient.id == one).values(change_no=5))
        planned = []
        at_once(lambda: planned.append(plan(app, clock)))
    assert [*planned, plan(app, clock)] == [2, 1]


def test_what_another_made_between_looking_and_holding_is_not_made_again(app, clock, fill):
    fill(2)

    def another_was_faster(connection, _cursor, statement, _parameters, _context, _many):
        if "UPDATE patients" in statement:  # we hold them, and they were done a moment before
            ahead = sa.update(Treatment).values(doses_until=clock.now() + timedelta(days=14))
            connection.execute(ahead)

    with app.app_context():
        sa.event.listen(db.engine, "after_cursor_execute", another_was_faster)
        try:
            assert plan(app, clock) == 0
        finally:
            sa.event.remove(db.engine, "after_cursor_execute", another_was_faster)
    assert rows(app) == []


def test_she_may_change_her_dose_while_it_is_planned(app, clock, fill, call, world):
    names = fill(6)
    statuses = []

    def change_all():
        client = app.test_client()
        for name in names:
            headers = world[name].headers
            path = "/api/v1/patients/me/treatments"
            [one] = client.get(path, headers=headers).json["items"]
            new = {"schedule": {"type": "daily", "times": ["21:00"]}}
            statuses.append(
                client.patch(f"{path}/{one['id']}", json=new, headers=headers).status_code
            )

    at_once(change_all, Scheduler(app, clock).tick, Scheduler(app, clock).tick)
    Scheduler(app, clock).tick()
    assert statuses == [200] * 6
    alive = [row.local_at[11:] for row in rows(app) if row.deleted_at is None]
    assert alive == ["21:00"] * 6 * 14


@pytest.mark.parametrize("zones", [["Pacific/Auckland"], ["Pacific/Honolulu"],
                                   ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"]])  # fmt: skip
def test_however_she_travels_there_is_one_dose_a_day_and_none_is_missing(app, clock, call, zones):
    id = begin(call, schedule={"type": "daily", "times": ["00:30"]})
    scheduler = Scheduler(app, clock)
    for day in range(40):
        clock.pass_time(days=1)
        if day % 5 == 0:
            zone = zones[day // 5 % len(zones)]
            assert call("ana", "PATCH /me", {"time_zone": zone}).status_code == 200
        scheduler.tick()
    made = rows(app, id)
    days = [datetime.fromisoformat(row.local_at).date() for row in made]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))
    ahead = [row for row in made if row.due_at > clock.now()]
    assert len(ahead) >= 7
    at_hand = {row.due_at.astimezone(ZoneInfo(zone)).strftime("%H:%M") for row in ahead}
    assert at_hand == {"00:30"}
    assert not [row for row in made if row.deleted_at]


def test_whose_care_has_ended_is_asked_nothing_more_until_that_proves_an_error(
    app, clock, call, world
):
    id = begin(call)
    path = f"PATCH /patients/{world['ana'].patient_id}"
    assert call("cora", path, {"care_status": "withdrawn"}).status_code == 200
    scheduler = Scheduler(app, clock)
    clock.pass_time(days=30)
    assert scheduler.tick().doses_planned == 0
    assert (scheduler.next_moment() or clock.now()) >= clock.now()
    assert call("cora", path, {"care_status": "active"}).status_code == 200
    assert scheduler.tick().doses_planned == 1
    assert len(rows(app, id)) == 30 + 14
