"""How a study stands to her: each criterion met, not met or to be asked.  Pure.

Only fields of the registry (age, sex, status) ever leave a study out.  What was read in a text is
a hint: it moves a study up or down, with the line that says so.  Nothing here says that she may
take part: that is for the people of the study.
"""

from collections.abc import Callable, Iterable, Mapping
from math import asin, cos, radians, sin, sqrt
from typing import Any, NamedTuple

from service.studies.terms import Herself, Record, Truth

MET, ASK, NOT_MET = "met", "ask_your_doctor", "not_met"
FITS = ("may_fit", "ask", "probably_not")
# Shown as criteria of their own only where they speak against it.
OUTSIDE = frozenset({"title", "conditions", "words"})
_EARTH_KM = 6371.0088
_YEAR = 365.25
TellTruth = Callable[[str], Truth]


class Verdict(NamedTuple):
    """How one criterion stands, why in words, and the records that say so."""

    verdict: str
    because: str | None = None
    records: tuple[Record, ...] = ()


class Place(NamedTuple):
    """A site that takes people, and how far it is; ``km`` is ``None`` where nobody knows."""

    site: Mapping[str, Any]
    km: float | None


def verdict_of(section: str, says: Any, hedged: bool, truth: TellTruth) -> Verdict:
    """Judge one line.

    Args:
        section: inclusion, exclusion, unclear, or where else it stands.
        says: what was read in it: groups of alternatives of terms.
        hedged: whether it says more than was read.
        truth: tells of a term whether it holds.
    """
    if not says:
        return Verdict(ASK)
    seen: list[Truth] = []
    holds = _all(_any(_all(map(truth, terms), seen) for terms in group) for group in says)
    words = " ".join(dict.fromkeys(one.words for one in seen))
    records = tuple({one["id"]: one for told in seen for one in told.records}.values())
    if hedged or section == "unclear" or holds is None:
        return Verdict(ASK, words, records)
    wanted = section != "exclusion"
    return Verdict(MET if holds is wanted else NOT_MET, words, records)


def is_left_out(sex: str, least: int | None, most: int | None, her: Herself) -> bool:
    """Tell whether age or sex, as fields of the registry, leave her out for certain.

    Args:
        sex: of the study: FEMALE, MALE or ALL.
        least: youngest age in days, ``None`` for no limit.
        most: oldest age in days, ``None`` for no limit; who has that age is within it.
        her: whose year of birth is known, not her birthday.
    """
    if sex != "ALL" and her.sex in ("female", "male") and her.sex != sex.lower():
        return True
    if her.ages is None:
        return False
    youngest, oldest = her.ages
    # Limits are whole days, rounded down: a year may be up to a day longer than it says.
    if least is not None and (oldest + 1) * _YEAR < least + 1:
        return True
    return most is not None and youngest * _YEAR >= most + _YEAR


def registry_criteria(
    sex: str, least: int | None, most: int | None, her: Herself
) -> list[tuple[str, Verdict]]:
    """Return age and sex as criteria with their verdicts; no line where there is no limit."""
    lines = []
    if least is not None or most is not None:
        lines.append((_age_words(least, most), _age_verdict(least, most, her)))
    if sex != "ALL":
        known = her.sex in ("female", "male")
        words = f"On file: {her.sex}." if known else "Not on file: sex."
        verdict = (MET if her.sex == sex.lower() else NOT_MET) if known else ASK
        lines.append((f"Sex: {sex.lower()}", Verdict(verdict, words, (her.patient,))))
    return lines


def _age_verdict(least: int | None, most: int | None, her: Herself) -> Verdict:
    if her.ages is None:
        return Verdict(ASK, "Not on file: year of birth.", (her.patient,))
    youngest, oldest = her.ages
    inside = youngest * _YEAR >= (least or 0) and (most is None or oldest * _YEAR < most + 1)
    verdict = MET if inside else NOT_MET if is_left_out("ALL", least, most, her) else ASK
    return Verdict(verdict, f"On file: born {her.birth_year}.", (her.patient,))


def _age_words(least: int | None, most: int | None) -> str:
    parts = [f"from {_age(least)}" if least else "", f"to {_age(most)}" if most is not None else ""]
    return "Age: " + (" ".join(part for part in parts if part) or "any")


def _age(days: int) -> str:
    years = round(days / _YEAR)
    return f"{years} years" if days >= 2 * _YEAR else f"{round(days / 30.4375)} months"


def km_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the distance of two points on Earth, each ``(lat, lon)`` in degrees, in kilometres.

    Source: haversine formula, mean radius of the IUGG, 6371.0088 km.
    """
    lat, lon, other_lat, other_lon = map(radians, (*one, *other))
    half = sin((other_lat - lat) / 2) ** 2
    half += cos(lat) * cos(other_lat) * sin((other_lon - lon) / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half)))


def nearest(
    sites: Iterable[Mapping[str, Any]], home: tuple[float, float] | None, recruiting: str
) -> Place | None:
    """Return the nearest site that takes people itself.

    Without a home, or where no such site says where it is, the first of them with ``km`` unknown;
    ``None`` if none takes people.
    """
    open_sites = [site for site in sites if site["status"] == recruiting]
    if not open_sites:
        return None
    placed = [site for site in open_sites if site["lat"] is not None]
    if home is None or not placed:
        return Place(open_sites[0], None)
    far, _, site = min(
        (km_between(home, (site["lat"], site["lon"])), number, site)
        for number, site in enumerate(placed)
    )
    return Place(site, round(far, 1))


def _all(truths: Iterable[Any], seen: list[Truth] | None = None) -> bool | None:
    holds: bool | None = True
    for one in truths:
        value = one
        if isinstance(one, Truth):
            if seen is not None:
                seen.append(one)
            value = one.holds
        if value is False:
            holds = False
        elif value is None and holds:
            holds = None
    return holds


def _any(truths: Iterable[bool | None]) -> bool | None:
    found = list(truths)
    if True in found:
        return True
    return None if None in found else False
