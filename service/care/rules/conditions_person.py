"""Conditions about the person and her time with the app."""

from collections.abc import Iterable
from datetime import timedelta

from service.care.facts.answers import Given
from service.care.facts.listing import days_since_joining as days_joined
from service.care.facts.vocabulary import CARE_STATUSES, Vocabulary
from service.care.picture import Picture
from service.care.records import Record
from service.care.rules.evidence import Condition, Evidence, Phrase, says_nothing
from service.care.rules.parse import Spec
from service.panel.rhythm import every

PREFERENCES = (
    "prognosis",
    "statistics",
    "side_effects",
    "trials",
    "end_of_life",
    "sexual",
)
"""What she may say she wants to read about; the words of ``needs`` in an article."""

_WEEK = timedelta(days=7)
_READS = frozenset({"patient"})


def silence(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """No report came for so long, and nobody knows a reason.

    `missed_check_ins` are counted by her own rhythm, `weeks_missed` from her last report or the
    day she joined; one of the two is needed. Days on which she was known to be away count nowhere.
    """
    del vocabulary
    inner = spec.part("silence")
    spec.done()
    by_rhythm = "missed_check_ins" in inner
    if not by_rhythm and "weeks_missed" not in inner:
        raise spec.refuse("needs 'missed_check_ins' or 'weeks_missed'", "silence")
    least = inner.whole("missed_check_ins" if by_rhythm else "weeks_missed", least=1)
    inner.done()

    def rhythm_broken(picture: Picture, given: Given | None) -> bool:
        known = picture.records.silence
        explained = picture.records.known_reasons_for_silence
        return known is not None and known.missed >= least and not explained

    def weeks_passed(picture: Picture, given: Given | None) -> bool:
        return _weeks(picture) >= least and not picture.records.known_reasons_for_silence

    reads = frozenset({"silence", "time"})
    if by_rhythm:
        return Condition(rhythm_broken, _by_her_rhythm, reads)
    return Condition(weeks_passed, _by_the_week, reads)


def _by_her_rhythm(picture: Picture, given: Given | None, told: Evidence) -> None:
    known = picture.records.silence
    if known is None:
        return
    # No count and no values: that a silence goes on is what is known already, and not worse.
    words = Phrase("last heard of her", known.since), Phrase(f"usually {every(known.every_days)}")
    told.add((_last_word(picture),), words=lambda: words)


def _by_the_week(picture: Picture, given: Given | None, told: Evidence) -> None:
    missed = _weeks(picture)
    words = Phrase(f"{missed} weekly reports missed in a row")
    told.add((_last_word(picture),), {"weeks_missed": missed}, lambda: (words,))


def _weeks(picture: Picture) -> int:
    return (picture.as_of - picture.silent_since) // _WEEK


def _last_word(picture: Picture) -> Record:
    return picture.reports[0].record if picture.reports else picture.records.patient


def care(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Her care has one of these statuses."""
    del vocabulary
    statuses = spec.words("care", CARE_STATUSES, "care status")
    spec.done()

    def holds(picture: Picture, given: Given | None) -> bool:
        return picture.records.care_status in statuses

    return Condition(holds, says_nothing, _READS)


def age(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Her age lies in a range, in years she reaches this year."""
    del vocabulary
    inner = spec.part("age")
    spec.done()
    low, below = inner.between()
    inner.done()

    def holds(picture: Picture, given: Given | None) -> bool:
        born = picture.records.birth_year
        return born is not None and low <= picture.records.today.year - born < below

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        years = picture.records.today.year - (picture.records.birth_year or 0)
        told.add((picture.records.patient,), words=lambda: (Phrase(f"age {years}"),))

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        return ("birth_year",) if picture.records.birth_year is None else ()

    return Condition(holds, says, _READS, missed)


def prefers(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """She said she wants to read about one of these."""
    del vocabulary
    wanted = spec.words("prefers", PREFERENCES, "information preference")
    spec.done()

    def found(picture: Picture, given: Given | None) -> list[str]:
        said = picture.records.information_preferences
        return [name for name in wanted if said.get(name)]

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        named = " and ".join(name.replace("_", " ") for name in found(picture, given))
        words = Phrase(f"wishes to know about {named}")
        told.add((picture.records.patient,), words=lambda: (words,))

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        said = picture.records.information_preferences
        return [f"preference.{name}" for name in wanted if name not in said]

    return Condition(found, says, _READS, missed)


def study_saved(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """She has saved a clinical study."""
    del vocabulary
    if not spec.flag("study_saved"):
        raise spec.refuse("is true or is left out; write 'not' around it", "study_saved")
    spec.done()

    def holds(picture: Picture, given: Given | None) -> bool:
        return bool(picture.saved_studies)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        # The newest alone: a reason that named them all would be a new one with each.
        newest = picture.saved_studies[0].record
        told.add((newest,), words=lambda: (Phrase("saved a clinical study", newest.at),))

    return Condition(holds, says, frozenset({"study"}))


def days_since_joining(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Days since she joined lie in a range, counted in her own days."""
    del vocabulary
    inner = spec.part("days_since_joining")
    spec.done()
    low, below = inner.between()
    inner.done()

    def holds(picture: Picture, given: Given | None) -> bool:
        return low <= days_joined(picture) < below

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        days = days_joined(picture)
        words = Phrase("new here" if days == 0 else f"{days} days with Waymark")
        told.add((picture.records.patient,), words=lambda: (words,))

    return Condition(holds, says, frozenset({"patient", "time"}))
