"""Quiet hours on her own clock, and buckets."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.notify.rules import BUCKETS, bucket_of, end_of_quiet

SEATTLE = ZoneInfo("America/Los_Angeles")


def local(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=SEATTLE, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        (("22:00", "07:00"), "2026-03-02T21:59", None),
        (("22:00", "07:00"), "2026-03-02T22:00", "2026-03-03T07:00"),
        (("22:00", "07:00"), "2026-03-03T06:59", "2026-03-03T07:00"),
        (("22:00", "07:00"), "2026-03-03T07:00", None),
        (("13:00", "15:00"), "2026-03-02T14:00", "2026-03-02T15:00"),
        (("13:00", "15:00"), "2026-03-02T15:30", None),
        # The night the clock goes forward: it ends at seven all the same.
        (("22:00", "07:00"), "2026-03-08T01:30", "2026-03-08T07:00"),
        # An end the clock skips comes as much later as the gap is long.
        (("22:00", "02:30"), "2026-03-08T01:30", "2026-03-08T03:30"),
        # And the night it goes back.
        (("22:00", "07:00"), "2026-11-01T00:30", "2026-11-01T07:00"),
    ],
)
def test_quiet_hours_end_on_her_own_clock(hours, now, end):
    assert end_of_quiet(hours, SEATTLE, now=local(now)) == (end and local(end))


def test_an_end_that_comes_twice_means_the_second():
    hours, end = ("22:00", "01:30"), local("2026-11-01T01:30", fold=1)
    assert end_of_quiet(hours, SEATTLE, now=local("2026-11-01T01:15")) == end
    assert end_of_quiet(hours, SEATTLE, now=local("2026-11-01T01:15", fold=1)) == end
    assert end_of_quiet(hours, SEATTLE, now=local("2026-11-01T01:30", fold=1)) is None


def test_the_end_always_lies_ahead_and_is_not_quiet():
    now = local("2026-03-06T00:00")
    for _ in range(4 * 24 * 4):
        now += timedelta(minutes=15)
        end = end_of_quiet(("21:30", "02:15"), SEATTLE, now=now)
        assert end is None or (
            now < end and end_of_quiet(("21:30", "02:15"), SEATTLE, now=end) is None
        )


@pytest.mark.parametrize(
    ("seconds", "bound"), [(0, 1), (1, 1), (1.01, 5), (14400, 14400), (14401, BUCKETS[-1])]
)
def test_a_bucket_takes_what_is_no_later_than_its_bound(seconds, bound):
    assert bucket_of(seconds) == bound
