"""How the panel sorts patients: the one who needs somebody first stands first.  Pure."""

_URGENT, _SOON, _INFO, _DISTRESS = 100_000, 1_000, 20, 1
# What one grade more weighs; the hot path adds the difference instead of reading the row.
GRADE = 10


def risk_of(
    *, urgent: int, soon: int, info: int, worst_grade: int | None, distress: int | None
) -> int:
    """Return the sort key of a patient, higher first.

    Urgent alerts outweigh everything, then those due soon; what she last reported decides among
    patients with the same alerts.  The number means nothing by itself and is never shown.

    Args:
        urgent: unclosed alerts of severity urgent; likewise ``soon`` and ``info``.
        soon: as above.
        info: as above.
        worst_grade: highest grade of her latest report, 0 to 3, ``None`` if nothing was graded.
        distress: her latest distress, 0 to 10, ``None`` if she has not said.

    Source:
        Project choice.
    """
    return (
        min(urgent, 9) * _URGENT
        + min(soon, 9) * _SOON
        + min(info, 9) * _INFO
        + (worst_grade or 0) * GRADE
        + (distress or 0) * _DISTRESS
    )


def worst_of(answers: list[dict[str, object]], *, most: int = 3) -> list[dict[str, object]]:
    """Return the worst graded symptoms of a report, worst first, those of grade 0 left out."""
    graded = [
        {"symptom": answer["symptom"], "grade": grade}
        for answer in answers
        if isinstance(grade := answer.get("grade"), int) and grade > 0
    ]
    graded.sort(key=lambda one: (-int(str(one["grade"])), str(one["symptom"])))
    return graded[:most]
