"""Taking her picture for the rules that are to speak about a change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care import loading
from service.care.picture import Picture
from service.care.records import Answer, Record, Records
from service.care.rules import vocabulary

Baselines = Mapping[str, tuple[Record, Answer]]
"""The first answer ever given about a symptom, and where."""


def taken(
    session: Session,
    patient: PatientRef,
    records: Records,
    at: datetime,
    new_ids: frozenset[Any],
) -> Picture:
    """Take the picture; fetch first answers only where a comparison needs them."""
    picture = Picture.of(records, as_of=at, knowledge=vocabulary())
    far_back, by_family = compared_with_the_first(picture, new_ids)
    if not far_back:
        return picture
    baselines = loading.first_answers(session, patient.id, far_back, by_family=by_family)
    records = loading.with_baselines(records, baselines)
    return Picture.of(records, as_of=at, knowledge=vocabulary())


def compared_with_the_first(picture: Picture, new_ids: frozenset[Any]) -> tuple[list[str], bool]:
    """Name the symptoms newly answered high enough to be worse, with no recent answer before.

    Asked of each attribute: one that was skipped last week has no recent answer, whatever else
    was said about the symptom.  Also told: whether family answered, whose first answer counts then.
    """
    fresh = next((report for report in picture.reports if report.id in new_ids), None)
    if fresh is None:
        return [], False
    delta = picture.windows.worsening_delta
    names = [
        answer["symptom"]
        for answer in fresh.answers
        if any(
            isinstance(value, int)
            and value >= delta
            and picture.earlier(answer["symptom"], attribute, fresh) is None
            for attribute, value in answer.items()
        )
    ]
    return names, fresh.by_family
