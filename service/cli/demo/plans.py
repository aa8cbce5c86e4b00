"""What becomes of each patient of the demo: drawn once, from a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from service.accounts.models import CareStatus
from service.cli.demo.cast import (
    ANAS,
    BONE_DRUGS,
    CHEMOTHERAPY,
    REGIMENS,
    SITES,
    ZONE,
    Regimen,
    names,
)

ANA = "ana@example.org"
# What waits for somebody when the demo starts, one patient each.
MATTERS = ("fever", "nausea", "distress", "suicidal_thoughts", "chaplain", "missed_doses")
# She reports every so many days: most people weekly, some more often.
_RHYTHMS = (7.0, 7.0, 7.0, 5.0, 3.5, 2.5)
_ZONES = (ZONE, ZONE, ZONE, ZONE, "America/Denver", "America/Phoenix")
_PATIENTS = 40
_PAUSED, _IN_HOSPICE = 11, 12
_SILENT = (13, 14, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One patient: who she is, what she has and takes, how often she reports.

    Attributes:
        joined_at: when she registered.
        codes: of the catalogue, each with the day it began.
        every: days between reports.
        last_day: day of her last ordinary report.
        is_silent: whether she has stopped reporting.
        matter: what waits for somebody right now, one of ``MATTERS``, or ``None``.
    """

    name: str
    email: str
    phone: str
    birth_year: int
    time_zone: str
    joined_at: datetime
    regimen: Regimen
    sites: tuple[str, ...]
    codes: tuple[tuple[str, date], ...]
    every: float
    last_day: date
    matter: str | None = None
    is_silent: bool = False
    status: CareStatus = CareStatus.ACTIVE

    @property
    def zone(self) -> ZoneInfo:
        """Return where she lives."""
        return ZoneInfo(self.time_zone)

    @property
    def joined_on(self) -> date:
        """Return the day on which she registered, on her own calendar."""
        return self.joined_at.astimezone(self.zone).date()


def plans(rng: Random, *, patients: int, now: datetime) -> list[Plan]:
    """Return Ana and the others; the same seed gives the same people."""
    people = ["Ana Reyes", *names(rng, max(patients - 1, 0))]
    return [_plan(rng, number, name, now) for number, name in enumerate(people[:patients])]


def _plan(rng: Random, number: int, name: str, now: datetime) -> Plan:
    matter = MATTERS[number - 1] if 0 < number <= len(MATTERS) else None
    regimen = _regimen(rng, number, matter)
    sites = _sites(rng, number, regimen)
    zone = ZONE if number == 0 else rng.choice(_ZONES)
    today = now.astimezone(ZoneInfo(zone)).date()
    joined = today - timedelta(days=rng.randint(60, 90))
    silent_for = rng.randint(20, 34) if number in _SILENT else rng.randint(2, 3)
    return Plan(
        name=name,
        email=_email(number, name),
        # Numbers 0100 to 0199 of 555 belong to nobody.
        phone=f"+1 206 555 01{number % 100:02}",
        birth_year=today.year - rng.randint(38, 79),
        time_zone=zone,
        joined_at=datetime.combine(joined, time(10), ZoneInfo(zone)).astimezone(UTC)
        + timedelta(minutes=rng.randint(0, 500)),
        regimen=regimen,
        sites=sites,
        codes=_codes(rng, regimen, sites, joined),
        every=3.5 if number == 0 else rng.choice(_RHYTHMS),
        last_day=today - timedelta(days=silent_for),
        matter=matter,
        is_silent=number in _SILENT,
        status={_PAUSED: CareStatus.PAUSED, _IN_HOSPICE: CareStatus.HOSPICE}.get(
            number, CareStatus.ACTIVE
        ),
    )


def _regimen(rng: Random, number: int, matter: str | None) -> Regimen:
    if number == 0:
        return ANAS
    if matter == "missed_doses":
        return ANAS  # tablets, which can be missed
    return CHEMOTHERAPY if matter == "fever" else rng.choice(REGIMENS)


def _sites(rng: Random, number: int, regimen: Regimen) -> tuple[str, ...]:
    if regimen.recurrence == "local":
        return ()
    if number == 0:
        return ("bone", "liver")
    return tuple(sorted({rng.choice(SITES) for _ in range(rng.randint(1, 2))}))


def _codes(
    rng: Random, regimen: Regimen, sites: Sequence[str], joined: date
) -> tuple[tuple[str, date], ...]:
    began = joined + timedelta(days=rng.randint(-40, 5))
    codes = [(code, began) for code in regimen.codes]
    if "bone" in sites:
        codes.append((rng.choice(BONE_DRUGS), joined + timedelta(days=rng.randint(5, 20))))
    return tuple(codes)


def _email(number: int, name: str) -> str:
    if number == 0:
        return ANA
    return name.lower().replace(" ", ".") + "@example.org"
