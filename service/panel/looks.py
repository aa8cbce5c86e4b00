"""Which ways of looking at the panel there are: each is one index scan, however many patients.

An order needs an index, and a filter one of its own in that order.  An index for every filter in
every order would be paid for by every report, so a filter, and a search, comes in one order only.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from service.accounts.access import TABLE, Do, Topic, Viewer, check_role
from service.errors import Rejected

SORTS = ("risk", "last_report", "name", "silence")


class LookUnusable(Rejected):
    """The order, the filter and the search asked for do not go together."""

    slug = "look-unusable"
    title = "These do not go together."


class Filter(NamedTuple):
    """In which order a filter lists patients, and what one has to be allowed to see to use it."""

    sort: str
    topic: Topic


class Look(NamedTuple):
    """One way of looking: an order, whom it shows (``None``: all), how their names begin."""

    sort: str
    only: str | None = None
    search: str | None = None


FILTERS: Mapping[str, Filter] = {
    "alerts": Filter("risk", Topic.PANEL),
    "urgent": Filter("risk", Topic.PANEL),
    "silent": Filter("silence", Topic.PANEL),
    "never_reported": Filter("last_report", Topic.PANEL),
    "severe": Filter("risk", Topic.SYMPTOMS),
    "distressed": Filter("risk", Topic.WELLBEING),
    "low_adherence": Filter("risk", Topic.TREATMENTS),
}


_SHOWN = (
    "patient_id", "display_name", "care_status", "urgent_alerts", "soon_alerts", "info_alerts",
    "worst_symptoms", "last_report_at", "distress", "distress_before", "adherence_percent",
)  # fmt: skip
_TOPIC_OF: Mapping[str, Topic] = {
    "worst_symptoms": Topic.SYMPTOMS,
    "distress": Topic.WELLBEING,
    "distress_before": Topic.WELLBEING,
    "adherence_percent": Topic.TREATMENTS,
}


def shown_to(viewer: Viewer) -> Callable[[Any], dict[str, Any]]:
    """Return what makes of a row of the panel what a viewer's role may see of it."""
    hidden = [name for name, topic in _TOPIC_OF.items() if Do.READ not in TABLE[topic][viewer.role]]
    nothing = dict.fromkeys(hidden)

    def shown(row: Any) -> dict[str, Any]:
        silent = None
        if row.silence_score:
            silent = {"missed_check_ins": row.missed_check_ins, "rhythm_days": row.rhythm_days}
        return {**{name: getattr(row, name) for name in _SHOWN}, **nothing, "silent": silent}

    return shown


def natural_sort(only: str | None, search: str | None) -> str:
    """Return the order in which what is asked for is listed if no other is named."""
    if search:
        return "name"
    return FILTERS[only].sort if only else "risk"


def look_of(
    viewer: Viewer, *, sort: str | None, only: str | None, search: str | None
) -> Look:  # fmt: skip
    """Return the way of looking that is asked for.

    Args:
        viewer: who looks.
        sort: ``None`` for the order that goes with the rest.  ``silence`` lists the silent.
        only: one of ``FILTERS``; ``None`` for everybody.
        search: how names begin, any case; ``None`` for all.

    Raises:
        LookUnusable: there is no index for it.
        NotAllowed: it would tell what the viewer's role may not see.
    """
    if only is not None:
        check_role(viewer, FILTERS[only].topic, Do.READ)
    if only and search:
        raise LookUnusable(errors=[("/filter", "A name is looked for among all patients.")])
    if sort == "silence" and not only and not search:
        return Look("silence", "silent")
    natural = natural_sort(only, search)
    if sort not in (None, natural) and (only or search):
        raise LookUnusable(errors=[("/sort", f"What is asked for is listed by {natural}.")])
    return Look(sort or natural, only, search or None)
