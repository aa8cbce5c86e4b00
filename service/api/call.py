"""Who is calling, what about whom, and in which transaction.

Every route says ``@allow(topic, do)`` and is handed a ``Call``.  The decorator reads as the
request is answered: sign-in, role, patient, relation, log, view, commit.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial, wraps
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.routing import BaseConverter, ValidationError

from service.accounts import queries, wiping
from service.accounts.access import JOURNAL, Do, Topic, Viewer, check_relation, check_role
from service.accounts.models import Role
from service.accounts.patient_ref import PatientRef
from service.api.rates import count_call
from service.api.repeats import about_patient, answered_once
from service.audit.actions import NOTED_CHANGES, log_access, log_change
from service.audit.denials import Denied, denying, log_denied
from service.db import transaction
from service.emergencies.looking import seen_by
from service.errors import NotFound, NotSignedIn
from service.records import Change

View = Callable[..., Any]


class PatientId(BaseConverter):
    """``me`` or a patient's UUID in a path."""

    regex = "[^/]{2,36}"

    def to_python(self, value: str) -> UUID | None:
        """Return the UUID, ``None`` for ``me``."""
        if value == "me":
            return None
        try:
            return UUID(value)
        except ValueError:
            raise ValidationError from None


class Call(NamedTuple):
    """One request on its way: the open transaction, one moment, who calls, about whom."""

    session: Session
    now: datetime
    viewer: Viewer
    about: PatientRef | None
    request_id: str
    # What the patient has granted a member of her family; ``None`` for everybody else.
    grants: frozenset[str] | None = None

    @property
    def patient(self) -> PatientRef:
        """Return the patient the route is about."""
        assert self.about is not None  # noqa: S101 - routes with a patient in the path only
        return self.about

    @property
    def reads_her_words(self) -> bool:
        """Tell whether the caller may read what she writes beside numbers; family by a grant."""
        return self.grants is None or JOURNAL in self.grants

    @property
    def change(self) -> Change:
        """Return the change this call makes to the patient's record."""
        return self.change_of(self.patient)

    def change_of(self, patient: PatientRef) -> Change:
        """Return the change this call makes to a patient's record it has the lock of."""
        return Change(
            patient_id=patient.id,
            change_no=patient.change_no,
            by=self.viewer.account_id,
            now=self.now,
        )


def allow(
    topic: Topic,
    do: Do,
    *,
    finds_patient: bool = True,
    of_caller: bool = False,
    most_bytes: int | None = None,
) -> Callable[[View], View]:
    """Let only those past whom the access table lets, and hand the view its ``call``.

    The transaction is committed before the answer leaves, so a 201 is never a lie.  A route
    with ``pid`` in its path that writes takes that patient's lock first.  What is allowed is
    kept on the view (``allowed``); ``tests/test_architecture.py`` fails for a route without.

    Args:
        topic: what the route is about.
        do: what it does.
        finds_patient: ``False`` hands the view the ``pid`` itself, the relation unchecked: for
            opening a record in an emergency (``emergencies.py``), and for nothing else.
        of_caller: it is about the caller's own record, without a ``pid`` in its path.
        most_bytes: how long its body may be, where that is more than elsewhere.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            _read_body(most_bytes)
            if of_caller:
                kwargs["pid"] = None
            try:
                with transaction() as session:
                    changes_own = do is Do.WRITE and kwargs.get("pid", "") is None
                    viewer = _viewer(session, locks=changes_own)
                    check_role(viewer, topic, do)
                    about = grants = None
                    if not finds_patient:
                        _check_names_another(kwargs["pid"])
                    elif "pid" in kwargs:
                        viewer, about, grants = _patient(
                            session, viewer, kwargs.pop("pid"), topic, do
                        )
                    elif do is Do.WRITE and topic in NOTED_CHANGES:
                        log_change(session, viewer, topic, **log_marks())
                    call = Call(
                        session=session, now=g.now, viewer=viewer, about=about,
                        request_id=g.request_id, grants=grants,
                    )  # fmt: skip
                    about_patient(about.id if about else None)
                    return answered_once(
                        session, viewer, partial(view, *args, call=call, **kwargs),
                        minds_key=hasattr(view, "minds_key_itself"),
                    )  # fmt: skip
            except Denied as denied:
                # The transaction it was found out in is rolled back, and this is to stay.
                with transaction() as session:
                    log_denied(session, denied, topic, **log_marks())
                raise denied.why from None

        checked.allowed = (topic, do)  # type: ignore[attr-defined]
        return checked

    return decorate


def public(view: View) -> View:
    """Let anybody call the view: signing in, the catalogue of an invitation, health."""
    view.allowed = None  # type: ignore[attr-defined]
    return view


def _read_body(most_bytes: int | None) -> None:
    """Read it before anything is locked: a slow upload must keep nobody waiting."""
    if most_bytes is not None:
        request.max_content_length = most_bytes
    request.get_data()


def _viewer(session: Session, *, locks: bool) -> Viewer:
    scheme, _, token = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn
    session_id = current_app.extensions["tokens"].read(token, kind="app", now=g.now)
    viewer = None
    if session_id and locks:
        viewer = queries.viewer_with_lock(session, session_id, kind="app", now=g.now)
    if session_id and viewer is None:
        viewer = queries.viewer_of(session, session_id, kind="app", now=g.now)
    if viewer is None:
        if session_id:
            wiping.check_device(session, session_id)
        raise NotSignedIn
    count_call(viewer.account_id)
    return viewer


def _check_names_another(pid: UUID | None) -> None:
    if pid is None:
        raise NotFound


def _patient(
    session: Session, viewer: Viewer, pid: UUID | None, topic: Topic, do: Do
) -> tuple[Viewer, PatientRef, frozenset[str] | None]:
    own = viewer.own_record
    if pid is None and own is None:
        raise NotFound
    is_own = own is not None and pid in (None, own.id)
    # "me" was locked with the look at who is calling, another path is not.
    locked = pid is None
    pid = own.id if is_own and own else pid
    assert pid is not None  # noqa: S101 - tells mypy, not a check
    grants = None
    if not is_own:
        # Looked at before her lock is taken: a stranger must not make her phone wait.
        with denying(viewer, pid):
            is_family = viewer.role is Role.CAREGIVER
            # Before she is looked for: the time tells nobody whether there is such a patient.
            given = queries.grants_to(session, pid, viewer.account_id) if is_family else ()
            viewer, patient = seen_by(session, viewer, pid, topic, do, now=g.now)
            if is_family:
                grants = queries.granted_topics(given, today=patient.local_date(g.now))
            check_relation(viewer, patient, topic, do, grants)
    else:
        patient = own  # type: ignore[assignment]
    if do is Do.WRITE and not locked:
        patient = queries.lock_patient(session, pid)
    if do is Do.WRITE or not is_own:
        log_access(
            session, viewer, patient, topic, do,
            route=request.endpoint or "", request_id=g.request_id, now=g.now,
        )  # fmt: skip
    return viewer, patient, grants


def log_marks() -> dict[str, Any]:
    """Return what tells one request from another in the log."""
    return {"route": request.endpoint or "", "request_id": g.request_id, "now": g.now}


def log_patient(call: Call, patient_id: UUID, topic: Topic, do: Do) -> None:
    """Write the access log for a route whose patient is found only on the way."""
    about_patient(patient_id)
    log_access(
        call.session, call.viewer, queries.patient_ref(call.session, patient_id), topic, do,
        route=request.endpoint or "", request_id=call.request_id, now=call.now,
    )  # fmt: skip
