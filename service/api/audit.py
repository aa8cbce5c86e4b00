"""Routes: who looked at or changed what, for the privacy officer."""

from typing import Any

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.api.call import Call, allow, log_patient
from service.api.paging import PageArgs, after, cursor_of
from service.api.problems import ApiBlueprint
from service.api.staff import clinic_of
from service.audit.asking import asked_of
from service.audit.models import NOBODY
from service.audit.queries import clinic_page
from service.audit.schemas import AuditPage, AuditQuery
from service.errors import NotFound

blp = ApiBlueprint("audit", __name__, description="Who looked at or changed what")


@blp.route("/audit")
@allow(Topic.AUDIT, Do.READ)
@blp.arguments(AuditQuery, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, AuditPage)
def read_audit(asked: dict[str, Any], args: dict[str, Any], *, call: Call) -> Any:
    """Read who looked at or changed records of the clinic's patients, newest first.

    What patients do with their own records is not in it.  Asking about one patient is itself a
    look at her record, and logged.
    """
    clinic_id = clinic_of(call)
    if asked["patient"] is not None:
        if people.patient_ref(call.session, asked["patient"]).clinic_id != clinic_id:
            raise NotFound
        log_patient(call, asked["patient"], Topic.AUDIT, Do.READ)
    zone = people.clinic(call.session, clinic_id).time_zone
    found = clinic_page(
        call.session, clinic_id, asked_of(asked, zone), limit=args["limit"],
        last=after(args["cursor"]),
    )  # fmt: skip
    return {
        "items": [_item(row) for row in found.entries],
        "next_cursor": found.next and cursor_of(found.next[0].isoformat(), str(found.next[1])),
    }


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at,
        "patient": None
        if row.patient_id == NOBODY
        else {"id": row.patient_id, "display_name": row.patient_name},
        "account": {"id": row.account_id, "display_name": row.account_name},
        "role": row.role,
        "topic": row.topic,
        "action": row.action,
        "route": row.route,
        "request_id": row.request_id,
    }
