"""What can be done with the journey: say what is known of the disease."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from service.ids import new_id
from service.journey import queries
from service.journey.models import Diagnosis
from service.records import Change, hash_of, store

FIELDS = (
    "recurrence", "stage_iv_at_diagnosis", "diagnosed_on", "recurred_on", "initial_surgery",
    "metastatic_sites", "er", "pr", "her2", "mutations", "menopausal_status",
)  # fmt: skip


def set_diagnosis(
    session: Session, *, change: Change, diagnosis: Mapping[str, Any], confirmed_by: str | None
) -> tuple[Diagnosis, bool]:
    """Say what is known of the disease from now on; what was known before stays as history.

    Args:
        session: in a transaction that holds the patient's lock.
        change: who says it, when.
        diagnosis: all of ``FIELDS``.
        confirmed_by: the name of the member of staff who confirms it, ``None`` if she says so.

    Returns:
        The diagnosis that holds now, and whether anything differs from before.
    """
    current = queries.current_diagnosis(session, change.patient_id)
    content = {name: diagnosis[name] for name in FIELDS} | {"confirmed_by": confirmed_by}
    if current is not None and current.content_hash == hash_of(content):
        return current, False
    id = new_id()
    store(
        session, Diagnosis, change=change, id=id, content=content,
        derived={"confirmed_at": change.now if confirmed_by else None},
    )  # fmt: skip
    return session.get_one(Diagnosis, id), True
