"""Alerts climb while the schedulers are killed, and half of them are taken by somebody."""

import random
from datetime import timedelta

from tests.conftest import MONDAY_MORNING
from tests.proof.alarms import IN_ORDER, LADDER, arrived, in_order
from tests.proof.moving import wait_until

ALERTS, KILLS_A_RUNG = 60, 2
# A minute takes two thirds of a second, and a lease of 45 s half of one.
RATE = 90
# Five seconds of the machine's: what was on its way when somebody took the alert.
ON_ITS_WAY = timedelta(seconds=5 * RATE)


def test_whom_nobody_answers_everybody_hears_in_order_once(alarms, provider, crew, moving, clock):
    dice = random.Random(8)
    alerts = alarms.report(alarms.add_patients(ALERTS))
    to_take = {id: dice.randrange(len(LADDER)) for id in dice.sample(alerts, ALERTS // 2)}
    taken_at: dict = {}
    provider.delay = 0.005
    crew.start(3)

    for rung, (minute, names) in enumerate(LADDER):
        moving.set(MONDAY_MORNING + timedelta(minutes=minute, seconds=1), rate=RATE)
        before = len(provider.log)
        takes = [id for id, at in to_take.items() if at == rung]
        expected = (ALERTS - len(taken_at) - len(takes)) * len(names)
        marks = sorted(dice.randrange(expected) for _ in range(KILLS_A_RUNG))
        for mark in marks:
            # In the middle of deciding, or of sending.
            wait_until(lambda enough=before + mark: len(provider.log) >= enough, what="it goes on")
            crew.kill(dice.choice(crew.workers))
            crew.start()
            for id in takes[len(takes) // 2 :]:
                taken_at[id] = take(alarms, moving, clock, id)
            takes = takes[: len(takes) // 2]
        for id in takes:
            taken_at[id] = take(alarms, moving, clock, id)
        untaken = [id for id in alerts if id not in taken_at]
        so_far = sum(len(group) for _, group in LADDER[: rung + 1])
        wait_until(
            lambda untaken=untaken, so_far=so_far: has_arrived(provider, untaken, so_far),
            what=f"all of rung {rung}",
        )
    wait_until(lambda: alarms.waiting() == 0, what="nothing is left to send")

    told, steps = arrived(provider), alarms.steps()
    for id in alerts:
        kinds = [step.kind for step in steps[id]]
        if id not in taken_at:
            assert in_order(told[id]) == IN_ORDER
            assert kinds.count("nobody_left") == 1
        else:
            told.setdefault(id, [])  # taken before anybody could be told
            late = [one for one in told[id] if one.at > taken_at[id] + ON_ITS_WAY]
            assert late == [], "a level after somebody had it"
            names, one_by_one = in_order(told[id]), len(IN_ORDER) - len(LADDER[-1][1])
            assert names[:one_by_one] == IN_ORDER[: len(names)][:one_by_one]
            # The last rung is told several at once: taken in its middle, any of them.
            assert len(set(names[one_by_one:])) == len(names[one_by_one:])
            assert set(names[one_by_one:]) <= set(LADDER[-1][1])
            assert "nobody_left" not in kinds[kinds.index("acknowledged") :]
    never_taken = ALERTS - len(to_take)
    assert alarms.unanswered() == never_taken
    after = [
        (one.at - taken_at[id]).total_seconds() / RATE
        for id in taken_at for one in told[id] if one.at > taken_at[id]
    ]  # fmt: skip
    repeated = sum(provider.copies().values()) - len(provider.copies())
    print(
        f"{crew.killed} kills, {never_taken} of {ALERTS} never taken, {repeated} repeated,"
        f" {len(after)} on their way when taken, the last {max(after, default=0):.2f} s after"
    )


def take(alarms, moving, clock, alert_id):
    clock.moment = moving.now()
    alarms.take("nora", alert_id)
    return moving.now()


def has_arrived(provider, alert_ids, number):
    told = arrived(provider)
    return all(len(told.get(id, ())) >= number for id in alert_ids)
