"""When a group meets next: by the wall clock of its place, whatever the clocks do."""

from datetime import UTC, datetime

import pytest

from service.errors import Rejected
from service.support.meetings import meeting_of, next_dates

SAID = {
    "local_start": "2026-03-03T18:00", "minutes": 90, "recurrence": "FREQ=WEEKLY",
    "time_zone": "America/Los_Angeles", "not_on": [],
}  # fmt: skip
MONDAY = datetime(2026, 3, 2, 17, tzinfo=UTC)


def starts(now=MONDAY, **said):
    return [f"{one.starts_at:%m-%dT%H:%M}Z" for one in next_dates(SAID | said, now=now)]


def test_six_in_the_evening_stays_six_when_the_clocks_change():
    assert starts() == ["03-04T02:00Z", "03-11T01:00Z", "03-18T01:00Z"]
    assert {f"{one.local_start:%a %H:%M}" for one in next_dates(SAID, now=MONDAY)} == {"Tue 18:00"}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"recurrence": None}, ["03-04T02:00Z"]),
        ({"recurrence": "FREQ=WEEKLY;INTERVAL=2"}, ["03-04T02:00Z", "03-18T01:00Z", "04-01T01:00Z"]),
        ({"recurrence": "FREQ=MONTHLY;BYDAY=1TU"}, ["03-04T02:00Z", "04-08T01:00Z", "05-06T01:00Z"]),
        ({"not_on": ["2026-03-03", "2026-03-17"]}, ["03-11T01:00Z", "03-25T01:00Z", "04-01T01:00Z"]),
        ({"recurrence": "FREQ=WEEKLY;UNTIL=20260310"}, ["03-04T02:00Z", "03-11T01:00Z"]),
        ({"recurrence": "FREQ=WEEKLY;UNTIL=20260311T010000Z"}, ["03-04T02:00Z", "03-11T01:00Z"]),
        ({"recurrence": "FREQ=WEEKLY;COUNT=1"}, ["03-04T02:00Z"]),
        ({"local_start": "2020-01-07T18:00"}, ["03-04T02:00Z", "03-11T01:00Z", "03-18T01:00Z"]),
        ({"local_start": "2020-01-07T18:00", "recurrence": None}, []),
    ],
)  # fmt: skip
def test_the_next_three_are_named(said, found):
    assert starts(**said) == found


def test_one_that_goes_on_now_is_still_named():
    in_the_middle = datetime(2026, 3, 4, 3, 29, tzinfo=UTC)
    assert starts(in_the_middle)[0] == "03-04T02:00Z"
    assert starts(in_the_middle.replace(minute=30))[0] == "03-11T01:00Z"
    over_midnight = SAID | {"local_start": "2026-03-03T23:00", "minutes": 180}
    late = datetime(2026, 3, 4, 9, 59, tzinfo=UTC)
    assert next_dates(over_midnight, now=late)[0].local_start.day == 3


@pytest.mark.parametrize(
    "recurrence",
    ["FREQ=SECONDLY", "FREQ=WEEKLY;COUNT=1000000000", "FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=500",
     "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "weekly", ""],
)  # fmt: skip
def test_what_never_comes_round_or_would_never_end_is_refused(recurrence):
    with pytest.raises(Rejected) as refused:
        meeting_of(SAID | {"recurrence": recurrence})
    assert refused.value.errors[0][0] == "/meets/recurrence"


def test_a_time_the_clocks_skip_is_named_as_they_show_it():
    skipped = SAID | {"local_start": "2026-03-08T02:30", "recurrence": None}
    assert f"{next_dates(skipped, now=MONDAY)[0].local_start:%H:%M}" == "03:30"
