"""What the pages of the cascade are made of."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from service.clinical import knowledge
from service.dashboard import funnel_chart
from service.dashboard.access import Visit
from service.dashboard.cascade_words import (
    ENDING_SHORT,
    SOURCE_WORDS,
    STEP_WORDS,
    stage_words,
)  # fmt: skip
from service.dashboard.formatting import QUEUE_WORDS, listed, plain
from service.support import cascade_actions

_FEW = "1 to 4"


def in_words(visit: Visit, cascade: Mapping[str, Any]) -> dict[str, Any]:
    """Add to a cascade as it is shown what a page says of it."""
    today = visit.frame.words.local(visit.now).date()
    day: date | None = cascade["follow_up_on"]
    return {
        **cascade,
        "stage_words": stage_words(cascade["stage"], cascade["source"]),
        "is_due": cascade["ended_at"] is None and day is not None and day <= today,
        "is_late": cascade["ended_at"] is None and day is not None and day < today,
    }


def history(cascade: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of a cascade in words, the latest first."""
    return [
        {**step, "words": STEP_WORDS.get(step["kind"], plain(step["kind"]))}
        for step in reversed(cascade["steps"])
    ]


def care_steps() -> dict[int, str]:
    """Return the steps of stepped care by number, in words."""
    return {step.number: step.name for step in knowledge().stepped_care.steps.values()}


def follow_up_days(visit: Visit) -> dict[str, str]:
    """Return the first and the last day a follow-up may be set to, for the form's calendar."""
    today = visit.frame.words.local(visit.now).date()
    last = today + cascade_actions.FURTHEST_FOLLOW_UP
    return {"first": today.isoformat(), "last": last.isoformat()}


def chart(visit: Visit, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the drawing of where people drop out, and the same numbers as rows of a table."""
    funnels = [one for one in found["funnels"] if _is_there(one)]
    empty = [_name(one) for one in found["funnels"] if not _is_there(one)]
    words = visit.frame.words
    title = f"How far people came, {words.day(found['since'])} to {words.day(found['until'])}"
    groups = [
        funnel_chart.Group(_name(one), [_bar(stage, one["source"]) for stage in one["stages"]])
        for one in funnels
    ]
    return {
        "drawing": funnel_chart.draw(
            groups, id="funnel", title=title, description=_description(funnels)
        ),
        "has_any": bool(funnels),
        "empty": listed(empty),
        "rows": [_row(one, stage) for one in funnels for stage in one["stages"]],
        "since": found["since"],
        "until": found["until"],
        "drills": found["drills"],
    }


def _is_there(funnel: Mapping[str, Any]) -> bool:
    first = funnel["stages"][0]
    return bool(first["number"]) or first["hidden"]


def _name(funnel: Mapping[str, Any]) -> str:
    return f"{QUEUE_WORDS[funnel['queue']]}, {SOURCE_WORDS[funnel['source']]}"


def _bar(stage: Mapping[str, Any], source: str) -> funnel_chart.Bar:
    name = stage_words(stage["stage"], source)
    if stage["share"] is None and not stage["hidden"]:
        # Nobody came so far, out of too few to say how many.
        return funnel_chart.Bar(name, 0.0, _number(stage))
    share = None if stage["share"] is None else f"{_number(stage)} ({_percent(stage)})"
    return funnel_chart.Bar(name, stage["share"], share or _number(stage))


def _row(funnel: Mapping[str, Any], stage: Mapping[str, Any]) -> dict[str, str]:
    ended = [f"{_number(one)} {ENDING_SHORT[one['as']]}" for one in stage["ended"]]
    return {
        "group": _name(funnel),
        "stage": stage_words(stage["stage"], funnel["source"]),
        "number": _number(stage),
        "share": "not shown" if stage["share"] is None else _percent(stage),
        "waiting": _number(stage["waiting"]),
        "ended": ", ".join(ended) or "nobody",
    }


def _description(funnels: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(
        f"{_name(one)}: "
        + ", ".join(
            f"{stage_words(stage['stage'], one['source']).lower()} {_number(stage)}"
            for stage in one["stages"]
        )
        + "."
        for one in funnels
    )


def _number(cell: Mapping[str, Any]) -> str:
    return _FEW if cell["hidden"] else str(cell["number"])


def _percent(stage: Mapping[str, Any]) -> str:
    return f"{stage['share'] * 100:.0f} %"
