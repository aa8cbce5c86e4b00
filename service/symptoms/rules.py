"""What is true of symptoms.  Pure functions: the same arguments always give the same answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.clinical import Knowledge

# Who reports; what family reports is kept apart from what she says herself.
CAREGIVER = "caregiver"
REPORTERS = ("patient", CAREGIVER, "nurse", "physician")
# An answer that is no number: she chose not to say.  Kept as said, graded as missing.
OPT_OUTS = frozenset({"not_applicable", "not_sexually_active", "prefer_not_to_answer"})


def graded(answers: Sequence[Mapping[str, Any]], knowledge: Knowledge) -> list[dict[str, Any]]:
    """Return the answers of a report, each with its ``grade``.

    Args:
        answers: symptom and attributes; each attribute 0 to 4 (``presence`` 0 or 1), ``None``
            or an opt-out word.
        knowledge: the symptoms and the grading table in force.

    Returns:
        One mapping an answer: what she said, and ``grade`` 0 to 3 or ``None``.
    """
    return [
        {**answer, "grade": grade_of(answer["symptom"], answer, knowledge)} for answer in answers
    ]


def grade_of(symptom: str, answer: Mapping[str, Any], knowledge: Knowledge) -> int | None:
    """Grade one symptom from the patient's answer.

    Args:
        symptom: key of the symptom, e.g. ``"nausea"``.
        answer: attribute to value, each 0 to 4 (0 is "never" or "none"); anything that is no
            number (``None``, an opt-out) counts as not answered.
        knowledge: the symptoms and the grading table in force.

    Returns:
        The composite grade, 0 (none) to 3 (severe).  There is no grade 4: the scale is the
        composite, not CTCAE's.  ``None`` when an answer the symptom needs is missing, and for
        symptoms that are only present or absent; an unknown grade is never taken for a mild
        one.

    Raises:
        KeyError: there is no such symptom, or a value is outside 0 to 4.

    Source:
        Basch et al., Clin Trials 2021;18(1):104-114, doi:10.1177/1740774520975120.
    """
    table = knowledge.grading
    profile = table.profile_of.get(symptom)
    if profile is None:
        return None
    asked = profile.split("+")
    given = [answer.get(name) for name in table.key_order if name in asked]
    if given[0] == 0:  # the gate: what never happens has no severity to ask for
        return 0
    if not all(isinstance(value, int) for value in given):
        return None
    return table.grades[profile]["-".join(map(str, given))]


def problems_of(
    answers: Sequence[Mapping[str, Any]], knowledge: Knowledge
) -> list[tuple[str, str]]:
    """Say what is wrong with the answers of a report, as (JSON pointer, message) pairs.

    A symptom stands once in a report, with at least one attribute, and only with attributes
    that are asked for it.
    """
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    for place, answer in enumerate(answers):
        name = answer["symptom"]
        if name in seen:
            found.append((f"/answers/{place}/symptom", "Stands twice in this report."))
        seen.add(name)
        given = answer.keys() - {"symptom"}
        asked = knowledge.symptoms[name].attributes
        found += [
            (f"/answers/{place}/{attribute}", f"Is not asked for {name}.")
            for attribute in sorted(given.difference(asked))
        ]
        if not given:
            found.append((f"/answers/{place}", f"Needs one of: {', '.join(asked)}."))
    return found


def says_something(report: Mapping[str, Any]) -> bool:
    """Tell whether a report holds anything besides its moment."""
    return any(
        report[name] not in (None, [])
        for name in (
            "answers", "temperature_c", "stools_over_baseline", "glucose_mg_dl", "red_flags",
            "note",
        )
    )  # fmt: skip
