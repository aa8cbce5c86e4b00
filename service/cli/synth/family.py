"""Who is given access by a made-up patient, and on which days that person reports for her."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from service.cli.synth.dice import moment
from service.cli.synth.illness import Illness
from service.cli.synth.life import Happening
from service.cli.synth.numbers import Numbers
from service.cli.synth.people import Character

_NAMES = (
    "Aaron", "Bea", "Chris", "Dominik", "Ellen", "Frank", "Gloria", "Henry", "Irene", "Jonas",
    "Kim", "Laura", "Marcus", "Nina", "Oscar", "Pat", "Rita", "Sven", "Tara", "Victor",
)  # fmt: skip
_TOPICS = (
    ("treatments", "symptoms", "calendar"),
    ("treatments", "symptoms", "wellbeing", "calendar"),
    ("symptoms",),
    ("calendar",),
)
_DAYS_A_MONTH = 30.44


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody of her family: from when on, and the ordinal days on which he or she reports."""

    happening: Happening
    days: tuple[int, ...]


def helper(
    rng: Random, numbers: Numbers, her: Character, ill: Illness, *, last: int
) -> Helper | None:
    """Deal a member of her family with access, or nobody."""
    family = numbers["family"]
    if rng.random() >= family["has_somebody"]:
        return None
    comes_on = her.joined_on + timedelta(days=round(rng.expovariate(1 / 40)) + 1)
    first, surname = rng.choice(_NAMES), her.name.split()[-1]
    topics = rng.choice(_TOPICS)
    body = {
        "display_name": f"{first} {surname}",
        "email": f"{first}.{surname}.of.{her.number}@example.org".lower(),
        "topics": list(topics),
    }
    at = moment(comes_on, rng.uniform(9, 20), her.zone)
    days = _days(rng, numbers, ill, comes_on, last) if "symptoms" in topics else ()
    return Helper(Happening(at, "patient", "caregiver", body), tuple(days))


def _days(rng: Random, numbers: Numbers, ill: Illness, since: date, last: int) -> Sequence[int]:
    family = numbers["family"]
    if rng.random() >= family["reports_too"]:
        return ()
    # Near the end it is the family who writes.
    near = (ill.dies_on - timedelta(days=45)).toordinal() if ill.dies_on else last + 1
    found, day = [], float(since.toordinal() + 2)
    while day <= last:
        found.append(round(day))
        rate = family["reports_a_month_near_the_end" if day >= near else "reports_a_month"]
        day += rng.expovariate(rate / _DAYS_A_MONTH) + 2
    return found
