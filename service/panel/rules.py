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
