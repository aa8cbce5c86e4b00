"""Numbers say in which life of the database they were given, so a restored one repeats none."""

from datetime import UTC, datetime, timedelta

import pytest

from service.sync.numbers import (
    CHANGES_IN_A_LIFE,
    first_of_new_life,
    has_seen_another,
    seen_until,
    timestamp_after,
)
from service.sync.schemas import MOST_NUMBER
from tests.conftest import MONDAY_MORNING

NEW = first_of_new_life(7, now=MONDAY_MORNING)


@pytest.mark.parametrize(
    ("last_pulled_at", "change_no", "seen", "another"),
    [
        (0, 7, 0, False),  # never pulled
        (1, 7, 0, False),  # pulled when nothing had happened
        (5, 7, 4, False),
        (8, 7, 7, False),
        (9, 7, 0, True),  # ahead: restored, and nobody said so
        (5, NEW + 3, 0, True),  # the backup's own numbers, too: what came after them was lost
        (NEW + 2, NEW + 3, NEW + 1, False),
        (NEW + 1, NEW, NEW, False),  # told everything again, and nothing since
        (NEW + 5, NEW + 3, 0, True),
        (NEW + 2, NEW + CHANGES_IN_A_LIFE, 0, True),  # restored once more
    ],
)
def test_a_phone_has_seen_what_was_told_in_this_life(last_pulled_at, change_no, seen, another):
    assert seen_until(last_pulled_at, change_no=change_no) == seen
    assert has_seen_another(last_pulled_at, change_no=change_no) is another


def test_no_life_is_ever_the_same_and_numbers_grow():
    # One backup brought back twice, and a restore of what was restored within the same minute.
    second = first_of_new_life(7, now=MONDAY_MORNING + timedelta(minutes=1))
    again = first_of_new_life(second + 40, now=MONDAY_MORNING)
    assert 7 < NEW < NEW + 1000 < second < second + 40 < again
    last = first_of_new_life(0, now=datetime(2089, 1, 1, tzinfo=UTC)) + CHANGES_IN_A_LIFE - 1
    assert timestamp_after(last) <= MOST_NUMBER
