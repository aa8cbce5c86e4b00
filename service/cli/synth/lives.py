"""Made-up lives from a seed: one at a time, each from dice of its own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from operator import attrgetter
from random import Random

from service.cli.synth.diagnosing import diagnoses
from service.cli.synth.dice import dice, stream_of
from service.cli.synth.doses import doses
from service.cli.synth.entering import entered
from service.cli.synth.family import helper
from service.cli.synth.fate import Fate, fate
from service.cli.synth.illness import Illness, illness
from service.cli.synth.levels import felt
from service.cli.synth.life import Happening, Life, Person
from service.cli.synth.moods import Mood
from service.cli.synth.numbers import Numbers, numbers
from service.cli.synth.outings import outings, scans
from service.cli.synth.people import Character, character
from service.cli.synth.reports import Reporting, fevers
from service.cli.synth.treating import courses
from service.cli.synth.weeks import absences, habit, report_days

_DAYS_A_YEAR = 365.25
_FAR = 10_000
_LEAST_DAYS = 30


def lives(
    seed: int, patients: int, *, until: datetime, years: float = 3, first: int = 0
) -> Iterator[Life]:
    """Deal lives one after the other, each complete before the next is begun.

    Life 17 of a seed is the same whether 20 or 10,000 are dealt, and in whichever process.

    Args:
        seed: which clinic.
        patients: how many lives.
        until: aware; nothing happens at this moment or later.
        years: for how long the clinic has been at work by then.
        first: number of the first one.
    """
    known = numbers()
    for number in range(first, first + patients):
        yield life(seed, number, until=until.astimezone(UTC), years=years, known=known)


def life(seed: int, number: int, *, until: datetime, years: float, known: Numbers) -> Life:
    """Deal one life; see ``lives``."""
    last = until.date()
    days = max(round(years * _DAYS_A_YEAR), _LEAST_DAYS)
    her = character(dice(seed, number, "who"), known, number=number, until=last, days=days)
    ill = illness(dice(seed, number, "illness"), known, her, until=last)
    ends = fate(dice(seed, number, "fate"), known, her, ill, until=until)
    found = [one for one in _entered(seed, known, her, ill, ends) if one.at < ends.closes_at]
    found += ends.happenings
    # Sorting is stable: what is entered in one moment stays in the order it was dealt.
    happenings = sorted((one for one in found if one.at < until), key=attrgetter("at"))
    person = Person(
        number=her.number, display_name=her.name, email=her.email, phone=her.phone,
        birth_year=her.birth_year, sex="male" if her.is_male else "female", ecog=her.activity,
        time_zone=her.zone.key, locale=her.locale, joined_at=her.joined_at, died_on=ends.died_on,
    )  # fmt: skip
    return Life(person, tuple(happenings), stream_of(seed, number, "clinic"))


def _entered(
    seed: int, known: Numbers, her: Character, ill: Illness, ends: Fate
) -> Iterator[Happening]:
    """Name what is entered by her, her family and her clinic, apart from where she stands."""
    begins = her.joined_on.toordinal()

    def dealt(part: str) -> Random:
        return dice(seed, her.number, part)

    keeps = habit(dealt("habit"), known, her.joined_on)
    taken = courses(dealt("treating"), known, her, ill, until=date.fromordinal(ends.last))
    # Whoever has given up reporting does not tell of a fever either.
    until = min(ends.last, keeps.gives_up_on)
    hot = fevers(dealt("fever"), known, taken, first=begins + 1, last=until)
    away = absences(dealt("away"), known, first=begins + 7, last=ends.last, fevers=sorted(hot))
    scanned = scans(dealt("scans"), known, her, ill, last=ends.last)
    yield from diagnoses(dealt("diagnosing"), known, her, ill)
    rng, ticking = dealt("entering"), dealt("doses")
    for course, happenings in entered(rng, known, her, taken):
        yield from happenings
        yield from doses(ticking, known, her, keeps, course, last=ends.last)
    yield from outings(dealt("outings"), known, her, scanned=scanned, away=away, last=ends.last)
    kin = helper(dealt("family"), known, her, ill, last=ends.last)
    if kin is not None:
        yield kin.happening
    feels = felt(dealt("feeling"), known, ill, taken, since=her.since, last=ends.last + _FAR)
    usual = report_days(
        dealt("weeks"), known, keeps, first=begins + 1, last=ends.last,
        away=away, paused=ends.paused, dies=ill.dies_on.toordinal() if ill.dies_on else None,
    )  # fmt: skip
    by_family = kin.days if kin is not None else ()
    days = dict.fromkeys(by_family, True) | dict.fromkeys((*usual, *hot), False)
    told = Reporting(dealt("reporting"), known, her, ill, taken=taken, feels=feels, keeps=keeps)
    mood = Mood(dealt("mood"), known, her, ill, keeps=keeps, scanned=scanned)
    for day, report, burden in told.reports(days, hot):
        yield report
        if report.by == "patient":
            yield from mood.after(day, report.at, burden)
