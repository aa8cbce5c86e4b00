"""Who is on duty at a moment: weekly shifts on the clinic's clock, absences, stand-ins."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from service.accounts.roster_rules import Roster, Shift

SEATTLE = ZoneInfo("America/Los_Angeles")
NORA, OMAR, EVA, ADA = (UUID(int=number) for number in range(1, 5))


def here(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEATTLE).astimezone(UTC)


def covers(at: datetime | str, **shift) -> bool:
    moment = here(at) if isinstance(at, str) else at
    return Shift(duty="nursing", account_id=NORA, **shift).covers(moment, SEATTLE)


DAY = {"days": ["mon", "tue"], "from_time": "07:00", "to_time": "19:00"}
NIGHT = {"days": ["mon"], "from_time": "19:00", "to_time": "07:00"}


# The 2nd of March 2026 is a Monday.
@pytest.mark.parametrize(
    ("shift", "at", "is_on"),
    [
        ({}, "2026-03-04T03:00", True),
        (DAY, "2026-03-02T06:59", False),
        (DAY, "2026-03-02T07:00", True),
        (DAY, "2026-03-02T18:59", True),
        (DAY, "2026-03-02T19:00", False),
        (DAY, "2026-03-04T12:00", False),
        (NIGHT, "2026-03-02T18:59", False),
        (NIGHT, "2026-03-02T19:00", True),
        (NIGHT, "2026-03-03T06:59", True),  # Tuesday, and still Monday's shift
        (NIGHT, "2026-03-03T07:00", False),
        (NIGHT, "2026-03-02T03:00", False),  # Monday, but that was Sunday's
        ({"days": ["wed"]}, "2026-03-04T00:00", True),
        ({"days": ["wed"]}, "2026-03-05T00:00", False),
        ({"from_time": "08:00"}, "2026-03-04T23:59", True),
        ({"from_time": "08:00"}, "2026-03-04T07:59", False),
        ({"to_time": "08:00"}, "2026-03-04T07:59", True),
        ({"to_time": "08:00"}, "2026-03-04T08:00", False),
        # From eight to eight is a day and a night.
        ({"days": ["mon"], "from_time": "08:00", "to_time": "08:00"}, "2026-03-03T07:59", True),
        ({"days": ["mon"], "from_time": "08:00", "to_time": "08:00"}, "2026-03-03T08:00", False),
    ],
)
def test_a_shift_comes_back_every_week_on_the_clinics_clock(shift, at, is_on):
    assert covers(at, **shift) is is_on


def test_a_shift_holds_between_its_bounds_only():
    bounds = {"starts_at": here("2026-03-02T12:00"), "ends_at": here("2026-03-09T12:00"), **DAY}
    at = ("2026-03-02T11:59", "2026-03-02T12:00", "2026-03-09T11:59", "2026-03-09T12:00")
    assert [covers(moment, **bounds) for moment in at] == [False, True, True, False]


@pytest.mark.parametrize(
    ("change", "first", "last"),
    # To summer time at two in the morning on the 8th of March, back on the 1st of November.
    [("02:30", "2026-03-08T08:00Z", "2026-03-08T15:00Z"),
     ("01:30", "2026-11-01T07:00Z", "2026-11-01T15:00Z"),
     ("02:00", "2026-03-08T08:00Z", "2026-03-08T15:00Z")],
)  # fmt: skip
def test_when_the_clock_changes_somebody_is_on_and_only_one(change, first, last):
    """Two shifts meet in the hour that is left out, or comes twice."""
    goes = Shift(duty="nursing", account_id=NORA, from_time="12:00", to_time=change)
    comes = Shift(duty="nursing", account_id=EVA, from_time=change, to_time="12:00")
    begin, end = (datetime.fromisoformat(text) for text in (first, last))
    for minute in range(int((end - begin).total_seconds() // 60)):
        moment = datetime.fromtimestamp(begin.timestamp() + 60 * minute, UTC)
        on = Roster(moment, SEATTLE, [goes, comes]).on_duty("nursing")
        assert len(on) == 1, moment


def roster(*names, away=()):
    shifts = [Shift(duty="nursing", account_id=name) for name in names]
    return Roster(here("2026-03-02T09:00"), SEATTLE, shifts, dict(away))


@pytest.mark.parametrize(
    ("away", "on"),
    [
        ({}, [NORA, OMAR]),
        ({NORA: None}, [OMAR]),  # the next moves up
        ({NORA: EVA}, [EVA, OMAR]),  # the stand-in has her place
        ({NORA: OMAR}, [OMAR]),  # each once
        ({NORA: EVA, EVA: ADA}, [ADA, OMAR]),  # the stand-in is away too
        ({NORA: EVA, EVA: None}, [OMAR]),
        ({NORA: EVA, EVA: NORA}, [OMAR]),  # in a circle
        ({NORA: EVA, EVA: ADA, ADA: EVA}, [OMAR]),
        ({NORA: None, OMAR: None}, []),
    ],
)
def test_who_is_away_is_stood_in_for_or_passed_over(away, on):
    assert roster(NORA, OMAR, away=away).on_duty("nursing") == on


def test_a_duty_knows_only_its_own_shifts():
    assert roster(NORA).on_duty("chaplaincy") == []


def test_somebody_on_no_roster_is_stood_in_for_as_well():
    absent = roster(away={ADA: EVA})
    assert (absent.in_place_of(ADA), absent.in_place_of(OMAR)) == (EVA, OMAR)
