"""No step of a round has anything to do before the moment that is given for its kind.

A round looks at the moments and leaves out what has none yet, so a moment that is given too late
would be a reminder or an alert too late.  Here every step is taken just before, all the same.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.emergency_models import BreakGlass
from service.db import transaction
from service.erasures.models import ErasureRequest
from service.jobs.moments import EVERYTHING, moments
from service.jobs.tick import Counts
from service.tables import metadata
from tests.jobs.scheduler import Scheduler
from tests.test_bad_input import BODIES

# What a round writes down of itself, and what it counts and seals whenever there is some.
BY_THE_WAY = {"heartbeats", "access_log", "measure_weeks", "measure_weeks_counted"}
A_MOMENT = timedelta(microseconds=1)


@pytest.fixture
def busy(app, world, call, clock):
    """Ana and Ben with everything a scheduler sees to; whom Ana's emergency opened is unreviewed."""
    for name in ("ana", "ben"):
        for what in ("treatments", "reminders", "wellbeing-checks", "support-requests"):
            said = BODIES[f"POST /patients/{{pid}}/{what}"] | {"id": str(uuid4())}
            assert call(name, f"POST /patients/me/{what}", said).status_code == 201, what
    fever = {"id": str(uuid4()), "reported_at": clock.now().isoformat(), "answers": [],
             "temperature_c": 39.5}  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", fever).status_code == 201
    ana = world["ana"].patient_id
    glass = BODIES["POST /patients/{pid}/break-glass"]
    assert call("olga", f"POST /patients/{ana}/break-glass", glass).status_code == 201
    assert call("ana", "POST /patients/me/erasure", {"stop_messages": False}).status_code == 202
    with app.app_context(), transaction() as session:
        # Not after the days and weeks there are for it: too many rounds lie between.
        soon = clock.now() + timedelta(hours=20, minutes=7)
        session.execute(sa.update(ErasureRequest).values(carry_out_at=soon))
        session.execute(sa.update(BreakGlass).values(review_by=soon - timedelta(hours=9)))


def test_before_its_moment_no_step_has_anything_to_do(app, busy, call, clock):
    scheduler = Scheduler(app, clock)
    asked = call("ben", "POST /patients/me/exports", {"format": "csv"}).json
    scheduler.tick(EVERYTHING)
    path = f"POST /patients/me/exports/{asked['id']}.zip"
    fetched = call("ben", path, {"download_key": asked["download_key"]})
    assert fetched.get_data()[:2] == b"PK"
    kinds = set()

    for _round in range(50):
        found = due_of(app)
        moment = min(found.values())
        assert moment > clock.now(), "what is due is done, and is due no more"
        clock.moment = moment - A_MOMENT
        before = everything(app)
        assert scheduler.tick(EVERYTHING) == Counts()
        assert everything(app) == before
        clock.moment = moment
        assert scheduler.tick() != Counts()
        kinds |= {kind for kind, at in found.items() if at == moment}

    # A version that comes out by itself is seen in tests/content/test_publishing.py; messages
    # are looked for in every round.
    assert kinds | {"content", "messages"} == EVERYTHING


def due_of(app):
    with app.app_context(), transaction() as session:
        return {kind: at for kind, at in moments(session).items() if at is not None}


def everything(app):
    with app.app_context(), transaction() as session:
        return {
            table.name: session.execute(sa.select(table)).all()
            for table in metadata.sorted_tables
            if table.name not in BY_THE_WAY
        }
