"""Schedulers killed with SIGKILL in the middle of sending, again and again, three at a time."""

import random
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

from tests.proof.moving import wait_until
from tests.proof.people import TEN, check_each_arrived, lateness

KILLS = 20
MINUTES, EACH_MINUTE = 4, 60
# A minute takes three seconds, and a lease of 45 s two and a quarter.
RATE = 20


def test_each_arrives_however_often_they_are_killed(people, provider, crew, moving):
    for minute in range(MINUTES):
        # Every other minute two at once, which go out as one message.
        at = TEN + timedelta(minutes=minute)
        people.add(EACH_MINUTE, at=at, prefix=f"m{minute}-", each=1 + minute % 2)
    messages = MINUTES * EACH_MINUTE
    provider.delay = 0.02
    provider.cut_one_in(25)
    dice, kills = random.Random(3), []
    crew.start(3)
    crew.wait_until_ready()
    moving.set(TEN - timedelta(seconds=2), rate=RATE)

    while crew.killed < KILLS:
        # In the middle: some of what is due has arrived since the last was killed, not all.
        enough = min(len(provider.log) + messages // (KILLS + 6), messages - 1)
        wait_until(lambda enough=enough: len(provider.log) >= enough, what="deliveries go on")
        crew.kill(dice.choice(crew.workers))
        kills.append(moving.now())
        crew.start()
    assert len(provider.keys()) < messages, "killed when all was over"
    wait_until(lambda: people.are_all("sent"), what="each occurrence is sent")

    check_each_arrived(people, provider)
    copies = provider.copies()
    assert len(copies) == messages
    repeated = sum(copies.values()) - len(copies)
    # A lease is two seconds here: on a busy machine one batch may outlast it with nobody killed.
    assert len(without_a_reason(provider, kills)) <= EACH_MINUTE
    late = [seconds / RATE for seconds in lateness(people, provider)]
    print(
        f"{crew.killed} kills, {len(provider.cut)} cuts, {messages} messages, {repeated} repeated;"
        f" late p50 {late[len(late) // 2]:.2f} s, p99 {late[len(late) * 99 // 100]:.2f} s"
    )


def without_a_reason(provider, kills):
    """What arrived again although nobody was killed since, and it had been answered."""
    arrived = defaultdict(list)
    for delivery in provider.log:
        arrived[delivery.browser, delivery.key].append(delivery.at)
    return [
        which
        for which, moments in arrived.items()
        for before, after in pairwise(sorted(moments))
        if which[1] not in provider.cut and not any(before <= kill <= after for kill in kills)
    ]
