"""Many symptom reports at once, as a phone brings them that had no line.

They are stored in one statement, what they are judged by is fetched in one, and each is judged at
its own time, as if it had come alone.  Whoever brings other records with them stores the reports
first, and judges those between two others when their time has come.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care import loading
from service.care.guidance import Guidance
from service.care.lab import shadow
from service.care.picture import Picture
from service.care.reading import kinds_for
from service.care.records import Record, Records
from service.care.respond import follow, respond
from service.care.rules import vocabulary
from service.care.rules_in_force import in_force
from service.care.stretch import KINDS, load_stretch
from service.care.taking_picture import Baselines, compared_with_the_first
from service.clinical import knowledge
from service.errors import Rejected
from service.panel import actions as panel
from service.records import Change
from service.reminders.answering import complete_days
from service.symptoms.actions import Reported, enter_reports
from service.symptoms.rules import CAREGIVER

_TYPE = "symptom_report"


def enter(
    session: Session, patient: PatientRef, *, change: Change, reports: Sequence[Mapping[str, Any]]
) -> tuple[list[Reported], dict[UUID, Rejected]]:
    """Enter new reports of hers, none of which corrects another.

    They complete the reminders to check in of the days they are about.

    Returns:
        Those entered, and those that cannot be, by id, with the reason.

    Raises:
        sqlalchemy.exc.IntegrityError: an id is taken; nothing is entered.
    """
    entered, refused = enter_reports(session, change=change, reports=reports, knowledge=knowledge())
    own = [one for one in entered if one.record["reported_by"] != CAREGIVER]
    if own:
        latest = max(own, key=lambda one: one.at)
        panel.note_report(
            session, patient, answers=latest.record["answers"], at=latest.at, now=change.now
        )
        moments = [one.at for one in own]
        complete_days(session, patient, change=change, kind="check_in", moments=moments)
    if len(own) < len(entered):
        panel.note_heard(session, patient, now=change.now)
    return entered, refused


def judge(
    session: Session, patient: PatientRef, *, change: Change, entered: Sequence[Reported]
) -> dict[UUID, Guidance]:
    """Let the rules speak about each of some reports, the earliest first, at its own time."""
    if not entered:
        return {}
    in_turn = sorted(entered, key=lambda one: one.at)
    held = in_force(session, patient.clinic_id, patient.rules_release)
    kinds = kinds_for(_TYPE, held.rules) | shadow.kinds(_TYPE, held.shadows)
    # A rule of the clinic's own may ask for more: then each is looked at as if it came alone.
    stretch = (
        load_stretch(session, patient, since=in_turn[0].at, until=in_turn[-1].at, kinds=kinds)
        if kinds <= KINDS
        else None
    )
    firsts = _firsts_of(session, patient, entered)
    guidance = {}
    for one in in_turn:
        record = Record(_TYPE, one.record["id"], one.at)
        if stretch is None:
            response = respond(session, patient, change=change, record=record, at=one.at)
        else:
            new = frozenset({record.id})
            response = follow(
                session, patient, change=change, held=held, record=record, new_ids=new,
                picture=_taken(stretch.at(one.at), one.at, new, firsts),
            )  # fmt: skip
        guidance[one.record["id"]] = response.guidance
    return guidance


def _taken(
    records: Records, at: datetime, new: frozenset[UUID | str], firsts: Callable[[bool], Baselines]
) -> Picture:
    picture = Picture.of(records, as_of=at, knowledge=vocabulary())
    far_back, by_family = compared_with_the_first(picture, new)
    if not far_back:
        return picture
    known = firsts(by_family)
    records = loading.with_baselines(
        records, {name: known[name] for name in far_back if name in known}
    )
    return Picture.of(records, as_of=at, knowledge=vocabulary())


def _firsts_of(
    session: Session, patient: PatientRef, entered: Sequence[Reported]
) -> Callable[[bool], Baselines]:
    """Return what tells the first answers to all that is reported on: asked once, if at all."""
    symptoms = {answer["symptom"] for one in entered for answer in one.record["answers"]}
    known: dict[bool, Baselines] = {}

    def firsts(by_family: bool) -> Baselines:
        if by_family not in known:
            known[by_family] = loading.first_answers(
                session, patient.id, symptoms, by_family=by_family
            )
        return known[by_family]

    return firsts
