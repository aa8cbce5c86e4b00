"""How today's short form is made up: how much is asked, what goes round, what is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from service.clinical.reading import Document, check
from service.clinical.symptoms import Symptom


@dataclass(frozen=True, slots=True)
class CheckInPlan:
    """What the form of a day is made by.

    Attributes:
        version: of the file.
        most: so many symptoms at most.
        rotation: so many of them are there because their turn has come.
        rotation_symptoms: keys of the symptoms that go round.
        last_time_days: how old an answer may be that counts as "last time".
        intimate: keys of symptoms asked only with ``intimate_need`` or once she spoke of them.
        intimate_need: the information preference that opens them.
        same_within_days: how old a report may be that is offered as "same as last time".
        measures: what is measured, by the effect of a treatment that calls for it.
    """

    version: int
    most: int
    rotation: int
    rotation_symptoms: tuple[str, ...]
    last_time_days: int
    intimate: frozenset[str]
    intimate_need: str
    same_within_days: int
    measures: Mapping[str, str]


def check_in_in(
    document: Document, symptoms: Mapping[str, Symptom], effects: frozenset[str]
) -> CheckInPlan:
    """Build the plan.

    Raises:
        BadKnowledge: a set, a group or an effect is unknown, or more would go round than is asked.
    """
    data = document.data
    check("check_in", data, document)
    items = data["items"]
    turning = tuple(key for key, one in symptoms.items() if items["rotation_set"] in one.sets)
    if not turning:
        complaint = f"{items['rotation_set']!r} is not a set of symptoms"
        raise document.refuse(["items", "rotation_set"], complaint)
    groups = {one.group for one in symptoms.values()}
    for place, group in enumerate(items["intimate_groups"]):
        if group not in groups:
            complaint = f"{group!r} is not a group of symptoms"
            raise document.refuse(["items", "intimate_groups", place], complaint)
    for effect in data["measures"]["of_effect"]:
        if effect not in effects:
            complaint = f"{effect!r} is not an effect of any treatment"
            raise document.refuse(["measures", "of_effect", effect], complaint)
    if items["rotation"] >= items["most"]:
        complaint = f"{items['rotation']} leaves nothing of {items['most']} for what she has"
        raise document.refuse(["items", "rotation"], complaint)
    return CheckInPlan(
        version=data["version"],
        most=items["most"],
        rotation=items["rotation"],
        rotation_symptoms=turning,
        last_time_days=items["last_time_days"],
        intimate=frozenset(
            key for key, one in symptoms.items() if one.group in items["intimate_groups"]
        ),
        intimate_need=items["intimate_need"],
        same_within_days=data["same_as_last"]["within_days"],
        measures=MappingProxyType(dict(data["measures"]["of_effect"])),
    )
