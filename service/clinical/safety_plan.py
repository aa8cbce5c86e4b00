"""The headings of a safety plan."""

from dataclasses import dataclass

from service.clinical.reading import Document, check


@dataclass(frozen=True, slots=True)
class PlanHeading:
    """One heading: its key in a stored plan, its words, and what belongs under it."""

    key: str
    title: str
    hint: str


def plan_headings_in(document: Document) -> tuple[PlanHeading, ...]:
    """Build the headings, in the order of the file.

    Raises:
        BadKnowledge: a key stands twice.
    """
    check("safety_plan", document.data, document)
    found: dict[str, PlanHeading] = {}
    for place, row in enumerate(document.data["headings"]):
        if row["key"] in found:
            raise document.refuse(["headings", place, "key"], f"{row['key']!r} stands twice")
        found[row["key"]] = PlanHeading(row["key"], row["title"], row["hint"])
    return tuple(found.values())
