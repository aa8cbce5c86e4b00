"""Nobody there to answer: the administrator at once, a banner, and whoever comes later."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.accounts.models import Absence
from service.alerts.models import Alert
from service.db import transaction
from tests.proof.alarms import EVERYBODY, LIST, arrived
from tests.proof.test_provider_down import TICK, run_for

ADMINISTRATORS = LIST["administrator"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def provider_clock(clock):
    return clock


@pytest.fixture
def absent(app, world, clock):
    def absent(names):
        with app.app_context(), transaction() as session:
            session.add_all(
                Absence(
                    clinic_id=world.clinic_id, account_id=world[name].account_id,
                    starts_at=clock.now(), ends_at=clock.now() + timedelta(days=7),
                    entered_by=world[name].account_id, entered_at=clock.now(),
                )
                for name in sorted(names)
            )  # fmt: skip

    return absent


@pytest.fixture
def nobody(alarms, absent):
    """Leave nobody on duty, in one way or another."""

    def nobody(how, but=()):
        names = EVERYBODY - set(but)
        if how == "no roster":
            alarms.put_on_roster()
        elif how == "all absent":
            absent(names)
        else:
            alarms.disable(*names)

    return nobody


def told_of_one(provider):
    [told] = arrived(provider).values()
    return [one.name for one in told]


@pytest.mark.parametrize("how", ["no roster", "all absent", "all closed"])
def test_with_nobody_on_duty_the_administrator_is_told_at_once(
    alarms, nobody, provider, scheduler, how
):
    nobody(how, but=["ada"])
    alarms.report(["ana"])
    scheduler.tick()
    assert told_of_one(provider) == ["ada"]
    assert alarms.unanswered("ada") == 0


@pytest.mark.parametrize("hours", [0.05, 3])
@pytest.mark.parametrize("comes", ["put on the roster", "back from leave", "her account is open"])
def test_with_nobody_at_all_the_banner_stands_and_who_comes_later_is_told(
    app, world, alarms, absent, provider, scheduler, clock, comes, hours
):
    # Nobody works there: not even an administrator has an account that is open.
    alarms.disable(*(EVERYBODY - {"nora"}))
    alarms.put_on_roster(nursing=[] if comes == "put on the roster" else ["nora"])
    if comes == "back from leave":
        absent(["nora"])
    elif comes == "her account is open":
        alarms.disable("nora")
    [alert] = alarms.report(["ana"])
    run_for(scheduler, clock, timedelta(hours=hours), every=MINUTE)
    assert provider.log == []
    assert alarms.unanswered() == 1
    assert [step.kind for step in alarms.steps()[alert]].count("nobody_left") == 1

    if comes == "put on the roster":
        alarms.put_on_roster(nursing=["nora"])
    elif comes == "back from leave":
        with app.app_context(), transaction() as session:
            session.execute(sa.delete(Absence))
    else:
        alarms.disable("nora", again=True)
    run_for(scheduler, clock, timedelta(minutes=5) + TICK)
    assert set(told_of_one(provider)) == {"nora"}
    assert alarms.unanswered() == 1, "told is not answered"
    keys = provider.keys()
    run_for(scheduler, clock, timedelta(hours=2), every=5 * MINUTE)
    if hours > 1:
        assert provider.keys() == keys, "once"
    assert set(provider.copies().values()) == {1}
    alarms.take("nora", alert)
    assert alarms.unanswered() == 0
    with app.app_context(), transaction() as session:
        assert session.get_one(Alert, alert).next_step_at is None


def test_who_comes_after_everybody_was_told_is_told_too_and_the_others_not_again(
    alarms, provider, scheduler, clock
):
    alarms.put_on_roster(nursing=["nora"], administrator=["ada"])
    alarms.report(["ana"])
    run_for(scheduler, clock, timedelta(hours=2), every=MINUTE)
    before = told_of_one(provider)
    assert before == ["nora", "nora", "ada"]
    alarms.put_on_roster(nursing=["nora", "cora", "sol"], administrator=["ada"])
    # It has waited for two hours: one look for each of them, half an hour apart at most.
    run_for(scheduler, clock, timedelta(minutes=70), every=MINUTE)
    assert told_of_one(provider) == [*before, "cora", "sol"]
