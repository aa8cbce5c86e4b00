"""Care status: what stops and what starts when she pauses, dies, withdraws, or it was not so."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Account, CareStatus, Patient
from service.accounts.patient_ref import PatientRef
from service.accounts.rules import LEAST_AGE
from service.alerts import death as alerts
from service.care import silence
from service.clinical import knowledge
from service.errors import Conflict, Rejected
from service.journey import actions as journey
from service.notify.webhooks.event_types import DIED
from service.notify.webhooks.happenings import happened
from service.panel import actions as panel
from service.records import Change
from service.reminders import actions as reminders
from service.reminders.planning import plan_anew_where_she_is
from service.support import asking, cascades
from service.treatments import dosing_actions
from service.words import bound

_PATIENTS = cast(sa.Table, Patient.__table__)


class ConfirmationNeeded(Conflict):
    """A death is entered twice: the second time with ``confirm``."""

    slug = "confirmation-needed"
    title = "Please confirm: the reminders and alerts of this patient will be closed."


class TooYoung(Rejected):
    """Waymark is for adults: nobody born in that year is one."""

    slug = "too-young"
    title = "Waymark is for adults of 18 years and more."


class DayOfDeathUnusable(Rejected):
    """A death has a day, which is not in the future."""

    slug = "day-of-death-unusable"
    title = "The day of death is missing or lies in the future."


def change_status(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    by: Viewer,
    status: CareStatus,
    died_on: date | None,
    confirm: bool,
) -> None:
    """Enter where a patient stands now, and do what follows from it.

    Death closes her reminders and alerts and asks for support for her family; undoing it opens
    again what it closed and takes out what it asked for.  Withdrawal ends what goes out to her;
    alerts that are open go on until a person closes them.  A death entered once more, with
    another day, only puts the day right.

    Raises:
        DayOfDeathUnusable: a death without a day, or with one that has not come yet.
        ConfirmationNeeded: a death that was not confirmed.
    """
    if status is patient.care_status:
        if died_on is not None:
            _correct_day(session, patient, change, died_on, confirm)
        return
    if status is CareStatus.DECEASED:
        _check_death(patient, change, died_on, confirm)
    session.execute(
        sa.update(Patient)
        .where(Patient.id == patient.id)
        .values(
            care_status=status,
            died_on=died_on if status is CareStatus.DECEASED else None,
            version=Patient.version + 1,
        )
    )
    if status is CareStatus.DECEASED:
        reminders.end_all(session, patient.id, change=change)
        alerts.close_for_death(session, patient.id, by=by, now=change.now)
        cascades.end_all(session, patient.id, by, ended_as=cascades.DEATH, now=change.now)
        asking.ask_for_bereavement(session, patient, change=change)
        _tell_systems(session, patient, change)
    elif patient.care_status.has_ended and not status.has_ended:
        reminders.take_up_again(session, patient.id, change=change)
    if patient.care_status is CareStatus.DECEASED:
        alerts.reopen_after_error(
            session, patient.id, by=by, policy=knowledge().policy, now=change.now
        )
        asking.take_back_bereavement(session, patient.id, change=change)
        cascades.reopen_after_error(session, patient.id, by, now=change.now)
    if status is CareStatus.WITHDRAWN:
        reminders.end_all(session, patient.id, change=change)
    _note_whether_expected(session, patient._replace(care_status=status), change, patient)
    panel.note_alerts(session, patient.id, now=change.now)


def _tell_systems(session: Session, patient: PatientRef, change: Change) -> None:
    if not patient.is_drill:
        happened(
            session, DIED, clinic_id=patient.clinic_id, patient_id=patient.id, now=change.now
        )  # fmt: skip


def change_profile(
    session: Session, patient: PatientRef, *, change: Change, values: Mapping[str, Any]
) -> None:
    """Change what is known of a patient apart from her care status.

    Raises:
        TooYoung: nobody born in the year she says is of age.
    """
    if not values:
        return
    born = values.get("birth_year")
    if born is not None and patient.local_date(change.now).year - born < LEAST_AGE:
        raise TooYoung(errors=[("/birth_year", "Nobody born in this year is 18 yet.")])
    session.execute(
        sa.update(Patient)
        .where(Patient.id == patient.id)
        .values(
            **bound(session, _PATIENTS, {"id": patient.id}, values), version=Patient.version + 1
        )
    )
    if "display_name" in values:
        panel.rename(session, patient.id, values["display_name"])
    if "time_zone" in values:
        # Her quiet hours go by the clock of her account: she is one person in one place.
        session.execute(
            sa.update(Account)
            .where(Account.id == patient.account_id)
            .values(time_zone=values["time_zone"])
        )
        follow_her(session, patient, values["time_zone"], change=change)


def follow_her(session: Session, patient: PatientRef, time_zone: str, *, change: Change) -> None:
    """Let what goes by her own clock follow her to another time zone."""
    if time_zone != patient.time_zone:
        there = patient._replace(time_zone=time_zone)
        dosing_actions.follow_her(session, there, change=change)
        plan_anew_where_she_is(session, there, change=change)


def _note_whether_expected(
    session: Session, patient: PatientRef, change: Change, before: PatientRef
) -> None:
    """Let days on which her care is paused, or has ended, be none on which she is silent."""
    today = patient.local_date(change.now)
    if patient.care_status.expects_reports and not before.care_status.expects_reports:
        journey.come_back(session, change=change, on=today)
    elif before.care_status.expects_reports and not patient.care_status.expects_reports:
        journey.leave_care(session, change=change, on=today)
    silence.look(session, patient, now=change.now)


def _correct_day(
    session: Session, patient: PatientRef, change: Change, died_on: date, confirm: bool
) -> None:
    _check_death(patient, change, died_on, confirm)
    session.execute(
        sa.update(Patient)
        .where(Patient.id == patient.id, Patient.died_on != died_on)
        .values(died_on=died_on, version=Patient.version + 1)
    )


def _check_death(patient: PatientRef, change: Change, died_on: date | None, confirm: bool) -> None:
    if died_on is None or died_on > patient.local_date(change.now):
        raise DayOfDeathUnusable(errors=[("/died_on", "Say on which day; not one to come.")])
    if not confirm:
        raise ConfirmationNeeded
