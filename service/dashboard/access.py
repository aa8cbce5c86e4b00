"""Who looks at a page, and in which transaction: the dashboard's counterpart of the API's call."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy.orm import Session

from service.accounts import queries
from service.accounts.access import (
    TABLE,
    Do,
    Topic,
    Viewer,
    check_relation,
    check_role,
)  # fmt: skip
from service.accounts.models import Queue, Role
from service.accounts.patient_ref import PatientRef
from service.accounts.roster_queries import roster
from service.alerts import queries as alerts
from service.audit.actions import NOTED_CHANGES, log_access, log_change, log_listed
from service.audit.denials import Denied, denying, log_denied
from service.dashboard import navigation
from service.dashboard.formatting import Words
from service.dashboard.navigation import Place
from service.dashboard.session import is_refresh, viewer_here
from service.db import transaction
from service.emergencies.looking import IN_AN_EMERGENCY, seen_by
from service.notify.dead_letters import count_dead
from service.notify.queries import Pulse, pulse

View = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page: who is signed in, where, and what everybody must know."""

    viewer: Viewer
    clinic_name: str
    words: Words
    pulse: Pulse
    nobody_on_duty: tuple[Queue, ...]
    # How many alerts of the viewer's queues everybody was told of and nobody has answered.
    unanswered: Mapping[Queue, int]
    # How many messages could not be sent, for whom it is to see to them.
    not_sent: int

    @property
    def work(self) -> list[Place]:
        """Return the pages of the viewer's daily work, for the navigation."""
        if not self.viewer.has_second_factor:
            return []
        return navigation.work_of(self.viewer, self._may_at_her_own)

    @property
    def about_the_clinic(self) -> list[Place]:
        """Return the pages about the clinic itself, for the navigation."""
        if not self.viewer.has_second_factor:
            return []
        return navigation.clinic_of(self._may_at_her_own)

    @property
    def home(self) -> str:
        """Return the page the viewer's work begins on."""
        return navigation.home_of(self.viewer.role)

    def may(self, topic: Topic, do: Do = Do.READ) -> bool:
        """Tell whether the viewer's role may see (or change) this of patients of the clinic.

        Of a patient whose record is open in an emergency nothing can be changed.
        """
        is_emergency = self.viewer.emergency_ends_at is not None
        # Compared, not asked to be the same: templates write both as plain words.
        if is_emergency and (do != Do.READ or topic not in IN_AN_EMERGENCY):
            return False
        return self._may_at_her_own(topic, do)

    def _may_at_her_own(self, topic: Topic, do: Do) -> bool:
        return do in TABLE[topic][self.viewer.role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request on its way: the open transaction, one moment, who looks, at whom."""

    session: Session
    now: datetime
    frame: Frame
    about: PatientRef | None

    @property
    def viewer(self) -> Viewer:
        """Return who looks."""
        return self.frame.viewer

    @property
    def patient(self) -> PatientRef:
        """Return the patient the page is about."""
        assert self.about is not None  # noqa: S101 - routes with a patient in the path only
        return self.about

    def log(self, patient: PatientRef, topic: Topic, do: Do) -> None:
        """Write into the patient's access log what the viewer has seen or done."""
        log_access(
            self.session, self.viewer, patient, topic, do, route=request.endpoint or "",
            request_id=g.request_id, now=self.now,
        )  # fmt: skip

    def log_listed(self, patient_ids: Iterable[UUID], topic: Topic, do: Do = Do.READ) -> None:
        """Write the access log of everybody in a list, unless the page only refreshes itself."""
        if not is_refresh():
            log_listed(
                self.session, self.viewer, patient_ids, topic, do=do,
                route=request.endpoint or "", request_id=g.request_id, now=self.now,
            )  # fmt: skip

    def log_by_id(self, patient_id: UUID, topic: Topic, do: Do) -> PatientRef:
        """Write the access log of a patient found only on the way, and return her."""
        patient = queries.patient_ref(self.session, patient_id)
        self.log(patient, topic, do)
        return patient


def allow(topic: Topic, do: Do) -> Callable[[View], View]:
    """Let only those see the page whom the access table lets; the view is handed its ``visit``.

    A view with ``patient_id`` in its path gets the patient, once the relation is checked and
    the look is in her log.  What is allowed is kept on the view (``allowed``);
    ``tests/test_architecture.py`` fails for a view without.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(**kwargs: Any) -> Any:
            try:
                with transaction() as session:
                    frame = _frame(session, viewer_here(session))
                    g.frame = frame
                    check_role(frame.viewer, topic, do)
                    about = None
                    if "patient_id" in kwargs:
                        patient_id = kwargs.pop("patient_id")
                        with denying(frame.viewer, patient_id):
                            viewer, about = seen_by(
                                session, frame.viewer, patient_id, topic, do, now=g.now
                            )
                            g.frame = frame = replace(frame, viewer=viewer)
                            check_relation(viewer, about, topic, do, None)
                    visit = Visit(session=session, now=g.now, frame=frame, about=about)
                    if about is not None:
                        visit.log(about, topic, do)
                    elif do is Do.WRITE and topic in NOTED_CHANGES:
                        log_change(session, frame.viewer, topic, **marks())
                    return view(visit=visit, **kwargs)
            except Denied as denied:
                # The transaction it was found out in is rolled back, and this is to stay.
                with transaction() as session:
                    log_denied(session, denied, topic, **marks())
                raise denied.why from None

        checked.allowed = (topic, do)  # type: ignore[attr-defined]
        return checked

    return decorate


def marks() -> dict[str, Any]:
    """Return what tells one request from another in the log."""
    return {"route": request.endpoint or "", "request_id": g.request_id, "now": g.now}


def public(view: View) -> View:
    """Let anybody see the page: signing in, the stylesheet."""
    view.allowed = None  # type: ignore[attr-defined]
    return view


def _frame(session: Session, viewer: Viewer) -> Frame:
    name, zone = "", viewer.time_zone
    nobody: tuple[Queue, ...] = ()
    not_sent = 0
    if viewer.clinic_id is not None:
        clinic = queries.clinic(session, viewer.clinic_id)
        name, zone = clinic.name, clinic.time_zone
        if viewer.role is Role.ADMINISTRATOR:
            today = roster(session, clinic.id, now=g.now)
            nobody = tuple(queue for queue in Queue if not today.on_duty(queue.value))
            not_sent = count_dead(session, clinic.id)
    late_after = current_app.config["HEARTBEAT_LATE_AFTER"]
    return Frame(
        viewer=viewer, clinic_name=name, words=Words(g.now, zone), nobody_on_duty=nobody,
        unanswered=alerts.unanswered(session, viewer), not_sent=not_sent,
        pulse=pulse(session, now=g.now, after=late_after),
    )  # fmt: skip
