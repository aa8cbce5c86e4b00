"""People who are nobody, in the words of the cases beside the rules: articles are tried on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.clinical.reading import Document, check


@dataclass(frozen=True, slots=True)
class Example:
    """One of them.

    Attributes:
        id: her name for machines.
        name: what is known of her, in one line.
        audience: ``patient`` or ``caregiver``.
        given: her records in the words of a case; read by ``service.care.rule_cases``.
        document: where it stands, and
        number: as which of them, so that a fault in ``given`` can be found.
    """

    id: str
    name: str
    audience: str
    given: Mapping[str, Any]
    document: Document
    number: int


def examples_in(document: Document) -> tuple[Example, ...]:
    """Return the examples in the order of the file.

    Raises:
        BadKnowledge: the file is not as its schema says, or an id comes twice.
    """
    check("examples", document.data, document)
    found: dict[str, Example] = {}
    for number, row in enumerate(document.data["examples"]):
        if row["id"] in found:
            raise document.refuse(["examples", number, "id"], f"{row['id']!r} comes twice")
        found[row["id"]] = Example(
            row["id"], row["name"], row["audience"], row["given"], document, number
        )
    return tuple(found.values())
