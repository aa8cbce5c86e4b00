"""The access log of the clinic, for the privacy officer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, request
from marshmallow import ValidationError

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.accounts.patient_ref import PatientRef
from service.audit.asking import PeriodUnusable, asked_of
from service.audit.models import NOBODY
from service.audit.queries import chain_state, clinic_page
from service.audit.schemas import AuditQuery
from service.dashboard import cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.administration import clinic_of, colleagues
from service.dashboard.pages import page
from service.dashboard.routing import Route
from service.errors import NotFound
from service.wire import moment_text

PAGE = 50
_QUERY = AuditQuery()
_NAMES = ("patient", "account", "topic", "from", "to")
_NOTHING: dict[str, Any] = {
    "patient": None, "account": None, "topic": None, "since": None, "until": None,
}  # fmt: skip
_REFUSED = "These days cannot be asked for: look at what is chosen below."


@allow(Topic.AUDIT, Do.READ)
def show_audit(*, visit: Visit) -> Response:
    """Show who looked at or changed records of the clinic's patients, newest first."""
    given = {name: forms.asked(name) for name in _NAMES if forms.asked(name)}
    zone = people.clinic(visit.session, clinic_of(visit)).time_zone
    refusal = None
    try:
        asked = _QUERY.load(given)
        which = asked_of(asked, zone)
    except (ValidationError, PeriodUnusable):
        # Nothing is shown rather than what nobody has asked for.
        asked, which, refusal = _NOTHING, None, _REFUSED
    patient = _patient(visit, asked["patient"]) if asked["patient"] else None
    after = forms.asked("after", most=500)
    found = which and clinic_page(
        visit.session, clinic_of(visit), which, limit=PAGE, last=_position(after) if after else None
    )
    more = None
    if found and found.next:
        more = cursors.written([moment_text(found.next[0]), str(found.next[1])])
    staff = colleagues(visit)
    return page(
        "audit", status=422 if refusal else 200, rows=found.entries if found else [], more=more,
        is_full=bool(found and len(found.entries) == PAGE), is_first_page=not after,
        chain=chain_state(visit.session, clinic_of(visit)), nobody=NOBODY,
        given=given, staff=staff, topics=list(Topic), patient=patient, refusal=refusal,
        knows_account=not given.get("account")
        or given["account"] in {str(one.id) for one in staff},
    )  # fmt: skip


def _patient(visit: Visit, patient_id: UUID) -> PatientRef:
    patient = people.patient_ref(visit.session, patient_id)
    if patient.clinic_id != clinic_of(visit):
        raise NotFound
    if request.method == "GET":
        visit.log(patient, Topic.AUDIT, Do.READ)
    return patient


def _position(text: str) -> tuple[datetime, UUID]:
    place: list[Any] = cursors.read(text, parts=2)
    try:
        at = datetime.fromisoformat(place[0])
        if at.tzinfo is None:
            raise cursors.PlaceUnknown
        return at, UUID(place[1])
    except (ValueError, TypeError, AttributeError):
        raise cursors.PlaceUnknown from None


ROUTES: tuple[Route, ...] = (Route("/audit", "audit", show_audit),)
