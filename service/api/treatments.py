"""Routes of treatments."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, newest_first, page
from service.api.problems import ApiBlueprint
from service.api.versions import if_version
from service.care import treatments as care
from service.records import find
from service.treatments.models import Treatment
from service.treatments.schemas import TreatmentIn, TreatmentOut, TreatmentPage, TreatmentPatch

blp = ApiBlueprint("treatments", __name__, description="What she takes, or has had done")


@blp.route("/patients/<pid:pid>/treatments", methods=["POST"])
@allow(Topic.TREATMENTS, Do.WRITE)
@blp.arguments(TreatmentIn)
@blp.response(201, TreatmentOut)
@blp.alt_response(200, schema=TreatmentOut, description="On file already")
def log_treatment(treatment: dict[str, Any], *, call: Call) -> Any:
    """Log a treatment, by its code in the catalogue or in her own words."""
    stored, is_new = care.log(call.session, call.patient, change=call.change, treatment=treatment)
    return stored, 201 if is_new else 200


@blp.route("/patients/<pid:pid>/treatments")
@allow(Topic.TREATMENTS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, TreatmentPage)
def list_treatments(args: dict[str, Any], *, call: Call) -> Any:
    """List treatments, the last entered first."""
    rows = call.session.scalars(
        newest_first(
            sa.select(Treatment).where(
                Treatment.patient_id == call.patient.id, Treatment.deleted_at.is_(None)
            ),
            at=Treatment.received_at, id=Treatment.id, limit=args["limit"],
            last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.received_at, row.id))
    return {"items": items, "next_cursor": cursor}


@blp.route("/patients/<pid:pid>/treatments/<uuid:treatment_id>")
@allow(Topic.TREATMENTS, Do.READ)
@blp.response(200, TreatmentOut)
def read_treatment(treatment_id: UUID, *, call: Call) -> Any:
    """Read one treatment."""
    return find(call.session, Treatment, call.patient.id, treatment_id)


@blp.route("/patients/<pid:pid>/treatments/<uuid:treatment_id>", methods=["PATCH"])
@allow(Topic.TREATMENTS, Do.WRITE)
@blp.arguments(TreatmentPatch)
@blp.versioned
@blp.response(200, TreatmentOut)
def change_treatment(changes: dict[str, Any], treatment_id: UUID, *, call: Call) -> Any:
    """Change a treatment: its dose, its status, its days."""
    return care.amend(
        call.session, call.patient, change=call.change, id=treatment_id, changes=changes,
        if_version=if_version(),
    )  # fmt: skip


@blp.route("/patients/<pid:pid>/treatments/<uuid:treatment_id>", methods=["DELETE"])
@allow(Topic.TREATMENTS, Do.WRITE)
@blp.versioned
@blp.response(204)
def take_out_treatment(treatment_id: UUID, *, call: Call) -> None:
    """Take out a treatment that was entered by mistake, and what was suggested for it."""
    care.take_out(
        call.session, call.patient, change=call.change, id=treatment_id, if_version=if_version()
    )
