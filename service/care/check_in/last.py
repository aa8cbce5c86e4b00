"""What she said last, symptom by symptom, and "same as last time" in one tap."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from service.care.picture import Picture
from service.care.records import Record, ReportFacts
from service.clinical import knowledge
from service.clinical.check_in import CheckInPlan


class Answered(NamedTuple):
    """What was last said about one symptom.

    ``level`` is the grade, or 1 and 0 for present and not; ``day`` is her own, in words.
    """

    record: Record
    at: datetime
    day: str
    level: int

    @property
    def is_there(self) -> bool:
        """Tell whether she had it."""
        return self.level > 0


def latest_answers(picture: Picture) -> dict[str, Answered]:
    """Return her newest answer about each symptom; what was skipped or opted out of is none."""
    found: dict[str, Answered] = {}
    for symptom, given in picture.answers.items():
        for report, answer in given:
            if report.by_family:
                continue
            level = _level(answer)
            if level is not None:
                day = f"{picture.day_of(report.at):%-d %B}"
                found[symptom] = Answered(report.record, report.at, day, level)
                break
    return found


def answered_on(picture: Picture, day: date) -> bool:
    """Tell whether she has reported on a day of hers."""
    return any(picture.day_of(report.at) == day for report in _by_her(picture))


def same_as_last(
    picture: Picture, items: Sequence[Mapping[str, Any]], plan: CheckInPlan
) -> dict[str, Any] | None:
    """Return what an app sends as today's report if nothing has changed.

    Only what is asked today and was answered in her last report.  ``None`` if that is too long
    ago, or if she ticked a warning sign: those are never said again by one tap.

    Returns:
        ``{"report_id", "reported_at", "answers": [{"symptom", "severity", …}]}``.
    """
    report = next(_by_her(picture), None)
    if report is None or report.red_flags:
        return None
    if picture.as_of - report.at > timedelta(days=plan.same_within_days):
        return None
    asked = {item["symptom"] for item in items}
    answers = [_sent(answer) for answer in report.answers if answer["symptom"] in asked]
    if not answers:
        return None
    return {"report_id": report.id, "reported_at": report.at, "answers": answers}


def _by_her(picture: Picture) -> Iterator[ReportFacts]:
    """Yield what she said herself: nothing is asked of her again because family said so."""
    return (report for report in picture.reports if not report.by_family)


def _sent(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as she gave it, without what was worked out of it."""
    attributes = knowledge().symptoms[answer["symptom"]].attributes
    given = {name: answer[name] for name in attributes if answer.get(name) is not None}
    return {"symptom": answer["symptom"], **given}


def _level(answer: Mapping[str, Any]) -> int | None:
    if isinstance(answer.get("grade"), int):
        return int(answer["grade"])
    presence = answer.get("presence")
    return presence if isinstance(presence, int) else None
