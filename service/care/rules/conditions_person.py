"""Conditions about the person and her time with the app."""

from datetime import timedelta

from service.care.facts.listing import days_since_joining as days_joined
from service.care.facts.vocabulary import CARE_STATUSES, Vocabulary
from service.care.picture import Picture
from service.care.rules.evidence import Condition, Evidence, Phrase, Seen
from service.care.rules.parse import Spec

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
_FOREVER = 1_000_000


def silence(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{silence: {weeks_missed: 2}}``: so many weekly reports in a row did not come.

    Counted from her last report, or from the day she joined.  A silence someone can explain is
    not one.
    """
    del vocabulary
    inner = spec.part("silence")
    spec.done()
    weeks = inner.whole("weeks_missed")
    inner.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        since = picture.silent_since
        missed = (picture.as_of - since) // _WEEK
        if missed < weeks or picture.records.known_reasons_for_silence:
            return None
        records = picture.records
        last = picture.reports[0].record if picture.reports else records.patient
        words = Phrase(f"{missed} weekly reports missed in a row")
        return Evidence((last,), {"weeks_missed": missed}, (words,))

    return Condition(test, frozenset({"silence", "time"}))


def care(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{care: active | [..]}``: her care has one of these statuses."""
    del vocabulary
    statuses = spec.words("care", CARE_STATUSES, "care status")
    spec.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        return Evidence() if picture.records.care_status in statuses else None

    return Condition(test, _READS)


def age(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{age: {at_least, below}}``, in years she reaches this year."""
    del vocabulary
    inner = spec.part("age")
    spec.done()
    low, below = inner.whole("at_least", default=0), inner.whole("below", default=_FOREVER)
    inner.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        born = picture.records.birth_year
        if born is None:
            seen.unknown.append("birth_year")
            return None
        years = picture.records.today.year - born
        if not low <= years < below:
            return None
        return Evidence((picture.records.patient,), {}, (Phrase(f"age {years}"),))

    return Condition(test, _READS)


def prefers(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{prefers: trials | [..]}``: she said she wants to know about one of these."""
    del vocabulary
    wanted = spec.words("prefers", PREFERENCES, "information preference")
    spec.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        said = picture.records.information_preferences
        seen.unknown += [f"preference.{name}" for name in wanted if name not in said]
        found = [name for name in wanted if said.get(name)]
        if not found:
            return None
        named = " and ".join(name.replace("_", " ") for name in found)
        words = Phrase(f"wishes to know about {named}")
        return Evidence((picture.records.patient,), {}, (words,))

    return Condition(test, _READS)


def days_since_joining(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{days_since_joining: {at_least, below}}``, in her own days."""
    del vocabulary
    inner = spec.part("days_since_joining")
    spec.done()
    low, below = inner.whole("at_least", default=0), inner.whole("below", default=_FOREVER)
    inner.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        days = days_joined(picture)
        if not low <= days < below:
            return None
        words = Phrase("new here" if days == 0 else f"{days} days with Waymark")
        return Evidence((picture.records.patient,), {}, (words,))

    return Condition(test, frozenset({"patient", "time"}))
