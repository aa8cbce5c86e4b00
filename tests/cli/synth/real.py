"""The same life once more, through the actions every edge uses, at the same moments.

What staff did is read back from the rows that were made up; what the scheduler does is done when
its moment comes.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Account, CareStatus, Patient
from service.accounts.queries import lock_patient
from service.alerts.escalation import take_due_steps
from service.alerts.models import Alert, AlertStep
from service.care import answering, asking, doses, silence, symptoms, treatments, wellbeing
from service.care import status as standing
from service.care.records import Record
from service.care.respond import respond
from service.cli.synth.book import Book
from service.cli.synth.clinic import NO_PASSWORD, MadeClinic, patient_id
from service.cli.synth.life import Happening, Life
from service.clinical import knowledge
from service.db import transaction
from service.errors import NotFound
from service.ids import derived_id, new_id
from service.journey import actions as journey
from service.journey.models import AwayPeriod, Diagnosis, Event
from service.journey.schemas import DiagnosisIn, EventIn
from service.panel import actions as panel
from service.records import Change
from service.support import actions as support
from service.support import cascade_actions, waiting
from service.support.models import Cascade, CascadeStep, SupportRequest, SupportStep
from service.support.schemas import SupportRequestIn
from service.symptoms.schemas import SymptomReportIn
from service.treatments.answering import DoseNotYetDue
from service.treatments.dose_schemas import DoseIn
from service.treatments.dosing_actions import plan_doses
from service.treatments.queries import next_planning
from service.treatments.schemas import TreatmentIn, TreatmentPatch
from service.wellbeing.schemas import QuestionnaireResponseIn, WellbeingCheckIn

_BY_STAFF = (Diagnosis, Event, AwayPeriod, SupportRequest)


class Real:
    """One life, lived through the actions."""

    def __init__(self, app: Flask, clinic: MadeClinic, life: Life, made: Book) -> None:
        self._app, self._clinic, self._life, self._made = app, clinic, life, made
        self.patient_id = patient_id(clinic.seed, life.person.number)
        self._alerts = {one.id: one for one in made.kept(Alert)}
        self._cascades = {one.id: one for one in made.kept(Cascade)}

    def live(self) -> None:
        """Let everything happen, in the order of time."""
        self._register()
        events: list[tuple[datetime, int, str, Any]] = [
            (one.at, 0, f"{place:06}", one) for place, one in enumerate(self._life.happenings)
        ]
        events += [(step.at, 1, str(step.id), step) for step in self._deeds()]
        for at, kind, _order, event in sorted(events, key=lambda one: one[:3]):
            if at >= self._clinic.until:
                break
            self._pass_until(at, including=kind == 1)
            with self._app.app_context(), transaction() as session:
                if kind == 0:
                    self._enter(session, event)
                else:
                    self._do(session, event)
        self._pass_until(self._clinic.until, including=False)

    def _deeds(self) -> Iterator[Any]:
        for step in self._made.kept(AlertStep):
            by_death = step.by is None or step.detail.get("outcome") == "deceased"
            if step.kind in ("acknowledged", "contact_attempt", "closed") and not by_death:
                yield step
        for step in self._made.kept(SupportStep):
            if step.kind in ("claimed", "contacted", "tried", "closed"):
                yield step
        for step in self._made.kept(CascadeStep):
            if step.kind in ("assessed", "followed_up"):
                yield step

    def _register(self) -> None:
        person, joined = self._life.person, self._life.person.joined_at
        account_id = derived_id(self.patient_id, "account")
        with self._app.app_context(), transaction() as session:
            session.add(
                Account(
                    id=account_id, clinic_id=self._clinic.id, role="patient",
                    email="she@example.org", email_key="she@example.org",
                    password_hash=NO_PASSWORD, display_name=person.display_name,
                    time_zone=person.time_zone, locale=person.locale, created_at=joined,
                )
            )  # fmt: skip
            session.flush()
            session.add(
                Patient(
                    id=self.patient_id, account_id=account_id, clinic_id=self._clinic.id,
                    display_name=person.display_name, birth_year=person.birth_year,
                    sex=person.sex, ecog=person.ecog, time_zone=person.time_zone,
                    locale=person.locale, joined_at=joined, phone=person.phone,
                )
            )  # fmt: skip
            session.flush()
            panel.open_summary(
                session, patient_id=self.patient_id, clinic_id=self._clinic.id,
                name=person.display_name, now=joined,
            )  # fmt: skip

    def _pass_until(self, moment: datetime, *, including: bool) -> None:
        while True:
            with self._app.app_context(), transaction() as session:
                due = [
                    (at, place)
                    for place, at in enumerate((
                        session.scalar(sa.select(sa.func.min(Alert.next_step_at))),
                        waiting.next_reminder_at(session), silence.next_check_at(session),
                        next_planning(session),
                    ))
                    if at is not None and (at < moment or (including and at == moment))
                ]  # fmt: skip
                if not due:
                    return
                at, place = min(due)
                if place == 0:
                    take_due_steps(session, policy=knowledge().policy, now=at)
                elif place == 1:
                    waiting.tell_the_next(session, now=at)
                elif place == 2:
                    silence.check_silence(session, now=at)
                else:
                    plan_doses(session, now=at, limit=10)

    def _enter(self, session: Session, one: Happening) -> None:
        if one.kind == "caregiver":
            return
        patient = lock_patient(session, self.patient_id)
        by = self._viewer(session, self._who(one) or patient.account_id)
        change = Change(patient.id, patient.change_no, by.account_id, one.at)
        getattr(self, f"_{one.kind}")(session, patient, change, by, dict(one.body))

    def _symptom_report(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        loaded = SymptomReportIn().load(body)
        symptoms.report(session, patient, change=change, by=by, report=loaded)

    def _wellbeing_check(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        wellbeing.check_in(session, patient, change=change, check=WellbeingCheckIn().load(body))

    def _questionnaire(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        response = QuestionnaireResponseIn().load(body)
        wellbeing.answer(session, patient, change=change, response=response, by_staff=False)

    def _event(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        journey.note_event(session, change=change, event=EventIn().load(body))

    def _treatment(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        treatments.log(session, patient, change=change, treatment=TreatmentIn().load(body))

    def _treatment_change(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        id = UUID(body.pop("id"))
        changes = TreatmentPatch().load(body)
        treatments.amend(session, patient, change=change, id=id, changes=changes)

    def _support_request(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        asking.ask(session, patient, change=change, request=SupportRequestIn().load(body))

    def _care_status(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        died_on = body.get("died_on")
        standing.change_status(
            session, patient, change=change, by=by, status=CareStatus(body["care_status"]),
            died_on=died_on and datetime.fromisoformat(died_on).date(), confirm=True,
        )  # fmt: skip

    def _diagnosis(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        found, differs = journey.set_diagnosis(
            session, change=change, diagnosis=DiagnosisIn().load(body),
            confirmed_by=by.display_name if by.is_staff else None,
        )  # fmt: skip
        if differs:
            record = Record("diagnosis", found.id, change.now)
            respond(session, patient, change=change, record=record, at=change.now)

    def _dose(self, session: Session, patient: Any, change: Change, by: Viewer, body):
        treatment_id, dose_id = UUID(body.pop("treatment_id")), UUID(body.pop("id"))
        body.pop("local_at")
        with suppress(NotFound, DoseNotYetDue):
            doses.answer(
                session, patient, change=change, treatment_id=treatment_id, dose_id=dose_id,
                answer=DoseIn().load(body),
            )  # fmt: skip

    def _do(self, session: Session, step: Any) -> None:
        by = self._viewer(session, step.by)
        if isinstance(step, AlertStep):
            self._answer(session, step, by)
        elif isinstance(step, SupportStep):
            id, now = self._request_like(session, step.request_id), step.at
            if step.kind == "claimed":
                support.claim(session, by, id, now=now)
            elif step.kind == "closed":
                support.close(session, by, id, note=None, now=now)
            else:
                reached = step.kind == "contacted"
                support.record_contact(session, by, id, reached=reached, note=None, now=now)
        else:
            self._look_after(session, step, by)

    def _answer(self, session: Session, step: AlertStep, by: Viewer) -> None:
        id, detail = self._alert_like(session, self._alerts[step.alert_id]), step.detail
        if step.kind == "acknowledged":
            answering.acknowledge(session, by, id, now=step.at)
        elif step.kind == "contact_attempt":
            answering.record_contact(
                session, by, id, now=step.at, how=detail["how"], reached=detail["reached"]
            )
        else:
            answering.close(
                session, by, id, now=step.at, outcome=detail["outcome"], action=detail["action"],
                contact_made=detail["contact_made"], reply_to_patient=detail["reply"],
                safety_plan=detail["safety_plan"],
            )  # fmt: skip

    def _look_after(self, session: Session, step: CascadeStep, by: Viewer) -> None:
        made = self._cascades[step.cascade_id]
        if made.alert_id is not None:
            mine = Cascade.alert_id == self._alert_like(session, self._alerts[made.alert_id])
        else:
            mine = Cascade.request_id == self._request_like(session, made.request_id)
        id = session.scalars(sa.select(Cascade.id).where(mine)).one()
        if step.kind == "assessed":
            real = session.get_one(Cascade, id)
            cascade_actions.assess(
                session, by, id, need=step.note, step=real.step or 3, note=None,
                if_version=None, follow_up_on=self._day_of(made), now=step.at,
            )  # fmt: skip
        else:
            cascade_actions.follow_up(
                session, by, id, outcome=step.note, note=None, next_on=None, if_version=None,
                now=step.at,
            )  # fmt: skip

    def _day_of(self, made: Cascade) -> Any:
        """Return for which day somebody promised to look after her again."""
        if made.followed_up_at is None:
            return made.follow_up_on
        return made.followed_up_at.astimezone(self._clinic.working.zone).date()

    def _request_like(self, session: Session, made_id: Any) -> UUID:
        made = next(one for one in self._made.kept(SupportRequest) if one.id == made_id)
        return session.scalars(
            sa.select(SupportRequest.id).where(
                SupportRequest.kind == made.kind, SupportRequest.queue == made.queue,
                SupportRequest.requested_at == made.requested_at,
            )
        ).one()  # fmt: skip

    def _alert_like(self, session: Session, made: Alert) -> UUID:
        return session.scalars(
            sa.select(Alert.id).where(Alert.queue == made.queue, Alert.opened_at == made.opened_at)
        ).one()

    def _who(self, one: Happening) -> UUID | None:
        """Return who of the staff entered it: she stands in what is on file of that moment."""
        if one.by != "staff":
            return None
        rows = [row for model in _BY_STAFF for row in self._made.kept(model)]
        entered = [row if isinstance(row, dict) else row.__dict__ for row in rows]
        found = [row["entered_by"] for row in entered if row["received_at"] == one.at]
        return found[0] if found else self._clinic.workers[0].account_id

    def _viewer(self, session: Session, account_id: Any) -> Viewer:
        account = session.get_one(Account, account_id)
        return Viewer(
            account.id, new_id(), account.role, account.clinic_id, account.display_name,
            account.email, account.time_zone, account.locale, has_second_factor=True,
        )  # fmt: skip
