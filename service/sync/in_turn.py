"""Taking the records of a push in their turn, and symptom reports all at once.

What the others may be about comes first (treatments, reminders), then what she reports, in the
order it happened, then her answers and plans; deletions last.  Reports are stored all at once and
judged when their time comes among the rest, so that rules see each beside all that was before it.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError

from service.care import many_reports
from service.care.guidance import Guidance
from service.errors import DomainError
from service.late_writes import attempt
from service.symptoms.actions import Reported
from service.sync.reading import Pushed, Rejection
from service.sync.taking import TAKERS, Push
from service.sync.taking_one import OnFile, new_body, taken_alone

_IN_THIS_ORDER = (
    "treatments", "reminders", "symptom_reports", "wellbeing_checks", "questionnaire_responses",
    "measurements", "doses", "reminder_occurrences", "events", "questions", "saved_content",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate(_IN_THIS_ORDER)}
_FIRST, _REPORTED, _THEN, _GONE = range(4)
_ABOUT_THEM = frozenset({"treatments", "reminders"})
_AT_ITS_OWN_TIME = frozenset(
    {"symptom_reports", "wellbeing_checks", "questionnaire_responses", "measurements"}
)
_REPORTS = "symptom_reports"
_FAR_AHEAD = 10**18

ToTake = tuple[Pushed, OnFile | None]


class Taken(NamedTuple):
    """What was taken, each with what she is told, and what was not."""

    told: list[tuple[Pushed, Guidance]]
    rejected: list[Rejection]


def take_all(push: Push, to_take: Sequence[ToTake]) -> Taken:
    """Take records, each whole or not at all."""
    alone = [one for one in to_take if not _comes_with_many(*one)]
    reports = [pushed for pushed, there in to_take if _comes_with_many(pushed, there)]
    if len(reports) > 1:
        try:
            with attempt(push.session):
                return _take(push, alone, reports)
        except (DomainError, IntegrityError):
            # One of them cannot be: only taking each alone tells which.
            pass
    return _take(push, to_take, [])


def _comes_with_many(pushed: Pushed, there: OnFile | None) -> bool:
    is_new = there is None and pushed.kind != "deleted"
    return is_new and pushed.table.name == _REPORTS and not pushed.raw.get("corrects")


def _take(push: Push, alone: Sequence[ToTake], reports: Sequence[Pushed]) -> Taken:
    taken = Taken([], [])
    by_stage: dict[int, list[ToTake]] = {}
    for one in sorted(alone, key=_turn):
        by_stage.setdefault(_turn(one)[0], []).append(one)
    _each(push, by_stage.get(_FIRST, ()), taken)
    bodies = list(_bodies(reports, taken))
    entered, refused = many_reports.enter(
        push.session, push.patient, change=push.change, reports=[body for _, body in bodies]
    )
    reported = {one.record["id"]: one for one in entered}
    for pushed, _ in bodies:
        if pushed.id in refused:
            taken.rejected.append(Rejection(_REPORTS, str(pushed.id), refused[pushed.id]))
    stored = [(pushed, None) for pushed, _ in bodies if pushed.id in reported]
    timed = sorted([*stored, *by_stage.get(_REPORTED, ())], key=_turn)

    def is_stored(one: ToTake) -> bool:
        return one[0].table.name == _REPORTS and one[0].id in reported

    for are_stored, some in groupby(timed, key=is_stored):
        if are_stored:
            _judge(push, [(pushed, reported[pushed.id]) for pushed, _ in some], taken)
        else:
            _each(push, some, taken)
    for stage in (_THEN, _GONE):
        _each(push, by_stage.get(stage, ()), taken)
    return taken


def _judge(push: Push, some: Sequence[tuple[Pushed, Reported]], taken: Taken) -> None:
    guidance = many_reports.judge(
        push.session, push.patient, change=push.change, entered=[one for _, one in some]
    )
    taken.told.extend((pushed, guidance[pushed.id]) for pushed, _ in some)


def _bodies(reports: Iterable[Pushed], taken: Taken) -> Iterable[tuple[Pushed, Any]]:
    for one in reports:
        try:
            yield one, new_body(one, TAKERS[_REPORTS])
        except DomainError as no:
            taken.rejected.append(Rejection(_REPORTS, str(one.id), no))


def _each(push: Push, some: Iterable[ToTake], taken: Taken) -> None:
    for one, there in some:
        try:
            taken.told.append((one, taken_alone(push, one, there)))
        except DomainError as no:
            taken.rejected.append(Rejection(one.table.name, str(one.id), no))


def _turn(record: ToTake) -> tuple[int, float, float]:
    """Return the stage a record is taken in, and its place there."""
    one, _ = record
    name, place, at = one.table.name, _PLACE[one.table.name], _milliseconds(one)
    if one.kind == "deleted":
        return _GONE, -place, 0
    if name in _ABOUT_THEM:
        return _FIRST, place, at
    return (_REPORTED, at, place) if name in _AT_ITS_OWN_TIME else (_THEN, place, at)


def _milliseconds(one: Pushed) -> float:
    said = one.raw.get(one.table.moment) if one.table.moment else None
    return said if isinstance(said, int | float) else _FAR_AHEAD
