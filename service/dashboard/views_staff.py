"""Staff: who works here, in which role, and letting somebody in or out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, current_app, make_response, redirect

from service.accounts import actions, staff_actions, staff_queries
from service.accounts.access import Do, Topic
from service.accounts.codes import as_written
from service.accounts.models import Role
from service.accounts.roster_actions import DUTIES, RosterUnusable
from service.accounts.staff_schemas import ROLES, StaffIn, StaffPatch
from service.accounts.step_up import require_fresh_sign_in
from service.alerts.assigned import count_in_hand
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.administration import (
    DUTY_WORDS,
    clinic_of,
    filled,
    loaded,
    refused_fields,
    several,
)  # fmt: skip
from service.dashboard.forms import FormUnusable
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.notify.ways_in import tell_colleague

PAGE = 50
_STAFF, _CHANGES = StaffIn(), StaffPatch()
_DONE = {
    "saved": "Saved.",
    "out": "All devices of this person are signed out.",
    "factor": "The second factor is taken away. At the next sign-in a new one has to be set up.",
}


@allow(Topic.STAFF, Do.READ)
def show_staff(*, visit: Visit) -> Response:
    """List who works for the clinic, by name."""
    return _staff_page(visit)


@allow(Topic.STAFF, Do.WRITE)
def invite(*, visit: Visit) -> Response:
    """Invite somebody to work for the clinic, and show the code, once."""
    require_fresh_sign_in(visit)
    try:
        body = loaded(
            _STAFF, {**filled("email", "display_name", "role"), "duties": several("duties")}
        )
        invitee = actions.Invitee(
            role=Role(body["role"]), email=body["email"], display_name=body["display_name"],
            duties=tuple(body["duties"]),
        )  # fmt: skip
        actions.check_duties(invitee)
    except FormUnusable as missing:
        return _staff_page(visit, errors=missing.errors, status=422)
    except RosterUnusable as no:
        return _staff_page(visit, errors=refused_fields(no), status=422)
    invitation, code = actions.invite(
        visit.session, invitee, clinic_id=clinic_of(visit), created_by=visit.viewer.account_id,
        lifetime=current_app.config["INVITATION_LIFETIME"], now=visit.now,
    )  # fmt: skip
    return page(
        "staff_invited", invitee=invitee, code=as_written(code), until=invitation.expires_at,
        address=f"{current_app.config['PUBLIC_URL']}/join",
    )  # fmt: skip


@allow(Topic.STAFF, Do.READ)
def show_member(*, visit: Visit, staff_id: UUID) -> Response:
    """Show one who works for the clinic, and what an administrator can do."""
    return _member_page(visit, staff_id)


@allow(Topic.STAFF, Do.WRITE)
def change(*, visit: Visit, staff_id: UUID) -> Response:
    """Change somebody's name or role, or whether she may sign in."""
    require_fresh_sign_in(visit)
    try:
        body: dict[str, Any] = filled("display_name", "role")
        if forms.text_of("disabled"):
            body["disabled"] = forms.text_of("disabled") == "yes"
        changes = loaded(_CHANGES, body)
        staff_actions.change_staff(
            visit.session, clinic_of(visit), staff_id, changes, now=visit.now
        )
    except FormUnusable as missing:
        return _member_page(visit, staff_id, errors=missing.errors, status=422)
    except staff_actions.LastAdministrator as no:
        return _member_page(visit, staff_id, errors={"all": no.title}, status=409)
    return make_response(redirect(f"/staff/{staff_id}?done=saved", 303))


@allow(Topic.STAFF, Do.WRITE)
def sign_out(*, visit: Visit, staff_id: UUID) -> Response:
    """Sign somebody out everywhere."""
    require_fresh_sign_in(visit)
    staff_actions.sign_out_staff(visit.session, clinic_of(visit), staff_id, now=visit.now)
    return make_response(redirect(f"/staff/{staff_id}?done=out", 303))


@allow(Topic.STAFF, Do.WRITE)
def reset_factor(*, visit: Visit, staff_id: UUID) -> Response:
    """Take away a second factor that is lost."""
    require_fresh_sign_in(visit)
    staff_actions.reset_factor(
        visit.session, visit.viewer, clinic_of(visit), staff_id, now=visit.now
    )
    tell_colleague(visit.session, staff_id, staff_actions.FACTOR_TAKEN, now=visit.now)
    return make_response(redirect(f"/staff/{staff_id}?done=factor", 303))


def _staff_page(
    visit: Visit, *, errors: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    after = forms.asked("after", most=1500)
    found = staff_queries.staff_page(
        visit.session, clinic_of(visit), limit=PAGE, last=_position(after) if after else None
    )
    more = None
    if len(found) > PAGE:
        more = cursors.written([found[PAGE - 1].display_name, str(found[PAGE - 1].id)])
    return page(
        "staff", status=status, rows=_shown(visit, found[:PAGE]), more=more,
        is_first_page=not after, errors=errors or {}, typed=forms.typed() if errors else {},
        ticked=several("duties"), roles=ROLES, duties=DUTIES, duty_words=DUTY_WORDS,
        may_change=visit.frame.may(Topic.STAFF, Do.WRITE),
    )  # fmt: skip


def _member_page(
    visit: Visit, staff_id: UUID, *, errors: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    account = staff_queries.staff_member(visit.session, clinic_of(visit), staff_id)
    [row] = _shown(visit, [account])
    may_change = visit.frame.may(Topic.STAFF, Do.WRITE)
    return page(
        "staff_member", status=status, row=row, errors=errors or {}, roles=ROLES,
        duty_words=DUTY_WORDS, may_change=may_change, done=_DONE.get(forms.asked("done")),
        in_hand=count_in_hand(visit.session, staff_id) if may_change else 0,
        is_oneself=staff_id == visit.viewer.account_id,
    )  # fmt: skip


def _shown(visit: Visit, accounts: Any) -> list[dict[str, Any]]:
    return staff_queries.shown(
        visit.session, clinic_of(visit), accounts,
        in_full=visit.viewer.role is Role.ADMINISTRATOR, now=visit.now,
    )  # fmt: skip


def _position(text: str) -> tuple[str, UUID]:
    name, id = cursors.read(text, parts=2)
    try:
        if not isinstance(name, str) or "\x00" in name:
            raise cursors.PlaceUnknown
        return name, UUID(id)
    except (ValueError, TypeError, AttributeError):
        raise cursors.PlaceUnknown from None


ROUTES: tuple[Route, ...] = (
    Route("/staff", "staff", show_staff),
    Route("/staff", "invite_staff", invite, POST),
    Route("/staff/<uuid:staff_id>", "staff_member", show_member),
    Route("/staff/<uuid:staff_id>", "change_staff", change, POST),
    Route("/staff/<uuid:staff_id>/sign-out", "sign_out_staff", sign_out, POST),
    Route("/staff/<uuid:staff_id>/second-factor/reset", "reset_factor", reset_factor, POST),
)
