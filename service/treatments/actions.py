"""What can be done with treatments: log, change, take out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.clinical import Knowledge
from service.errors import Rejected
from service.records import Change, amend, bury, find, store
from service.treatments import rules
from service.treatments.models import Treatment


class TreatmentUnusable(Rejected):
    """The treatment contradicts the catalogue or itself."""

    slug = "treatment-unusable"
    title = "The treatment cannot be used as it is."


def log_treatment(
    session: Session, *, change: Change, treatment: Mapping[str, Any], knowledge: Knowledge
) -> bool:
    """Enter a treatment; tell whether it is new.

    With a code of the catalogue the modality is the catalogue's, and so is the schedule unless
    another is given.

    Raises:
        TreatmentUnusable: it contradicts the catalogue or itself.
        IdConflict: the id is taken for something else.
    """
    errors = rules.problems_of(treatment, knowledge)
    if errors:
        raise TreatmentUnusable(errors=errors)
    content = {name: value for name, value in treatment.items() if name != "id"}
    full = rules.filled_in(content, knowledge)
    derived = {name: full[name] for name in ("modality", "schedule")}
    return store(
        session, Treatment, change=change, id=treatment["id"], content=content,
        derived={**derived, "facts_changed_at": change.now},
    )  # fmt: skip


def change_treatment(
    session: Session,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    knowledge: Knowledge,
    if_version: int | None,
) -> tuple[Treatment, bool]:
    """Change a treatment; return it and whether anything a rule reads differs now.

    Raises:
        NotFound: no such treatment of hers.
        TreatmentUnusable: it would contradict the catalogue or itself.
        Outdated: it has a newer version than the caller has seen.
    """
    treatment = find(session, Treatment, change.patient_id, id)
    names = ("code", "name", "modality", "started_on", "ended_on", "schedule")
    after = {name: changes.get(name, getattr(treatment, name)) for name in names}
    if "code" in changes and "modality" not in changes:
        after["modality"] = None
    errors = rules.problems_of(after, knowledge)
    if errors:
        raise TreatmentUnusable(errors=errors)
    full = {**changes, "modality": rules.filled_in(after, knowledge)["modality"]}
    facts_differ = any(getattr(treatment, name) != full[name] for name in rules.FACTS & full.keys())
    if facts_differ:
        full["facts_changed_at"] = change.now
    amend(treatment, full, change=change, if_version=if_version)
    return treatment, facts_differ


def take_out_treatment(
    session: Session, *, change: Change, id: UUID, if_version: int | None
) -> None:
    """Leave a tombstone where a treatment was.

    Raises:
        NotFound: no such treatment of hers.
        Outdated: it has a newer version than the caller has seen.
    """
    treatment = find(session, Treatment, change.patient_id, id)
    bury(treatment, change=change, if_version=if_version)
