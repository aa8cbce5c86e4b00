"""Routes of the symptom diary: reports and measurements."""

from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic
from service.api.answers import json_answer
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, newest_first, page
from service.api.problems import ApiBlueprint, Problem
from service.api.versions import if_version
from service.care import symptoms as care
from service.care.respond import guidance_given
from service.errors import NotAllowed
from service.records import find
from service.symptoms import queries
from service.symptoms.models import Measurement
from service.symptoms.rules import CAREGIVER
from service.symptoms.schemas import (
    MeasurementIn,
    MeasurementOut,
    MeasurementPage,
    SymptomReportIn,
    SymptomReportOut,
    SymptomReportPage,
    wire_form,
)  # fmt: skip
from service.symptoms.units import BY_STAFF_ONLY

blp = ApiBlueprint("symptoms", __name__, description="What she reports, graded as it arrives")


@blp.route("/patients/<pid:pid>/symptom-reports", methods=["POST"])
@allow(Topic.REPORTS, Do.WRITE)
@blp.arguments(SymptomReportIn)
@blp.response(201, SymptomReportOut)
@blp.alt_response(200, schema=SymptomReportOut, description="On file already")
@blp.alt_response(409, schema=Problem, description="The id is taken")
def report_symptoms(report: dict[str, Any], *, call: Call) -> Any:
    """Report symptoms: graded at once, answered with what to do now.

    What a member of her family reports is kept as `caregiver`'s, apart from what she says.
    """
    reported, guidance = care.report(
        call.session, call.patient, change=call.change, by=call.viewer, report=report
    )
    body = {**wire_form(reported.record), "guidance": guidance.as_json()}
    return json_answer(body, 201 if reported.is_new else 200)


@blp.route("/patients/<pid:pid>/symptom-reports")
@allow(Topic.SYMPTOMS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, SymptomReportPage)
def list_reports(args: dict[str, Any], *, call: Call) -> Any:
    """List reports, newest first."""
    rows = queries.reports_page(
        call.session, call.patient.id, limit=args["limit"], last=after(args["cursor"])
    )
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row["at"], row["id"]))
    shown = [_for_viewer(call, wire_form(row)) for row in items]
    return json_answer({"items": shown, "next_cursor": cursor})


@blp.route("/patients/<pid:pid>/symptom-reports/<uuid:report_id>")
@allow(Topic.SYMPTOMS, Do.READ)
@blp.response(200, SymptomReportOut)
def read_report(report_id: UUID, *, call: Call) -> Any:
    """Read one report and what she was told."""
    record = queries.report(call.session, call.patient.id, report_id)
    guidance = guidance_given(call.session, call.patient, report_id)
    return {**_for_viewer(call, record), "guidance": guidance.as_json()}


@blp.route("/patients/<pid:pid>/symptom-reports/<uuid:report_id>", methods=["DELETE"])
@allow(Topic.SYMPTOMS, Do.WRITE)
@blp.versioned
@blp.response(204)
def take_back_report(report_id: UUID, *, call: Call) -> None:
    """Take a report back.  Alerts it raised stay, with a note."""
    care.take_back(
        call.session, call.patient, change=call.change, by=call.viewer, id=report_id,
        if_version=if_version(),
    )  # fmt: skip


@blp.route("/patients/<pid:pid>/measurements", methods=["POST"])
@allow(Topic.MEASUREMENTS, Do.WRITE)
@blp.arguments(MeasurementIn)
@blp.response(201, MeasurementOut)
@blp.alt_response(200, schema=MeasurementOut, description="On file already")
def enter_measurement(measurement: dict[str, Any], *, call: Call) -> Any:
    """Enter a measured value; laboratory values are entered by staff."""
    if measurement["code"] in BY_STAFF_ONLY and not call.viewer.is_staff:
        raise NotAllowed
    is_new, guidance = care.measure(
        call.session, call.patient, change=call.change, measurement=measurement
    )
    stored = find(call.session, Measurement, call.patient.id, measurement["id"])
    return {**vars(stored), "guidance": guidance.as_json()}, 201 if is_new else 200


@blp.route("/patients/<pid:pid>/measurements")
@allow(Topic.MEASUREMENTS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, MeasurementPage)
def list_measurements(args: dict[str, Any], *, call: Call) -> Any:
    """List measured values, newest first."""
    rows = call.session.scalars(
        newest_first(
            queries.measurements_of(call.patient.id), at=Measurement.at, id=Measurement.id,
            limit=args["limit"], last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.at, row.id))
    return {"items": items, "next_cursor": cursor}


def _for_viewer(call: Call, report: dict[str, Any]) -> dict[str, Any]:
    """Leave out what she wrote beside her answers for whom she does not let read it."""
    is_hers = report["reported_by"] != CAREGIVER
    return {**report, "note": None} if is_hers and not call.reads_her_words else report
