"""Conditions about doses."""

from collections.abc import Sequence
from datetime import timedelta

from service.care.facts.doses import ON_ADVICE, missed_in_a_row, was_missed
from service.care.facts.vocabulary import DOSE_REASONS, Vocabulary
from service.care.picture import Picture
from service.care.records import DoseFacts
from service.care.rules.evidence import Condition, Evidence, Phrase, Seen
from service.care.rules.parse import Spec

_REASONS = tuple(reason for reason in DOSE_REASONS if reason != ON_ADVICE)


def doses_missed(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{doses_missed: {reason: cost | [..], in_a_row: 3, within}}``.

    With ``reason``: a dose was missed so recently for one of these reasons.  With ``in_a_row``:
    the latest so many answered doses of one treatment were missed, none taken between, the last
    of them so recently; with both, each for one of the reasons.  A dose held on the team's advice
    is not missed, one that nobody answered neither missed nor taken.  The value is the same
    however many more are missed: of a row only its beginning is news, and another treatment.
    """
    inner = spec.part("doses_missed")
    spec.done()
    reasons: Sequence[str] | None = None
    if "reason" in inner:
        reasons = inner.words("reason", _REASONS, "reason a dose is missed for")
    row = inner.whole("in_a_row", default=0)
    if not row and reasons is None:
        raise inner.refuse("needs 'reason' or 'in_a_row'")
    within = inner.duration("within", vocabulary.windows.doses)
    inner.done()

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        answered = picture.doses.values()
        if not any(_recent(picture, doses[0], within) for doses in answered):
            seen.unknown.append("dose")
            return None
        found = [
            missed
            for doses in answered
            if (missed := _missed(picture, doses, reasons, row, within))
        ]
        return _evidence(found, row) if found else None

    return Condition(test, frozenset({"dose"}))


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


def _evidence(found: Sequence[Sequence[DoseFacts]], row: int) -> Evidence:
    values = {f"missed_{doses[0].code or doses[0].name}": row or 1 for doses in found}
    phrases = tuple(Phrase(_words(doses, row), doses[0].at) for doses in found)
    return Evidence(tuple(dose.record for doses in found for dose in doses), values, phrases)


def _words(doses: Sequence[DoseFacts], row: int) -> str:
    name = doses[0].name
    said = dict.fromkeys((dose.reason or "no reason given").replace("_", " ") for dose in doses)
    why = f" ({', '.join(said)})" if any(dose.reason for dose in doses) else ""
    if len(doses) == 1:
        return f"a dose of {name} missed{why}"
    return f"{len(doses)} doses of {name} missed{' in a row' if row else ''}{why}, the last"
