"""What can be done with treatments: log, change, take out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.clinical import Knowledge
from service.errors import Rejected
from service.records import Change, amend, bury, find, store
from service.treatments import dosing_actions, rules
from service.treatments.models import Treatment


class TreatmentUnusable(Rejected):
    """The treatment contradicts the catalogue or itself."""

    slug = "treatment-unusable"
    title = "The treatment cannot be used as it is."


@dataclass(frozen=True, slots=True)
class Done:
    """What a change of a treatment did.

    ``facts_differ``: something a rule reads is new.  ``doses_differ``: doses of which reminders may
    be on file are expected at other times.  ``closed``: courses of earlier lines that it ended.
    """

    treatment: Treatment
    facts_differ: bool
    doses_differ: bool
    closed: tuple[UUID, ...] = ()


def log_treatment(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    treatment: Mapping[str, Any],
    knowledge: Knowledge,
) -> Done:
    """Enter a treatment and plan its doses; the same again changes nothing.

    With a code of the catalogue the modality is the catalogue's, and so is the schedule unless
    another is given.  A new line of therapy closes the courses of the lines before it.

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
    is_new = store(
        session, Treatment, change=change, id=treatment["id"], content=content,
        derived={**derived, "facts_changed_at": change.now},
    )  # fmt: skip
    entered = find(session, Treatment, patient.id, treatment["id"])
    if not is_new:
        return Done(entered, facts_differ=False, doses_differ=False)
    closed = _close_earlier_lines(session, patient, entered, change=change)
    if closed or entered.status in rules.ON:
        dosing_actions.follow(session, patient, [entered, *closed], change=change)
    ids = tuple(one.id for one in closed)
    return Done(entered, facts_differ=True, doses_differ=bool(closed), closed=ids)


def change_treatment(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    knowledge: Knowledge,
    if_version: int | None,
) -> Done:
    """Change a treatment, and let the doses to come follow; return what that did.

    Raises:
        NotFound: no such treatment of hers.
        TreatmentUnusable: it would contradict the catalogue or itself.
        Outdated: it has a newer version than the caller has seen.
    """
    treatment = find(session, Treatment, patient.id, id)
    names = ("code", "name", "modality", "started_on", "ended_on", "schedule")
    after = {name: changes.get(name, getattr(treatment, name)) for name in names}
    if "code" in changes and "modality" not in changes:
        after["modality"] = None
    errors = rules.problems_of(after, knowledge)
    if errors:
        raise TreatmentUnusable(errors=errors)
    full = {**changes, "modality": rules.filled_in(after, knowledge)["modality"]}
    differing = {name for name, value in full.items() if getattr(treatment, name) != value}
    facts_differ = not rules.FACTS.isdisjoint(differing)
    if facts_differ:
        full["facts_changed_at"] = change.now
    amend(treatment, full, change=change, if_version=if_version)
    closed: list[Treatment] = []
    if not rules.BEGINS_A_LINE.isdisjoint(differing):
        closed = _close_earlier_lines(session, patient, treatment, change=change)
    doses_differ = bool(closed) or not rules.DOSAGE.isdisjoint(differing)
    if doses_differ:
        dosing_actions.follow(session, patient, [treatment, *closed], change=change)
    session.flush()
    return Done(treatment, facts_differ, doses_differ, tuple(one.id for one in closed))


def take_out_treatment(
    session: Session, *, change: Change, id: UUID, if_version: int | None
) -> None:
    """Leave a tombstone where a treatment was, and where its unanswered doses were.

    Raises:
        NotFound: no such treatment of hers.
        Outdated: it has a newer version than the caller has seen.
    """
    treatment = find(session, Treatment, change.patient_id, id)
    bury(treatment, change=change, if_version=if_version)
    dosing_actions.forget(session, treatment, change=change)


def _close_earlier_lines(
    session: Session, patient: PatientRef, begun: Treatment, *, change: Change
) -> list[Treatment]:
    """End the courses of lower lines the day before a new line's first; return them.

    Those whose last day is yet to come go on until it.
    """
    if not rules.begins_a_line(begun.status, begun.modality, begun.line):
        return []
    earlier = session.scalars(
        sa.select(Treatment)
        .where(
            Treatment.patient_id == patient.id,
            Treatment.id != begun.id,
            Treatment.status.in_(rules.ON),
            Treatment.modality.in_(rules.DIRECTED_AT_CANCER),
            Treatment.line < begun.line,
            Treatment.deleted_at.is_(None),
        )
        .order_by(Treatment.id)
    ).all()
    today = patient.local_date(change.now)
    last_day = begun.started_on - timedelta(days=1)
    closed = []
    for course in earlier:
        ending: dict[str, Any] = {"ended_on": max(last_day, course.started_on)}
        if course.ended_on is None or course.ended_on > ending["ended_on"]:
            ending["stop_reason"] = rules.CHANGE_OF_LINE
        else:
            ending["ended_on"] = course.ended_on
        if ending["ended_on"] < today:
            ending["status"] = "stopped"
        if amend(course, ending, change=change):
            course.facts_changed_at = change.now
            closed.append(course)
    return closed
