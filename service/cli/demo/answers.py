"""The care team of the demo: how it answered what came in, long before anybody had to be told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Do, Topic, Viewer
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts.models import Alert, AlertState, Severity
from service.audit.actions import log_access
from service.care import answering
from service.ids import new_id
from service.support import actions as support
from service.support import cascade_actions as moving
from service.support import cascades
from service.support.models import SupportRequest

_REPLIES: Mapping[Queue, tuple[tuple[str, str], ...]] = {
    Queue.NURSING: (
        (
            "advice_given",
            "Thank you for telling us. We will look at your tablets together on Monday.",
        ),
        ("spoken_to", "It was good to speak with you. Call again if it does not ease by tomorrow."),
        ("seen", "Thank you for coming in. We will ask you again in two days."),
    ),
    Queue.SOCIAL_WORK: (
        ("spoken_to", "Thank you for the talk. I will call you again on Thursday."),
        ("referred", "I have asked the support group to write to you about their next meeting."),
    ),
    Queue.CHAPLAINCY: (("spoken_to", "I was glad to sit with you. I will come by again."),),
    Queue.COORDINATION: (("advice_given", "We have noted it, and your next visit stands."),),
}
_NEEDS = (
    "Somebody to talk with, every week for now.",
    "Help with the forms for her insurance.",
    "Time to speak of what this means, and the group on Thursdays.",
)
_DESK: Mapping[Queue, tuple[str, ...]] = {
    Queue.NURSING: ("nora", "nina"),
    Queue.SOCIAL_WORK: ("sol",),
    Queue.CHAPLAINCY: ("chaya",),
    Queue.COORDINATION: ("cora",),
}
# Urgent ones were taken before the first reminder falls due, the others within working hours.
_TAKEN_AFTER = {Severity.URGENT: (3, 13), Severity.SOON: (20, 200), Severity.INFO: (600, 1500)}
_RECENT = timedelta(days=7)


class CareTeam:
    """Everybody who answers, and the hand of dice that says who and when."""

    def __init__(self, viewers: Mapping[str, Viewer], rng: Random, *, now: datetime) -> None:
        self._viewers, self._rng, self._now = viewers, rng, now

    def __getitem__(self, name: str) -> Viewer:
        """Return somebody of the team."""
        return self._viewers[name]

    def answer_after(self, session: Session, patient: PatientRef, at: datetime) -> datetime | None:
        """Return when what is open of a patient will be answered; ``None`` if nothing is."""
        severities = session.scalars(
            sa.select(Alert.severity).where(
                Alert.patient_id == patient.id, Alert.state == AlertState.OPEN
            )
        ).all()
        asked = session.scalar(
            sa.select(sa.func.count()).where(
                SupportRequest.patient_id == patient.id, SupportRequest.state == "received"
            )
        )
        if not severities and not asked:
            return None
        spans = [_TAKEN_AFTER[severity] for severity in severities] or [_TAKEN_AFTER[Severity.SOON]]
        return at + timedelta(minutes=self._rng.uniform(*min(spans)))

    def answer(self, session: Session, patient: PatientRef, at: datetime) -> None:
        """Take everything that is open of a patient; close most of it, with a reply."""
        for alert in session.scalars(
            sa.select(Alert).where(Alert.patient_id == patient.id, Alert.state != AlertState.CLOSED)
        ).all():
            self._answer_alert(session, patient, alert, at)
        for request in session.scalars(
            sa.select(SupportRequest).where(
                SupportRequest.patient_id == patient.id, SupportRequest.state == "received"
            )
        ).all():
            self._answer_request(session, patient, request, at)

    def _answer_alert(
        self, session: Session, patient: PatientRef, alert: Alert, at: datetime
    ) -> None:
        by = self._viewers[self._rng.choice(_DESK[alert.queue])]
        if alert.state is AlertState.OPEN:
            answering.acknowledge(session, by, alert.id, now=at)
        elif alert.acknowledged_by is not None:
            by = next(
                one for one in self._viewers.values() if one.account_id == alert.acknowledged_by
            )
        self._log(session, by, patient, Topic.ALERTS, "alerts.acknowledge", at)
        outcome, reply = self._rng.choice(_REPLIES[alert.queue])
        goes_on = self._now - at < _RECENT and self._rng.random() < 0.4
        is_spoken = goes_on or outcome in {"spoken_to", "seen"} or alert.needs_named_contact
        if is_spoken:
            answering.record_contact(
                session, by, alert.id, how="phone", reached=True, note=None,
                now=at + timedelta(minutes=1),
            )  # fmt: skip
            self._assess(session, by, at, alert_id=alert.id)
        if goes_on:
            return
        answering.close(
            session, by, alert.id, outcome=outcome, action="Talked through what to do next.",
            contact_made=is_spoken, note=None,
            reply_to_patient=None if alert.severity is Severity.INFO else reply,
            now=at + timedelta(minutes=2),
        )  # fmt: skip
        self._log(session, by, patient, Topic.ALERTS, "alerts.close", at)

    def _answer_request(
        self, session: Session, patient: PatientRef, request: SupportRequest, at: datetime
    ) -> None:
        by = self._viewers[_DESK[request.queue][0]]
        support.claim(session, by, request.id, now=at)
        if self._now - at > _RECENT:
            support.record_contact(
                session, by, request.id, reached=True, note=None, now=at + timedelta(minutes=1)
            )
            self._assess(session, by, at, request_id=request.id)
            support.close(session, by, request.id, note=None, now=at + timedelta(minutes=2))
        self._log(session, by, patient, Topic.REQUESTS, "alerts.claim_request", at)

    def _assess(self, session: Session, by: Viewer, at: datetime, **source: UUID) -> None:
        """Say what most of those need who were reached, and when to look after them again."""
        cascade = cascades.running(session, **source)
        if cascade is None or cascade.assessed_at is not None or self._rng.random() < 0.35:
            return
        day = (at + timedelta(days=self._rng.choice((7, 14)))).date()
        moving.assess(
            session, by, cascade.id, need=self._rng.choice(_NEEDS), step=cascade.step or 3,
            follow_up_on=day + timedelta(days=(7 - day.weekday()) if day.weekday() > 4 else 0),
            note=None, if_version=None, now=at + timedelta(minutes=1),
        )  # fmt: skip

    def _log(
        self, session: Session, by: Viewer, patient: PatientRef, topic: Topic, route: str,
        at: datetime,
    ) -> None:  # fmt: skip
        log_access(
            session, by, patient, topic, Do.WRITE, route=route, request_id=str(new_id()), now=at
        )
