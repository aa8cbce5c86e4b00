"""The clock jumps while alerts wait: nobody is told twice, nobody is left out, and it goes on."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service.alerts.models import Alert
from service.db import transaction
from tests.proof.alarms import IN_ORDER, LADDER, arrived, severe_report
from tests.proof.moving import MovingClock, wait_until
from tests.proof.people import TEN
from tests.proof.test_clock_jumps import wait_for_rounds

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
YEAR_2038 = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
JUMPS = {
    "an hour ahead": [TEN + HOUR],
    "an hour back": [TEN - HOUR],
    "a day ahead": [TEN + timedelta(days=1)],
    "back, ahead, 2038": [TEN - HOUR, TEN + HOUR, YEAR_2038],
}


@pytest.fixture
def provider_clock(tmp_path):
    """The push service's clock is right."""
    clock = MovingClock(tmp_path / "true-clock")
    clock.set(TEN)
    return clock


@pytest.fixture
def show(moving, provider_clock, clock):
    """Let every clock be right, and show this moment."""

    def show(moment):
        provider_clock.set(moment)
        moving.set(moment)
        clock.moment = moment

    return show


def clocks(app, alert_ids):
    columns = (Alert.id, Alert.raised_at, Alert.due_at, Alert.next_step_at, Alert.unanswered_since)
    with app.app_context(), transaction() as session:
        rows = session.execute(sa.select(*columns).where(Alert.id.in_(alert_ids))).all()
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("jump", JUMPS)
def test_everybody_is_told_in_order_once_and_the_clocks_are_right_again(
    app, alarms, provider, crew, moving, clock, show, jump
):
    show(TEN)
    patients = alarms.add_patients(6)
    before = alarms.report(patients[:2])
    crew.start(2)
    crew.wait_until_ready()
    wait_until(lambda: len(provider.log) == len(before), what="the first is told")

    during = []
    for number, moment in enumerate(JUMPS[jump]):
        moving.set(moment)
        if moment < YEAR_2038:  # by then nobody is signed in any more
            # Her phone's clock is right; ours is not.
            clock.moment = moment
            during += alarms.report([patients[2 + number]], at=min(TEN, moment))
        wait_for_rounds(crew, 8)
    show(TEN + MINUTE)
    wait_for_rounds(crew)
    early = {id: len(told) for id, told in arrived(provider).items()}
    slow = alarms.report([patients[5]], body=severe_report(clock.now()))
    [(_, due_at, _, _)] = clocks(app, slow).values()
    assert due_at == TEN + MINUTE + timedelta(days=1), "half of it on Monday, half on Tuesday"
    now = moving.now()
    assert crew.logs().count("putting right") >= (JUMPS[jump][-1] > TEN)
    for raised_at, due_at, next_step_at, unanswered_since in clocks(app, before + during).values():
        assert raised_at <= now
        assert due_at <= now + 30 * MINUTE
        assert next_step_at is not None
        assert next_step_at <= (TEN + 76 * MINUTE if unanswered_since is None else now + 6 * MINUTE)
        assert unanswered_since is None or unanswered_since <= now

    for minute, _ in LADDER[1:]:
        show(TEN + (minute + 1) * MINUTE)
        wait_for_rounds(crew)
        so_far = sum(len(names) for at, names in LADDER if at <= minute)
        # Told early by a clock that was ahead, never late.
        wait_until(
            lambda so_far=so_far: all(
                len(arrived(provider).get(id, ())) >= so_far for id in before + during
            ),
            within=10, what=f"those of minute {minute}",
        )  # fmt: skip
    told = arrived(provider)
    for id in before + during:
        # What a clock that jumps makes due together is told in a few rounds, one right after
        # the other: whose message is the first on the wire is left to chance.
        assert sorted(one.name for one in told[id]) == sorted(IN_ORDER)
    assert {one.name for one in told[slow[0]]} == {"nora"}
    # What is on its way when the clock jumps past its lease may go out once more, under the same
    # key: a phone shows it once.
    assert set(provider.copies().values()) <= {1, 2}
    assert all(worker.is_alive() for worker in crew.workers)
    assert "Traceback" not in crew.logs()
    print(f"{jump}: told before its time {sum(early.values()) - len(early)}")
