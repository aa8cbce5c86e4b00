"""What a clinic's weeks come to: counted by the scheduler, read a page at a time."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Clinic, Role
from service.db import transaction
from service.measures.actions import count_next
from service.measures.models import MeasureWeek
from tests.conftest import _add

SEVERE = [{"symptom": "nausea", "frequency": 4, "severity": 4}]


@pytest.fixture
def count(app, clock):
    """Count everything that is due."""

    def count() -> int:
        number = 0
        while True:
            with app.app_context(), transaction() as session:
                if not count_next(session, now=clock.now()):
                    return number
            number += 1

    return count


@pytest.fixture
def report(call, clock):
    def report(who="ana", answers=(), **said):
        body = {
            "id": str(uuid4()), "reported_at": clock.now().isoformat(),
            "answers": list(answers) or [{"symptom": "nausea", "frequency": 0, "severity": 0}],
            **said,
        }  # fmt: skip
        answer = call(who, "POST /patients/me/symptom-reports", body)
        assert answer.status_code == 201, answer.json

    return report


@pytest.fixture
def six(app, clock, world):
    """Five more patients of Harbor, so that numbers are large enough to show."""
    with app.app_context(), transaction() as session:
        for name in ("bea", "cat", "dee", "eli", "fay"):
            _add(app, session, clock, world, name, Role.PATIENT, world.clinic_id)


def read(call, query=""):
    answer = call("nora", f"GET /measures{query}")
    assert answer.status_code == 200, answer.json
    return answer.json


def test_who_reported_is_counted_once_a_week_however_often(call, clock, six, report, count):
    for who in ("ana", "ana", "bea"):
        report(who)
    count()

    found = read(call)

    [week] = found["weekly"]
    assert (week["week"], week["patients"], week["reports"]) == ("2026-03-02", 6, 3)
    assert week["completion"] == round(2 / 6, 3)
    # The week is not over yet: nobody has fallen behind in it.
    assert (week["is_over"], found["completion"]) == (False, None)


def test_a_week_that_is_over_counts(call, clock, six, report, count):
    report()
    clock.pass_time(weeks=1)
    count()

    found = read(call)
    assert found["completion"] == round(1 / 6, 3)
    assert [week["is_over"] for week in found["weekly"]] == [True, False]


def test_of_few_patients_no_number_is_shown(call, report, count):
    report()
    count()

    [week] = read(call)["weekly"]
    assert (week["patients"], week["completion"]) == (None, None)
    assert all(group["hidden"] for group in read(call)["groups"])


def test_times_to_take_and_to_close_are_counted_by_queue_and_severity(
    call, clock, six, report, count
):
    report(answers=SEVERE)
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    clock.pass_time(minutes=12)
    call("nora", f"POST /alerts/{alert['id']}/acknowledge", {})
    clock.pass_time(hours=3)
    closing = {"outcome": "spoken_to", "action": "Called.", "contact_made": True}
    assert call("nora", f"POST /alerts/{alert['id']}/close", closing).status_code == 200
    count()

    [row] = read(call)["answers"]

    assert (row["queue"], row["severity"], row["opened"], row["open"]) == ("nursing", "soon", 1, 0)
    assert row["in_time"] == 1.0
    assert 10 <= row["minutes_to_acknowledge"]["median"] <= 15
    assert 120 <= row["minutes_to_close"]["median"] <= 240
    assert row["closed"]["within_48_h"] == 1
    assert read(call)["alerts_per_100_reports"] == 100.0


def test_an_alert_nobody_took_in_time_counts_as_late_while_it_waits(
    call, clock, six, report, count
):
    report(answers=SEVERE)
    count()
    assert read(call)["answers"][0]["in_time"] is None

    clock.pass_time(days=2)
    count()

    assert read(call)["answers"][0]["in_time"] == 0.0
    assert read(call)["answers"][0]["open"] == 1


def test_drills_are_counted_apart(call, clock, six, report, count):
    report()
    assert call("ada", "POST /drills", {"scenario": "fever"}).status_code == 201
    count()

    found = read(call)

    assert found["answers"] == []
    [drill] = found["drills"]
    assert (drill["queue"], drill["severity"], drill["opened"]) == ("nursing", "urgent", 1)
    [week] = found["weekly"]
    assert (week["patients"], week["reports"]) == (6, 1)


def test_who_is_away_the_whole_week_is_not_expected(app, call, clock, world, six, count):
    with app.app_context(), transaction() as session:
        patient = world["bea"].patient_id
        session.execute(
            sa.text(
                "INSERT INTO away_periods (id, patient_id, kind, starts_on, ends_on, version,"
                " created_change_no, change_no, entered_by, received_at, content_hash)"
                " VALUES (:id, :patient, 'inpatient', :day, NULL, 1, 1, 1, :by, :now, :hash)"
            ).bindparams(
                sa.bindparam("id", uuid4(), sa.Uuid()), sa.bindparam("patient", patient, sa.Uuid()),
                sa.bindparam("day", clock.now().date() - timedelta(days=3), sa.Date()),
                sa.bindparam("by", world["bea"].account_id, sa.Uuid()),
                sa.bindparam("now", clock.now(), sa.DateTime(timezone=True)),
                sa.bindparam("hash", b"x" * 32, sa.LargeBinary()),
            )
        )  # fmt: skip
    count()

    [week] = read(call)["weekly"]
    assert week["patients"] == 5


def test_doses_are_counted_with_the_reasons_they_were_missed_for(call, clock, six, count):
    treatment = str(uuid4())
    body = {
        "id": treatment, "code": "ribociclib", "started_on": "2026-03-02", "status": "active",
        "schedule": {"type": "daily", "times": ["10:00"]},
    }  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    clock.pass_time(hours=2)
    path = f"/patients/me/treatments/{treatment}/doses"
    [dose] = call("ana", f"GET {path}?from=2026-03-02&to=2026-03-02").json["items"]
    missed = {"status": "missed", "reason": "cost"}
    assert call("ana", f"PUT {path}/{dose['id']}", missed).status_code == 200
    count()

    doses = read(call)["doses"]
    assert (doses["missed"], doses["adherence"], doses["reasons"]) == (1, 0.0, {"cost": 1})


def test_weeks_are_counted_anew_while_they_can_change(app, call, clock, six, report, count):
    count()
    clock.pass_time(days=1)
    report()
    count()
    [week] = read(call)["weekly"]
    assert week["reports"] == 1

    clock.pass_time(weeks=10)
    count()
    with app.app_context(), transaction() as session:
        rows = session.scalars(sa.select(MeasureWeek).order_by(MeasureWeek.week)).all()
    of_harbor = [row for row in rows if row.figures.get("patients") == 6]
    assert len(of_harbor) == 11
    assert of_harbor[0].count_again_at is None
    assert of_harbor[-1].count_again_at is not None


def test_a_clock_that_was_years_ahead_leaves_nothing_uncounted(
    app, call, clock, six, report, count
):
    count()
    right = clock.now()
    clock.moment = right.replace(year=2038)
    count()
    clock.moment = right + timedelta(hours=4)
    report()
    count()

    [week] = read(call)["weekly"]
    assert week["reports"] == 1


def test_the_page_of_another_clinic_says_nothing_of_ours(call, six, report, count):
    report()
    count()

    found = call("olga", "GET /measures").json
    assert found["completion"] is None or found["weekly"][0]["reports"] == 0


@pytest.mark.parametrize(
    "query", ["?from=2026-03-09&to=2026-03-02", "?from=2024-01-01&to=2026-03-02"]
)
def test_weeks_that_cannot_be_asked_for_are_refused(call, query):
    refused = call("nora", f"GET /measures{query}")

    assert refused.status_code == 422
    assert refused.json["type"].endswith("/weeks-unusable")


def test_two_schedulers_count_each_week_once(app, clock, world, count):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Clinic).values(created_at=clock.now() - timedelta(weeks=20)))
    together, counted = Barrier(2), []

    def work():
        together.wait()
        counted.append(count())

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with app.app_context(), transaction() as session:
        weeks = session.scalar(sa.select(sa.func.count()).select_from(MeasureWeek))
    assert weeks == 2 * 21
    assert sum(counted) == weeks


def test_until_all_is_counted_the_answer_says_how_far_it_is(app, call, clock, count):
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Clinic).values(created_at=clock.now() - timedelta(weeks=20)))
    with app.app_context(), transaction() as session:
        count_next(session, now=clock.now())

    found = read(call)
    assert (found["weeks"], found["weeks_counted"]) == (12, 1)
    count()
    assert read(call)["weeks_counted"] == 12
