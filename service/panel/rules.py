"""What the panel shows of a report.  Pure."""


def worst_of(answers: list[dict[str, object]], *, most: int = 3) -> list[dict[str, object]]:
    """Return the worst graded symptoms of a report, worst first, those of grade 0 left out."""
    graded = [
        {"symptom": answer["symptom"], "grade": grade}
        for answer in answers
        if isinstance(grade := answer.get("grade"), int) and grade > 0
    ]
    graded.sort(key=lambda one: (-int(str(one["grade"])), str(one["symptom"])))
    return graded[:most]


def worst_grade(worst: list[dict[str, object]]) -> int:
    """Return the grade of the worst symptom, 0 if there is none."""
    return max((int(str(one["grade"])) for one in worst), default=0)
