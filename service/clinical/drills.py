"""Cases made up to see whether somebody answers: what a patient who is nobody reports."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from service.clinical.reading import Document, check, frozen


@dataclass(frozen=True, slots=True)
class Scenario:
    """One made-up case.

    Attributes:
        id: slug.
        title: what happens, in a few words.
        about: what is expected of whom.
        queue: where its alert goes.
        rule: the rule it is meant to meet.
        treatment: code of what she is on, ``None`` for nothing.
        report: temperature and answers of a symptom report; empty if it is a wellbeing check.
        check: distress, topics and safety of a wellbeing check; empty if it is a report.
    """

    id: str
    title: str
    about: str
    queue: str
    rule: str
    treatment: str | None
    report: Mapping[str, Any]
    check: Mapping[str, Any]


def drills_in(
    document: Document, treatments: Collection[str], symptoms: Collection[str]
) -> Mapping[str, Scenario]:
    """Build the cases by id, in the order of the file.

    Raises:
        BadKnowledge: a case stands twice, or names a treatment or symptom that is not there.
    """
    check("drills", document.data, document)
    found: dict[str, Scenario] = {}
    for place, row in enumerate(document.data["scenarios"]):
        at: list[str | int] = ["scenarios", place]
        if row["id"] in found:
            raise document.refuse([*at, "id"], f"{row['id']!r} stands twice")
        if row.get("treatment") not in {None, *treatments}:
            raise document.refuse([*at, "treatment"], f"{row['treatment']!r} is no treatment")
        for answer in row.get("report", {}).get("answers", ()):
            if answer["symptom"] not in symptoms:
                raise document.refuse([*at, "report"], f"{answer['symptom']!r} is no symptom")
        found[row["id"]] = Scenario(
            id=row["id"], title=row["title"], about=row["about"], queue=row["queue"],
            rule=row["rule"], treatment=row.get("treatment"),
            report=frozen(row.get("report", {})), check=frozen(row.get("check", {})),
        )  # fmt: skip
    return MappingProxyType(found)
