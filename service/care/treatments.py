"""A treatment, and everything that follows from it: one way in for every edge.

stored → its dosage periods → its doses are planned → reminders of its doses follow →
her adherence is worked out anew → rules speak
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care.records import Record
from service.care.respond import respond
from service.clinical import knowledge
from service.panel.actions import note_adherence
from service.records import Change
from service.reminders.actions import take_back_suggestions
from service.reminders.planning import plan_anew_for_treatments
from service.treatments import actions
from service.treatments.actions import Done
from service.treatments.models import Treatment


def log(
    session: Session, patient: PatientRef, *, change: Change, treatment: Mapping[str, Any]
) -> tuple[Treatment, bool]:
    """Enter a treatment and let everything follow; return it and whether it is new.

    Raises:
        TreatmentUnusable: it contradicts the catalogue or itself.
        IdConflict: the id is taken for something else.
    """
    done = actions.log_treatment(
        session, patient, change=change, treatment=treatment, knowledge=knowledge()
    )
    _follow(session, patient, done, change=change)
    return done.treatment, done.facts_differ


def amend(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    id: UUID,
    changes: Mapping[str, Any],
    if_version: int | None = None,
) -> Treatment:
    """Change a treatment and let everything follow; return it.

    Raises:
        NotFound: no such treatment of hers.
        TreatmentUnusable: it would contradict the catalogue or itself.
        Outdated: it has a newer version than the caller has seen.
    """
    done = actions.change_treatment(
        session, patient, change=change, id=id, changes=changes, knowledge=knowledge(),
        if_version=if_version,
    )  # fmt: skip
    _follow(session, patient, done, change=change)
    return done.treatment


def take_out(
    session: Session, patient: PatientRef, *, change: Change, id: UUID,
    if_version: int | None = None,
) -> None:  # fmt: skip
    """Take out a treatment entered by mistake: its doses, and what was suggested for it, go too.

    Raises:
        NotFound: no such treatment of hers.
        Outdated: it has a newer version than the caller has seen.
    """
    actions.take_out_treatment(session, change=change, id=id, if_version=if_version)
    take_back_suggestions(session, id, change=change)
    plan_anew_for_treatments(session, patient, [id], change=change)
    note_adherence(session, patient.id, now=change.now)


def _follow(session: Session, patient: PatientRef, done: Done, *, change: Change) -> None:
    ids = (done.treatment.id, *done.closed)
    if done.doses_differ:
        plan_anew_for_treatments(session, patient, ids, change=change)
    if done.doses_differ or done.facts_differ:
        note_adherence(session, patient.id, now=change.now)
    if done.facts_differ or done.closed:
        record = Record("treatment", done.treatment.id, change.now)
        respond(session, patient, change=change, record=record, at=change.now, new=ids)
