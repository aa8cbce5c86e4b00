"""What can be done with treatments: log, change, take out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.clinical import Knowledge
from service.errors import Rejected
from service.records import Change, amend, bury, find, store
from service.treatments import dosing_actions, rules
from service.treatments.models import Treatment
from service.treatments.queries import periods_of

_DAY = timedelta(days=1)


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
    begun_on = treatment.started_on if _begins_a_line(treatment) else None
    amend(treatment, full, change=change, if_version=if_version)
    closed: list[Treatment] = []
    if not rules.BEGINS_A_LINE.isdisjoint(differing):
        closed = _close_earlier_lines(session, patient, treatment, change=change, begun_on=begun_on)
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


def _begins_a_line(treatment: Treatment) -> bool:
    return rules.begins_a_line(treatment.status, treatment.modality, treatment.line)


def _close_earlier_lines(
    session: Session, patient: PatientRef, begun: Treatment, *, change: Change,
    begun_on: date | None = None,
) -> list[Treatment]:  # fmt: skip
    """End the courses of lower lines the day before a new line's first; return them.

    Those whose last day is yet to come go on until it.  Those that ended because this line began
    end with it when its first day, ``begun_on`` so far, is put off or put right.
    """
    if not _begins_a_line(begun):
        return []
    ended_by_it: sa.ColumnElement[bool] = sa.false()
    if begun_on is not None and begun_on != begun.started_on:
        ended_by_it = sa.and_(
            Treatment.stop_reason == rules.CHANGE_OF_LINE,
            # Of what began as late as the line itself, the first day was the last.
            sa.or_(
                Treatment.ended_on == begun_on - _DAY,
                sa.and_(
                    Treatment.ended_on == Treatment.started_on, Treatment.started_on >= begun_on
                ),
            ),
        )
    earlier = session.execute(
        sa.select(Treatment, ended_by_it.label("ended_by_it"))
        .where(
            Treatment.patient_id == patient.id,
            Treatment.id != begun.id,
            sa.or_(Treatment.status.in_(rules.ON), ended_by_it),
            Treatment.modality.in_(rules.DIRECTED_AT_CANCER),
            Treatment.line < begun.line,
            Treatment.deleted_at.is_(None),
        )
        .order_by(Treatment.id)
    ).all()
    over = [one.id for one, _moves in earlier if one.status not in rules.ON]
    was = periods_of(session, patient.id, over) if over else {}
    today = patient.local_date(change.now)
    closed = []
    for course, moves in earlier:
        ending = rules.ending_of(course, begun.started_on, moves=moves, today=today)
        if "status" not in ending and course.id in was:
            # It goes on for a while, as what it was: on hold, if it was that.
            ending["status"] = next((one.status for one in was[course.id][-1:]), "active")
        if amend(course, ending, change=change):
            course.facts_changed_at = change.now
            closed.append(course)
    return closed
