"""The schedulers' clock jumps by an hour, a day, to 1970 and to 2038, and is put right again."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.proof.moving import MovingClock, wait_until
from tests.proof.people import TEN, check_each_arrived

NOW = TEN - timedelta(minutes=30)
YEAR_1970 = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_2038 = datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC)
JUMPS = {
    "an hour ahead": [NOW + timedelta(hours=1)],
    "back, and far ahead": [
        NOW - timedelta(hours=1),
        YEAR_1970,
        NOW + timedelta(days=1),
        YEAR_2038,
    ],
}


@pytest.fixture
def provider_clock(tmp_path):
    """The push service's clock is right: it refuses keys from another year, as they do."""
    clock = MovingClock(tmp_path / "true-clock")
    clock.set(NOW)
    return clock


def rounds(worker):
    return worker.log.read_text().count("executed successfully")


def wait_for_rounds(crew, number=3):
    wanted = [(worker, rounds(worker) + number) for worker in crew.workers]
    wait_until(lambda: all(rounds(worker) >= n for worker, n in wanted), what="rounds go on")


@pytest.mark.parametrize("jump", JUMPS)
def test_nothing_is_lost_repeated_or_sent_in_masses(
    people, provider, crew, moving, provider_clock, jump
):
    for minutes in (0, 30, 120):
        people.add(3, at=TEN + timedelta(minutes=minutes), prefix=f"m{minutes}-")
    moving.set(NOW)
    crew.start(2)
    crew.wait_until_ready()

    for moment in JUMPS[jump]:
        moving.set(moment)
        wait_for_rounds(crew)
    early = provider.keys()
    due = [one for one in people.asked() if one.due_at <= JUMPS[jump][-1]]
    assert len(early) <= len(due), "more than what was due by that clock"
    moving.set(NOW)
    wait_for_rounds(crew)
    assert provider.keys() == early, "put right, it sends nothing before its time"

    for minutes in (0, 30, 120):
        moment = TEN + timedelta(minutes=minutes, seconds=1)
        provider_clock.set(moment)
        moving.set(moment)
        # Whatever was waiting for its next try in another year is not waiting any more.
        wait_until(
            lambda moment=moment: all(
                one.status == "sent" for one in people.asked() if one.due_at <= moment
            ),
            within=10, what=f"those of {moment:%H:%M}",
        )  # fmt: skip
    assert set(provider.copies().values()) == {1}
    assert {id for one in provider.log for id in one.occurrences} == people.expected
    if not early:
        check_each_arrived(people, provider)
    assert all(worker.is_alive() for worker in crew.workers)
    assert "Traceback" not in crew.logs()
