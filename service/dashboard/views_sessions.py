"""Where somebody is signed in, and cutting that off."""

from uuid import UUID

from flask import Response, current_app, make_response, redirect

from service.accounts import session_actions as actions
from service.accounts.access import Do, Topic
from service.accounts.account_queries import sessions_of
from service.accounts.session_models import DeviceSession
from service.dashboard import forms, session
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route

_MOST = 100


@allow(Topic.ACCOUNT, Do.READ)
def show_sessions(*, visit: Visit) -> Response:
    """List where one is signed in, the latest used first."""
    asked = sessions_of(visit.viewer.account_id, now=visit.now).order_by(
        DeviceSession.last_used_at.desc(), DeviceSession.id
    )
    found = visit.session.scalars(asked.limit(_MOST)).all()
    return page(
        "sessions", rows=[one for one in found if _is_in_use(one, visit)],
        this=visit.viewer.session_id, ended=forms.asked("ended"),
    )  # fmt: skip


@allow(Topic.ACCOUNT, Do.WRITE)
def end_session(*, visit: Visit, session_id: UUID) -> Response:
    """Sign one of one's devices out, at once."""
    viewer = visit.viewer
    actions.cut_off(visit.session, session_id, account_id=viewer.account_id, now=visit.now)
    if session_id != viewer.session_id:
        return make_response(redirect("/sessions?ended=one", 303))
    response = make_response(redirect("/sign-in?out=1", 303))
    session.forget(response)
    return response


@allow(Topic.ACCOUNT, Do.WRITE)
def end_others(*, visit: Visit) -> Response:
    """Sign all other devices out, at once."""
    viewer = visit.viewer
    actions.sign_out_everywhere(
        visit.session, viewer.account_id, because=actions.CUT_OFF, now=visit.now,
        but=viewer.session_id,
    )  # fmt: skip
    return make_response(redirect("/sessions?ended=others", 303))


def _is_in_use(device: DeviceSession, visit: Visit) -> bool:
    # A dashboard that was left alone too long lets nobody in any more.
    idle = current_app.config["DASHBOARD_IDLE"]
    return bool(device.kind != session.KIND or device.last_used_at > visit.now - idle)


ROUTES: tuple[Route, ...] = (
    Route("/sessions", "sessions", show_sessions),
    Route("/sessions/<uuid:session_id>/end", "end_session", end_session, POST),
    Route("/sessions/end-others", "end_other_sessions", end_others, POST),
)
