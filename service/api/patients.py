"""Routes about a patient as a whole: profile, diagnosis, picture, replies, who looked."""

from typing import Any

from service.accounts.access import QUEUES, TABLE, Do, Topic, Viewer, readable_topics
from service.accounts.models import Patient, Queue, Role
from service.accounts.patient_schemas import PatientOut, PatientPatch
from service.accounts.sharing import NotShared
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, cursor_of, page
from service.api.problems import ApiBlueprint, Problem
from service.api.versions import if_version
from service.audit import queries as audit
from service.audit.schemas import AccessLogPage
from service.care import status
from service.care.records import Record
from service.care.replies import replies_to
from service.care.respond import picture_of, respond
from service.care.schemas import PictureOut, RepliesOut
from service.errors import NotAllowed, Outdated
from service.journey import actions as journey
from service.journey import queries as journey_queries
from service.journey.schemas import DiagnosisHistory, DiagnosisIn, DiagnosisOut

blp = ApiBlueprint("patients", __name__, description="A patient: who she is, where she stands")
_NOTHING_KNOWN = dict.fromkeys(DiagnosisOut().fields) | {
    "metastatic_sites": [], "mutations": [], "metastatic": False, "version": 0,
}  # fmt: skip
# What a fact of the picture is about, by the first word of its name.
_TOPIC_OF = {
    **dict.fromkeys(
        ("days_since_joining", "care_status", "information_preferences", "birth_year", "sex",
         "ecog"),
        Topic.PROFILE,
    ),
    **dict.fromkeys(("symptom", "red_flag", "days_since_last_report"), Topic.SYMPTOMS),
    **dict.fromkeys(
        ("distress", "mood", "topics", "contact_wanted", "safe_now"), Topic.WELLBEING
    ),
    "diagnosis": Topic.DIAGNOSIS,
    "treatment": Topic.TREATMENTS,
    "dose": Topic.TREATMENTS,
    "measure": Topic.MEASUREMENTS,
    "questionnaire": Topic.QUESTIONNAIRES,
    "studies_saved": Topic.STUDIES,
}  # fmt: skip
_STATUS_FIELDS = frozenset({"care_status", "died_on", "confirm"})
# What staff read back of somebody who does not share her record.
_STATUS_SHOWN = ("id", "care_status", "died_on", "version")


@blp.route("/patients/<pid:pid>")
@allow(Topic.PROFILE, Do.READ)
@blp.response(200, PatientOut)
def read_patient(*, call: Call) -> Any:
    """Read who she is."""
    row = call.session.get_one(Patient, call.patient.id)
    if call.viewer.role is not Role.CAREGIVER:
        return row
    # Family learns what matters to her from her: no grant of hers is about that.
    return {name: getattr(row, name) for name in PatientOut().fields if name != "what_matters"}


@blp.route("/patients/<pid:pid>", methods=["PATCH"])
@allow(Topic.PROFILE, Do.WRITE)
@blp.arguments(PatientPatch)
@blp.versioned
@blp.response(200, PatientOut)
@blp.alt_response(409, schema=Problem, description="A death needs a second confirmation")
def change_patient(changes: dict[str, Any], *, call: Call) -> Any:
    """Change her profile; staff change her care status.

    Of a patient who does not share her record staff change nothing else, and read back nothing
    else: what goes out to somebody who has died must stop all the same.
    """
    row = call.session.get_one(Patient, call.patient.id, populate_existing=True)
    seen = if_version()
    if seen is not None and seen != row.version:
        raise Outdated
    is_hidden = call.viewer.is_staff and not call.patient.is_shared
    if is_hidden and changes.keys() - _STATUS_FIELDS:
        raise NotShared
    status_changes = {name: changes[name] for name in _STATUS_FIELDS & changes.keys()}
    if status_changes and not call.viewer.is_staff:
        raise NotAllowed
    values = {name: value for name, value in changes.items() if name not in _STATUS_FIELDS}
    if "information_preferences" in values:
        values["information_preferences"] = _merged(
            row.information_preferences, values["information_preferences"]
        )
    status.change_profile(call.session, call.patient, change=call.change, values=values)
    if "care_status" in status_changes:
        status.change_status(
            call.session, call.patient, change=call.change, by=call.viewer,
            status=changes["care_status"], died_on=changes.get("died_on"),
            confirm=changes.get("confirm", False),
        )  # fmt: skip
    row = call.session.get_one(Patient, call.patient.id, populate_existing=True)
    return {name: getattr(row, name) for name in _STATUS_SHOWN} if is_hidden else row


