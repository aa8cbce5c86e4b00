"""Conditions about doses."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from service.care.facts.answers import Given
from service.care.facts.doses import ON_ADVICE, missed_in_a_row, was_missed
from service.care.facts.vocabulary import DOSE_REASONS, Vocabulary
from service.care.picture import Picture
from service.care.records import DoseFacts
from service.care.rules.evidence import Condition, Evidence, Phrase
from service.care.rules.parse import Spec

MISSED_FOR = tuple(reason for reason in DOSE_REASONS if reason != ON_ADVICE)
"""What a dose may be missed for; one held on advice is not missed."""


def doses_missed(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Doses were missed.

    With `reason`, a dose was missed so recently for one of these reasons. With `in_a_row`, the
    latest so many answered doses of one treatment were missed, none taken between, the last of
    them so recently; with both, each for one of the reasons. A dose held on the team's advice is
    not missed, one that nobody answered neither missed nor taken. Of a row only its beginning is
    news, however many more are missed.
    """
    inner = spec.part("doses_missed")
    spec.done()
    reasons: Sequence[str] | None = None
    if "reason" in inner:
        reasons = inner.words("reason", MISSED_FOR, "reason a dose is missed for")
    row = inner.whole("in_a_row", default=0, least=1)
    if not row and reasons is None:
        raise inner.refuse("needs 'reason' or 'in_a_row'")
    within = inner.duration("within", vocabulary.windows.doses)
    inner.done()

    def found(picture: Picture, given: Given | None) -> list[Sequence[DoseFacts]]:
        return [
            doses
            for answered in picture.doses.values()
            if (doses := _missed(picture, answered, reasons, row, within))
        ]

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        _missed_doses(told, found(picture, given), row)

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        answered = picture.doses.values()
        recent = any(_recent(picture, doses[0], within) for doses in answered)
        return () if recent else ("dose",)

    return Condition(found, says, frozenset({"dose"}), missed)


def _recent(picture: Picture, dose: DoseFacts, within: timedelta) -> bool:
    return picture.as_of - dose.at <= within


def _missed(
    picture: Picture,
    doses: Sequence[DoseFacts],
    reasons: Sequence[str] | None,
    row: int,
    within: timedelta,
) -> Sequence[DoseFacts]:
    """Return the missed doses of one treatment that make the condition true, newest first."""

    def fits(dose: DoseFacts) -> bool:
        return reasons is None or dose.reason in reasons

    if not row:
        return [
            dose
            for dose in doses
            if was_missed(dose) and fits(dose) and _recent(picture, dose, within)
        ]
    missed = missed_in_a_row(doses)[:row]
    if len(missed) < row or not all(fits(dose) for dose in missed):
        return []
    return missed if _recent(picture, missed[0], within) else []


def _missed_doses(told: Evidence, found: Sequence[Sequence[DoseFacts]], row: int) -> None:
    values = {f"missed_{doses[0].code or doses[0].name}": row or 1 for doses in found}
    records = [dose.record for doses in found for dose in doses]
    told.add(records, values, lambda: (Phrase(_words(doses, row), doses[0].at) for doses in found))


def _words(doses: Sequence[DoseFacts], row: int) -> str:
    name = doses[0].name
    said = dict.fromkeys((dose.reason or "no reason given").replace("_", " ") for dose in doses)
    why = f" ({', '.join(said)})" if any(dose.reason for dose in doses) else ""
    if len(doses) == 1:
        return f"a dose of {name} missed{why}"
    return f"{len(doses)} doses of {name} missed{' in a row' if row else ''}{why}, the last"
