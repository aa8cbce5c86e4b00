"""Routes of doses: what is expected of a treatment, and what became of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, page
from service.api.problems import ApiBlueprint
from service.api.stretches import stretch
from service.api.versions import if_version
from service.care import doses as care
from service.records import find
from service.treatments.dose_schemas import AnsweredDoseOut, DoseFilter, DoseIn, DosePage
from service.treatments.models import Treatment
from service.treatments.queries import doses_of

blp = ApiBlueprint("doses", __name__, description="Single doses of what she takes")

_DOSES = "/patients/<pid:pid>/treatments/<uuid:treatment_id>/doses"
_MOST = timedelta(days=366)


@blp.route(_DOSES)
@allow(Topic.TREATMENTS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.arguments(DoseFilter, location="query")
@blp.response(200, DosePage)
def list_doses(
    args: dict[str, Any], which: dict[str, Any], treatment_id: UUID, *, call: Call
) -> Any:
    """List the doses of a treatment, expected and answered, the latest due first."""
    treatment = find(call.session, Treatment, call.patient.id, treatment_id)
    last = after(args["cursor"])
    today = call.patient.local_date(call.now)
    since, before = stretch(
        which["since"] or today - timedelta(days=7),
        which["until"] or today + timedelta(days=14),
        ZoneInfo(call.patient.time_zone),
        most=_MOST,
    )
    found = doses_of(call.session, call.patient, treatment, since=since, before=before)
    rest = [dose for dose in found if last is None or (dose.due_at, dose.id) < last]
    items, cursor = page(
        rest[: args["limit"] + 1], limit=args["limit"], position=lambda dose: (dose.due_at, dose.id)
    )
    return {"items": items, "next_cursor": cursor}


@blp.route(f"{_DOSES}/<uuid:dose_id>", methods=["PUT"])
@allow(Topic.TREATMENTS, Do.WRITE)
@blp.arguments(DoseIn)
@blp.versioned
@blp.response(200, AnsweredDoseOut)
def answer_dose(answer: dict[str, Any], treatment_id: UUID, dose_id: UUID, *, call: Call) -> Any:
    """Say what became of a dose: taken, missed or held; its reminder asks no more."""
    dose, guidance = care.answer(
        call.session, call.patient, change=call.change, treatment_id=treatment_id,
        dose_id=dose_id, answer=answer, if_version=if_version(),
    )  # fmt: skip
    return {**vars(dose), "guidance": guidance.as_json()}