@blp.route("/patients/<pid:pid>/diagnosis")
@allow(Topic.DIAGNOSIS, Do.READ)
@blp.response(200, DiagnosisOut)
def read_diagnosis(*, call: Call) -> Any:
    """Read what is known of the disease now; before anybody has said so, nothing is."""
    found = journey_queries.current_diagnosis(call.session, call.patient.id)
    return _NOTHING_KNOWN if found is None else _diagnosis(found)


@blp.route("/patients/<pid:pid>/diagnosis", methods=["PUT"])
@allow(Topic.DIAGNOSIS, Do.WRITE)
@blp.versioned
@blp.arguments(DiagnosisIn)
@blp.response(200, DiagnosisOut)
def set_diagnosis(diagnosis: dict[str, Any], *, call: Call) -> Any:
    """Say what is known of the disease; staff confirm it by saying so."""
    confirmed_by = call.viewer.display_name if call.viewer.is_staff else None
    current, differs = journey.set_diagnosis(
        call.session,
        change=call.change,
        diagnosis=diagnosis,
        confirmed_by=confirmed_by,
        if_version=if_version(),
    )
    if differs:
        record = Record("diagnosis", current.id, call.now)
        respond(call.session, call.patient, change=call.change, record=record, at=call.now)
    return _diagnosis(current)


@blp.route("/patients/<pid:pid>/diagnosis/history")
@allow(Topic.DIAGNOSIS, Do.READ)
@blp.response(200, DiagnosisHistory)
def read_diagnosis_history(*, call: Call) -> Any:
    """Read what was known of the disease before, newest first."""
    found = journey_queries.diagnoses_of(call.session, call.patient.id)
    return {"items": [_diagnosis(one) for one in found]}


@blp.route("/patients/<pid:pid>/picture")
@allow(Topic.PICTURE, Do.READ)
@blp.response(200, PictureOut)
def read_picture(*, call: Call) -> Any:
    """Read what the rules see: every fact one may read, with the records it came from."""
    picture = picture_of(call.session, call.patient, now=call.now)
    facts = [fact for fact in picture.as_facts() if _may_read(call.viewer, fact["fact"])]
    return {"as_of": call.now, "facts": facts}


@blp.route("/patients/<pid:pid>/replies")
@allow(Topic.REPLIES, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, RepliesOut)
def read_replies(args: dict[str, Any], *, call: Call) -> Any:
    """Read who saw what she reported, when, and what happens next, newest first."""
    items, last = replies_to(
        call.session, call.patient, now=call.now, limit=args["limit"],
        topics=readable_topics(call.viewer, call.grants),
        queues=QUEUES.get(call.viewer.role, tuple(Queue)), last=after(args["cursor"]),
    )  # fmt: skip
    cursor = None if last is None else cursor_of(last[0].isoformat(), str(last[1]))
    return {"items": items, "next_cursor": cursor}


@blp.route("/patients/<pid:pid>/access-log")
@allow(Topic.ACCESS_LOG, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, AccessLogPage)
def read_access_log(args: dict[str, Any], *, call: Call) -> Any:
    """Read who looked at or changed what, newest first."""
    rows = audit.entries_page(
        call.session, call.patient.id, limit=args["limit"], last=after(args["cursor"])
    )
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.at, row.id))
    return {"items": items, "next_cursor": cursor}


def _may_read(viewer: Viewer, fact: str) -> bool:
    """Tell whether the viewer's role may read what a fact is about; one of no topic nobody may."""
    topic = _TOPIC_OF.get(fact.partition(".")[0])
    return topic is not None and Do.READ in TABLE[topic][viewer.role]


def _diagnosis(found: Any) -> dict[str, Any]:
    metastatic = journey_queries.is_metastatic(found)
    # No row is changed, another one takes its place: what tells them apart is its change.
    return {**vars(found), "metastatic": metastatic, "version": found.change_no}


def _merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**before, **changes}
    return {name: value for name, value in merged.items() if value is not None}
