"""Routes: clinical studies: how they stand to her, what she does with one, reading them in."""

import hashlib
from typing import Any

from flask import request

from service.accounts.access import Do, Topic
from service.accounts.account_queries import lock_clinic
from service.api.call import Call, allow
from service.api.paging import BadCursor, PageArgs, after, cursor_of, newest_first, page, place_in
from service.api.problems import ApiBlueprint, Problem
from service.care import studying
from service.errors import NotFound
from service.studies import actions, marking, queries
from service.studies.index import Key
from service.studies.models import StudyImport
from service.studies.reading_in import Source, file_of, keep_studies
from service.studies.schemas import (
    StudyFilter,
    StudyImportOut,
    StudyImportPage,
    StudyListOut,
    StudyMarkOut,
    StudyPageIn,
)

blp = ApiBlueprint("studies", __name__, description="Clinical studies")

_UPLOADED = "uploaded page"


@blp.route("/patients/<pid:pid>/studies")
@allow(Topic.STUDIES, Do.READ)
@blp.arguments(StudyFilter, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, StudyListOut)
def list_studies(which: dict[str, Any], args: dict[str, Any], *, call: Call) -> Any:
    """List studies as they stand to her now, best first; with `phase=1` those of phase 1.

    Each criterion is met, not met, or to be asked, with what is on file about it. Text is never
    more than a hint: only age, sex and status leave a study out. Empty unless she wants to hear
    of studies (`information_preferences.trials`); `hidden_because` says so. Data from
    ClinicalTrials.gov.
    """
    phase_1 = which["phase"] == "1" or (None if which["saved"] else False)
    asked = studying.Asked(
        phase_1=phase_1, tab=which["tab"], saved=which["saved"], limit=args["limit"],
        after=_place(args["cursor"]),
    )  # fmt: skip
    found = studying.studies_for(call.session, call.patient, asked, now=call.now)
    return {
        "items": found.items, "next_cursor": cursor_of(*found.after) if found.after else None,
        "hidden_because": found.hidden_because, "imported_at": found.imported_at,
        "source": studying.ATTRIBUTION,
    }  # fmt: skip


@blp.route("/patients/<pid:pid>/studies/<nct_id>/<act>", methods=["POST"])
@allow(Topic.STUDIES, Do.WRITE)
@blp.response(200, StudyMarkOut)
def mark_study(nct_id: str, act: str, *, call: Call) -> Any:
    """Save a study, `unsave` or `dismiss` it, or `discuss` it: a question for her next visit.

    Safe to repeat. Saving brings back what was dismissed.
    """
    if act not in marking.ACTS:
        raise NotFound
    return studying.act(call.session, call.patient, nct_id, act, change=call.change)


@blp.route("/studies/import", methods=["POST"])
@allow(Topic.STUDY_REGISTER, Do.WRITE)
@blp.arguments(StudyPageIn)
@blp.response(201, StudyImportOut)
@blp.alt_response(200, schema=StudyImportOut, description="Read already, byte for byte")
@blp.alt_response(409, schema=Problem, description="Studies are being read in just now")
def import_studies(page_in: dict[str, Any], *, call: Call) -> Any:
    """Read one page of ClinicalTrials.gov (API v2) in, up to 1 MiB.

    What cannot be read is among the `faults` and passed over. Larger pages, and whole folders, are
    read in from the command line: `waymark studies import`.
    """
    clinic_id = call.viewer.clinic_id
    if clinic_id is None:
        raise NotFound
    digest = hashlib.sha256(request.get_data()).hexdigest()
    source = Source(_UPLOADED, digest, ())
    way = file_of(source.name, digest)["way"]
    # Before the look, not after it: of the same page sent twice at once one waits for the other.
    lock_clinic(call.session, clinic_id)
    before = queries.was_read(call.session, clinic_id, digest, way)
    if before is not None:
        return before, 200
    reading = actions.begin(
        call.session, clinic_id=clinic_id, source=_UPLOADED, by=call.viewer.account_id,
        now=call.now,
    )  # fmt: skip
    keep_studies(call.session, reading, source, page_in["studies"], now=call.now)
    return actions.end(call.session, reading, hides_others=False, now=call.now), 201


@blp.route("/studies/imports")
@allow(Topic.STUDY_REGISTER, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, StudyImportPage)
def list_imports(args: dict[str, Any], *, call: Call) -> Any:
    """List the readings of studies for the clinic, newest first, with what could not be read."""
    if call.viewer.clinic_id is None:
        raise NotFound
    rows = call.session.scalars(
        newest_first(
            queries.imports_of(call.viewer.clinic_id), at=StudyImport.started_at,
            id=StudyImport.id, limit=args["limit"], last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.started_at, row.id))
    return {"items": items, "next_cursor": cursor}


def _place(cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    place = place_in(cursor)
    if not isinstance(place, list) or [type(part) for part in place] != [int, int, float, str]:
        raise BadCursor
    fit, status, km, nct_id = place
    return fit, status, km, nct_id
