"""What a made-up patient has, where it is, when it grows, and how long she lives with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import log
from random import Random
from typing import Any

from service.cli.synth.numbers import Choice, Numbers
from service.cli.synth.people import Character

LOCAL = "local"
_DAYS_A_MONTH = 30.44
_DAYS_A_YEAR = 365.25
# Nobody is followed longer than this from the day the disease had spread.
_LONGEST = timedelta(days=40 * 365)


@dataclass(frozen=True, slots=True)
class Growth:
    """A day on which a scan showed that the disease had grown, and where it is new, if it is."""

    on: date
    new_site: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Illness:
    """A disease and its course.

    Attributes:
        kind: of cancer, as in ``synthetic.yaml``; ``"local"`` draws its lines where it is only
            in the breast, the scar or the armpit.
        course: whose lines she is given: her kind, or ``"local"``.
        first_sites: where it was when it had spread; empty for a local recurrence.
        growths: in the order of time, up to her death; each begins another line.
        dies_on: her last day, ``None`` if it lies beyond what is told.
        hospice_on: the day she goes into hospice, ``None`` if she does not.
    """

    kind: str
    course: str
    is_regional: bool
    stage_iv_at_diagnosis: bool
    diagnosed_on: date
    er: str
    pr: str
    her2: str
    mutations: tuple[str, ...]
    menopause: str
    surgery: str
    first_sites: tuple[str, ...]
    growths: tuple[Growth, ...]
    dies_on: date | None
    hospice_on: date | None

    @property
    def has_spread(self) -> bool:
        """Tell whether it is anywhere but in one place."""
        return self.course != LOCAL

    def sites_on(self, day: date) -> tuple[str, ...]:
        """Return where it is known to be on a day, in the order it was found."""
        later = (one.new_site for one in self.growths if one.on <= day)
        return (*self.first_sites, *(site for site in later if site is not None))


def illness(rng: Random, numbers: Numbers, her: Character, *, until: date) -> Illness:
    """Deal a disease to somebody who has lived with it until she joined."""
    kinds = {kind["key"]: kind for kind in numbers["subtypes"]["kinds"]}
    disease = numbers["disease"]
    kind = kinds[_kind(rng, numbers, kinds, her)]
    place = rng.random()
    is_local = place < disease["local"] + disease["regional"]
    course = LOCAL if is_local else kind["key"]
    from_first = not is_local and rng.random() < disease["stage_iv_at_diagnosis"]
    years = max(rng.gauss(disease["years_before"]["mean"], disease["years_before"]["deviation"]), 1)
    diagnosed_on = her.since - timedelta(days=0 if from_first else round(years * _DAYS_A_YEAR))
    sites = () if is_local else _first_sites(rng, numbers, kind["key"])
    dies_on = None if is_local else _last_day(rng, numbers, kind, her, until)
    hospice_on = _hospice_on(rng, numbers, her, dies_on)
    growths = () if is_local else _growths(
        rng, numbers, kind, sites, since=her.since, until=hospice_on or dies_on or until,
        holds_on=dies_on is None,
    )  # fmt: skip
    return Illness(
        kind=kind["key"],
        course=course,
        is_regional=is_local and place < disease["regional"],
        stage_iv_at_diagnosis=from_first,
        diagnosed_on=diagnosed_on,
        er=kind["er"],
        pr=kind["er"] if rng.random() < disease["progesterone_too"] else "negative",
        her2=Choice.of(kind["her2"]).draw(rng),
        mutations=_mutations(rng, numbers, kind["key"]),
        menopause=_menopause(rng, numbers, her),
        surgery=_surgery(rng, numbers, her, from_first),
        first_sites=sites,
        growths=growths,
        dies_on=dies_on,
        hospice_on=hospice_on,
    )


def _kind(rng: Random, numbers: Numbers, kinds: Mapping[str, Any], her: Character) -> str:
    """Return a kind by its share among those who live long enough to join."""
    shape = numbers["subtypes"]["survival_shape"]
    days = (her.joined_on - her.since).days
    shares = {
        key: kind["share"] * _alive(days, kind["median_months"], shape)
        for key, kind in kinds.items()
    }
    return str(Choice.of(shares).draw(rng))


def _alive(days: int, median_months: float, shape: float) -> float:
    return float(0.5 ** ((days / (median_months * _DAYS_A_MONTH)) ** shape))


def _last_day(
    rng: Random, numbers: Numbers, kind: Mapping[str, Any], her: Character, until: date
) -> date | None:
    """Return the day she dies if it comes before the end: she was alive when she joined."""
    shape = numbers["subtypes"]["survival_shape"]
    alive = _alive((her.joined_on - her.since).days, kind["median_months"], shape)
    left = max(rng.random() * alive, 1e-9)
    days = kind["median_months"] * _DAYS_A_MONTH * (log(left) / log(0.5)) ** (1 / shape)
    day = her.since + min(timedelta(days=round(days)), _LONGEST)
    # Somebody who joins is well enough to: her first weeks are not her last.
    day = max(day, her.joined_on + timedelta(days=14))
    return day if day < until else None


def _hospice_on(rng: Random, numbers: Numbers, her: Character, dies_on: date | None) -> date | None:
    lines = numbers["lines"]
    goes, days = rng.random() < lines["hospice"], rng.expovariate(1 / lines["hospice_days"])
    if dies_on is None or not goes:
        return None
    day = dies_on - timedelta(days=max(round(days), 3))
    return day if day > her.joined_on + timedelta(days=7) else None


def _growths(
    rng: Random, numbers: Numbers, kind: Mapping[str, Any], sites: tuple[str, ...], *,
    since: date, until: date, holds_on: bool,
) -> tuple[Growth, ...]:  # fmt: skip
    lines = numbers["lines"]
    medians = lines["median_months"][kind["key"]]
    known, day = list(sites), since
    found: list[Growth] = []
    total = kind["median_months"] * _DAYS_A_MONTH
    # Whoever lives long has had long lines; whoever does not, short ones.
    ease = 1.15 if holds_on else min(max(((until - since).days / total) ** 0.5, 0.5), 1.3)
    while True:
        median = medians[min(len(found), len(medians) - 1)] * _DAYS_A_MONTH * ease
        held = median * (-log(1 - rng.random()) / log(2)) ** (1 / lines["shape"])
        day += timedelta(days=max(round(held), lines["least_days"]))
        if day >= until - timedelta(days=10):
            return tuple(found)
        site = None
        if rng.random() < numbers["sites"]["new_place"]:
            drawn = Choice.of(numbers["sites"]["later"]).draw(rng)
            site = None if drawn in known else drawn
        known += [site] if site else []
        found.append(Growth(day, site))


def _first_sites(rng: Random, numbers: Numbers, kind: str) -> tuple[str, ...]:
    shares = numbers["sites"]["first"][kind]
    found = tuple(site for site, share in shares.items() if rng.random() < share)
    return found or ("bone" if rng.random() < shares["bone"] else "lymph_node",)


def _mutations(rng: Random, numbers: Numbers, kind: str) -> tuple[str, ...]:
    return tuple(
        row["name"]
        for row in numbers["disease"]["mutations"]
        if rng.random() < row["share"] and kind in row["of"]
    )


def _menopause(rng: Random, numbers: Numbers, her: Character) -> str:
    at = rng.gauss(
        numbers["disease"]["menopause"]["mean"], numbers["disease"]["menopause"]["deviation"]
    )
    if her.is_male:
        return "unknown"
    if her.age >= at:
        return "post"
    return "peri" if her.age >= at - 3 else "pre"


def _surgery(rng: Random, numbers: Numbers, her: Character, from_first: bool) -> str:
    drawn = rng.random()
    if from_first:
        return "none" if drawn < numbers["disease"]["no_operation"] else "lumpectomy"
    if her.is_male or drawn > numbers["disease"]["lumpectomy"]:
        return "mastectomy"
    return "lumpectomy"
