"""Where people drop out: one funnel for each queue and source, small numbers hidden.  Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.accounts.models import Queue
from service.support.rules import STAGES, is_hidden

SCREEN, REQUEST = "screen", "request"
# Which stages a source has: who asks for herself needs no offer.
STAGES_OF: Mapping[str, tuple[str, ...]] = {
    SCREEN: STAGES,
    REQUEST: tuple(stage for stage in STAGES if stage != "offered"),
}
# What opens alerts of social needs; every queue but coordination is asked for.
_SOURCES: Mapping[Queue, tuple[str, ...]] = {
    Queue.SOCIAL_WORK: (SCREEN, REQUEST),
    Queue.CHAPLAINCY: (SCREEN, REQUEST),
    Queue.NURSING: (REQUEST,),
    Queue.COORDINATION: (),
}


def funnels(rows: Iterable[Any], queues: Sequence[Queue]) -> list[dict[str, Any]]:
    """Return a funnel for each queue and source.

    A stage counts everybody who reached it or a later one, so the numbers fall from stage to
    stage; ``ended`` says how it ended for those who got no further, ``waiting`` how many are there
    still.  Drills are left out.

    Args:
        rows: of ``cascade_queries.counts``.
        queues: in which order; others are left out.
    """
    counted: dict[tuple[Queue, str], Counter[tuple[str, str | None]]] = {
        (queue, source): Counter() for queue in queues for source in _SOURCES[queue]
    }
    for row in rows:
        source = SCREEN if row.is_alert else REQUEST
        if not row.is_drill and (row.queue, source) in counted:
            stage = _shown_as(source, STAGES[row.stage])
            counted[row.queue, source][stage, row.ended_as] += row.number
    return [
        {"queue": queue, "source": source, "stages": _stages(STAGES_OF[source], counts)}
        for (queue, source), counts in counted.items()
    ]


def drills_in(rows: Iterable[Any]) -> int:
    """Return how many of the cascades were made-up cases."""
    return sum(row.number for row in rows if row.is_drill)


def _shown_as(source: str, stage: str) -> str:
    """Return the stage under which a source counts one: an offer to who asked is no step."""
    return stage if stage in STAGES_OF[source] else STAGES[0]


def _stages(
    stages: Sequence[str], counts: Mapping[tuple[str, str | None], int]
) -> list[dict[str, Any]]:
    stopped = {stage: _at(stage, counts) for stage in stages}
    total = sum(stopped.values())
    return [
        _stage(stage, sum(stopped[one] for one in stages[place:]), total, counts)
        for place, stage in enumerate(stages)
    ]


def _stage(
    stage: str, reached: int, total: int, counts: Mapping[tuple[str, str | None], int]
) -> dict[str, Any]:
    cell = _cell(reached)
    has_share = total > 0 and not cell["hidden"] and not is_hidden(total)
    ended = sorted(
        (ended_as, number)
        for (where, ended_as), number in counts.items()
        if where == stage and ended_as is not None
    )
    return {
        "stage": stage,
        **cell,
        "share": round(reached / total, 3) if has_share else None,
        "waiting": _cell(counts.get((stage, None), 0)),
        "ended": [{"as": ended_as, **_cell(number)} for ended_as, number in ended],
    }


def _at(stage: str, counts: Mapping[tuple[str, str | None], int]) -> int:
    return sum(number for (where, _as), number in counts.items() if where == stage)


def _cell(number: int) -> dict[str, Any]:
    hidden = is_hidden(number)
    return {"number": None if hidden else number, "hidden": hidden}
