"""Adherence as it is asked for: which days, of whom, and what is left out."""

from datetime import date, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import transaction
from service.treatments.models import DosagePeriod
from tests.treatments.doses import DAILY, HERE, answer, prescribe

PATH = "/patients/me/treatments/{}/adherence"


@pytest.fixture
def letrozole(call, app, world):
    """Letrozole, every day at nine since 2 February, on file since then."""
    body = {
        "id": str(uuid4()), "code": "letrozole", "started_on": "2026-02-02", "status": "active",
        "dose": "2.5 mg", "schedule": DAILY,
    }  # fmt: skip
    made = call("ana", "POST /patients/me/treatments", body).json
    prescribe(app, world["ana"].patient_id, made["id"], "2026-02-02T00:00")
    with app.app_context(), transaction() as session:
        entered = datetime.fromisoformat("2026-02-02T17:00:00+00:00")
        session.execute(sa.update(DosagePeriod).values(made_at=entered))
    return made["id"]


def test_the_whole_course_up_to_today_unless_days_are_named(call, app, world, letrozole):
    answer(app, world["ana"], letrozole, "2026-02-02", 14)
    answer(app, world["ana"], letrozole, "2026-02-16", 7, "missed", "cost")

    # Today's dose is due at this very minute.
    assert call("ana", f"GET {PATH.format(letrozole)}").json == {
        "treatment_id": letrozole, "from": "2026-02-02", "to": "2026-03-02", "expected": 28,
        "taken": 14, "missed": 7, "held": 0, "unanswered": 7, "proportion_of_days_covered": 0.5,
        "relative_dose_intensity": 0.5, "by_reason": {"cost": 7}, "cycles": [],
    }  # fmt: skip
    week = call("ana", f"GET {PATH.format(letrozole)}?from=2026-02-09&to=2026-02-18").json
    assert (week["expected"], week["taken"], week["missed"]) == (10, 7, 3)


def test_what_was_not_answered_before_it_was_entered_is_not_asked(call, app, world, letrozole):
    answer(app, world["ana"], letrozole, "2026-02-10", 2, "missed")
    with app.app_context(), transaction() as session:
        # Late in the evening of the 25th where she is, the 26th elsewhere.
        entered = datetime.fromisoformat("2026-02-26T06:00:00+00:00")
        session.execute(sa.update(DosagePeriod).values(made_at=entered))

    shown = call("ana", f"GET {PATH.format(letrozole)}").json

    assert (shown["expected"], shown["missed"], shown["unanswered"]) == (6, 2, 4)


def test_what_is_listed_as_expected_is_what_counts(call, clock):
    """The morning she enters it, and the weeks it was only planned, are asked for by neither."""
    body = {
        "id": str(uuid4()), "code": "letrozole", "started_on": "2026-02-16", "status": "active",
        "schedule": {"type": "daily", "times": ["08:00", "20:00"]},
    }  # fmt: skip
    planned = {**body, "id": str(uuid4()), "status": "planned", "started_on": "2026-03-01"}
    for one in (body, planned):
        assert call("ana", "POST /patients/me/treatments", one).status_code == 201

    def gone_by(id):
        items = call("ana", f"GET /patients/me/treatments/{id}/doses?limit=200").json["items"]
        here = clock.now().astimezone(HERE).strftime("%Y-%m-%dT%H:%M")
        return sum(dose["local_at"] < here for dose in items)

    clock.pass_time(minutes=1)
    assert (
        call("ana", f"GET {PATH.format(body['id'])}").json["expected"] == 0 == gone_by(body["id"])
    )
    clock.pass_time(days=3)
    path = f"PATCH /patients/me/treatments/{planned['id']}"
    assert call("ana", path, {"status": "active"}).status_code == 200
    clock.pass_time(days=1)
    for one, doses in ((body, 8), (planned, 2)):
        shown = call("ana", f"GET {PATH.format(one['id'])}").json
        assert shown["unanswered"] == shown["expected"] == doses == gone_by(one["id"])


def test_cycles_and_amounts(call, app, world, letrozole):
    cycle = {"type": "on_off", "on_days": 21, "off_days": 7, "times": ["09:00"]}
    prescribe(
        app,
        world["ana"].patient_id,
        letrozole,
        "2026-02-02T00:00",
        "2026-02-16T00:00",
        schedule=cycle,
    )
    prescribe(
        app,
        world["ana"].patient_id,
        letrozole,
        "2026-02-16T00:00",
        schedule=cycle,
        dose="1.25 mg",
        day_one=date(2026, 2, 2),
    )
    answer(app, world["ana"], letrozole, "2026-02-02", 21)

    shown = call(
        "nora", f"GET /patients/{world['ana'].patient_id}/treatments/{letrozole}/adherence"
    )

    [first] = shown.json["cycles"]
    assert (first["number"], first["starts_on"], first["ends_on"]) == (
        1,
        "2026-02-02",
        "2026-03-01",
    )
    assert first["proportion_of_days_covered"] == 1
    assert first["relative_dose_intensity"] == shown.json["relative_dose_intensity"] == 0.8333


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("from=2026-03-03", 422), ("from=2026-02-20&to=2026-02-19", 422), ("from=2016-02-01", 422),
        ("from=2016-03-01", 200), ("to=2026-01-01", 200), ("to=2036-01-01", 200),
        ("from=yesterday", 422), ("to=9999-12-31", 422), ("from=2026-02-20&to=2026-02-20", 200),
    ],
)  # fmt: skip
def test_days_that_run_backwards_or_are_too_many_are_refused(call, letrozole, asked, status):
    found = call("ana", f"GET {PATH.format(letrozole)}?{asked}")

    assert found.status_code == status, found.json
    if status == 422:
        assert found.json["errors"]


def test_of_a_course_longer_than_ten_years_the_last_ten_are_shown(call, letrozole):
    call("ana", f"PATCH /patients/me/treatments/{letrozole}", {"started_on": "2009-01-01"})

    assert call("ana", f"GET {PATH.format(letrozole)}").json["from"] == "2016-03-01"


def test_nobody_else_learns_of_it(call, world, letrozole):
    hers = f"GET /patients/{world['ana'].patient_id}/treatments/{letrozole}/adherence"

    assert call("olga", hers).status_code == call("ben", hers).status_code == 404
    assert call("chaya", hers).status_code == 403
    assert call("ana", f"GET {PATH.format(uuid4())}").status_code == 404
