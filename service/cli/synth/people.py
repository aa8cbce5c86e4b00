"""Who the made-up patients are.  Nobody's name, address or number is anybody's."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from service.cli.synth.dice import moment
from service.cli.synth.numbers import Choice, Numbers

_FIRST = (
    "Ada", "Alma", "Beatriz", "Birgit", "Carmen", "Chioma", "Dana", "Dolores", "Elif", "Esther",
    "Farah", "Fatou", "Grace", "Hanna", "Imani", "Ines", "Joyce", "Karin", "Keiko", "Leila",
    "Lucia", "Maria", "Mei", "Naomi", "Nadia", "Olive", "Paula", "Petra", "Quynh", "Rosa", "Ruth",
    "Samira", "Sonja", "Teresa", "Thandi", "Ulla", "Vera", "Wanda", "Ximena", "Yara", "Zofia",
)  # fmt: skip
_FIRST_OF_MEN = ("Andre", "Boris", "Carlos", "David", "Emil", "Felix", "George", "Hamid", "Ivan")
_LAST = (
    "Abara", "Bennett", "Castillo", "Chen", "Dupont", "Eriksen", "Fischer", "Garcia", "Hughes",
    "Ito", "Jensen", "Kamau", "Kowalski", "Lopez", "Moreau", "Nguyen", "Novak", "Oduya", "Park",
    "Quispe", "Ramos", "Rossi", "Silva", "Singh", "Tanaka", "Underwood", "Varga", "Weber", "Xu",
    "Young", "Zeman",
)  # fmt: skip
_DAYS_A_MONTH = 30.44
_LEAST_DAYS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """Who she is, before anything happens to her.

    Attributes:
        since: the day from which on her disease had spread, or had come back in one place.
        joined_on: the day she registered, on her own clock.
    """

    number: int
    name: str
    email: str
    phone: str | None
    birth_year: int
    is_male: bool
    activity: int
    zone: ZoneInfo
    locale: str
    since: date
    joined_at: datetime
    joined_on: date

    @property
    def age(self) -> int:
        """Return how old she was when the disease had spread or come back."""
        return self.since.year - self.birth_year


def character(rng: Random, numbers: Numbers, *, number: int, until: date, days: int) -> Character:
    """Deal somebody who joins a clinic within so many days before a day."""
    people = numbers["people"]
    is_male = rng.random() < people["male"]
    first, last = rng.choice(_FIRST_OF_MEN if is_male else _FIRST), rng.choice(_LAST)
    zone = ZoneInfo(Choice.of(people["time_zones"]).draw(rng))
    ago = _joined_ago(rng, numbers, days)
    joined_on = until - timedelta(days=ago)
    late = timedelta(days=_after_the_news(rng, numbers))
    age = people["age"]
    years = min(max(rng.gauss(age["mean"], age["deviation"]), age["least"]), age["most"])
    since = joined_on - late
    return Character(
        number=number,
        name=f"{first} {last}",
        email=f"{first}.{last}.{number}@example.org".lower(),
        # 555 0100 to 0199 belong to nobody.
        phone=f"+1 206 555 01{rng.randrange(100):02}" if rng.random() < people["phone"] else None,
        birth_year=since.year - round(years),
        is_male=is_male,
        activity=Choice.of(dict(enumerate(people["activity_levels"]))).draw(rng),
        zone=zone,
        locale=Choice.of(people["locales"]).draw(rng),
        since=since,
        joined_at=moment(joined_on, rng.uniform(8.5, 17.5), zone),
        joined_on=joined_on,
    )


def _joined_ago(rng: Random, numbers: Numbers, days: int) -> int:
    """Return how many days before the last she joined: many at the start, then one by one."""
    least = min(_LEAST_DAYS, days)
    if rng.random() < numbers["people"]["there_at_the_start"]:
        return days - rng.randrange(max(days // 12, 1))
    return rng.randint(least, days)


def _after_the_news(rng: Random, numbers: Numbers) -> int:
    """Return how many days she has known what she has when she joins."""
    people = numbers["people"]
    if rng.random() < people["joins_soon"]:
        return rng.randint(7, 90)
    return rng.randint(90, round(people["joins_within_months"] * _DAYS_A_MONTH))
