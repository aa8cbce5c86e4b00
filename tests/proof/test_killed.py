"""Schedulers killed with SIGKILL in the middle of sending, again and again, three at a time."""

import random
from datetime import timedelta

from tests.proof.moving import wait_until
from tests.proof.people import TEN, check_each_arrived
from tests.proof.worker import SENDERS

KILLS = 20
MINUTES, EACH_MINUTE = 4, 60
# A minute takes two seconds, and a lease of 30 s one.
RATE = 30


def test_each_arrives_however_often_they_are_killed(
    people, provider, crew, moving, record_property
):
    for minute in range(MINUTES):
        # Every other minute two at once, which go out as one message.
        at = TEN + timedelta(minutes=minute)
        people.add(EACH_MINUTE, at=at, prefix=f"m{minute}-", each=1 + minute % 2)
    messages = MINUTES * EACH_MINUTE
    provider.delay = 0.02
    provider.cut_one_in(25)
    dice = random.Random(3)
    crew.start(3)
    crew.wait_until_ready()
    moving.set(TEN - timedelta(seconds=2), rate=RATE)

    while crew.killed < KILLS:
        # In the middle: some of what is due has arrived since the last was killed, not all.
        enough = min(len(provider.log) + messages // (KILLS + 6), messages - 1)
        wait_until(lambda enough=enough: len(provider.log) >= enough, what="deliveries go on")
        crew.kill(dice.choice(crew.workers))
        crew.start()
    assert len(provider.keys()) < messages, "killed when all was over"
    wait_until(lambda: people.are_all("sent"), what="each occurrence is sent")

    check_each_arrived(people, provider)
    copies = provider.copies()
    assert len(copies) == messages
    repeated = sum(copies.values()) - len(copies)
    # Twice only what was under way when a worker was killed, or was taken without a word.
    assert repeated <= crew.killed * SENDERS + provider.cuts
    record_property("kills", crew.killed)
    record_property("repeated under their key", repeated)
    print(f"{crew.killed} kills, {provider.cuts} cuts, {messages} messages, {repeated} repeated")
