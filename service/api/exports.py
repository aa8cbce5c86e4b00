"""Routes: all that is held about her, in one file that only her key opens."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response, stream_with_context

from service.accounts.access import Do, Topic
from service.accounts.step_up import require_fresh_sign_in
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint, Problem
from service.db import transaction
from service.exports import actions
from service.exports.models import Export, ExportStatus
from service.exports.schemas import ExportAsked, ExportDownloadIn, ExportIn, ExportOut
from service.row_security import narrow
from service.sealed_files import Opener

blp = ApiBlueprint("exports", __name__, description="All that is held about her, in one file")

_EXPORT = "/patients/<pid:pid>/exports/<uuid:export_id>"
_ZIP = {"type": "string", "format": "binary", "description": "A ZIP file"}


@blp.route("/patients/<pid:pid>/exports", methods=["POST"])
@allow(Topic.EXPORTS, Do.WRITE)
@blp.arguments(ExportIn)
@blp.response(202, ExportAsked)
@blp.alt_response(409, schema=Problem, description="One is being made already")
@blp.alt_response(429, schema=Problem, description="Five were asked for within a day")
def ask_for_export(said: dict[str, Any], *, call: Call) -> Any:
    """Ask for everything that is held about her; the scheduler makes the file.

    The `download_key` is said this once and nobody can tell it again: only it opens the file.
    """
    require_fresh_sign_in(call)
    export, key = actions.ask(call.session, call.viewer, call.patient, said["format"], now=call.now)
    return {**_shown(export), "download_key": key}


@blp.route(_EXPORT)
@allow(Topic.EXPORTS, Do.READ)
@blp.response(200, ExportOut)
def read_export(export_id: UUID, *, call: Call) -> Any:
    """Read how far a file is; one that is `ready` can be downloaded until it expires."""
    return _shown(actions.find(call.session, call.patient.id, export_id))


@blp.route(f"{_EXPORT}.zip", methods=["POST"])
@blp.response(200, _ZIP, content_type="application/zip")
@allow(Topic.EXPORTS, Do.WRITE)
@blp.arguments(ExportDownloadIn)
@blp.alt_response(409, schema=Problem, description="Not ready, downloaded already, or expired")
def download_export(said: dict[str, Any], export_id: UUID, *, call: Call) -> Any:
    """Download a file, once; the key goes in the body, so that no log has it."""
    opener = actions.take(
        call.session, call.patient.id, export_id, said["download_key"], now=call.now
    )
    pieces = actions.pieces_of(call.session, export_id)
    answer = Response(
        stream_with_context(_opened(export_id, call.patient.clinic_id, pieces, opener)),
        mimetype="application/zip",
    )
    # Her name is not in the name of the file: it stands in lists of downloads.
    answer.headers["Content-Disposition"] = 'attachment; filename="my-record.zip"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _opened(export_id: UUID, clinic_id: UUID, pieces: int, opener: Opener) -> Iterator[bytes]:
    # After the transaction that took the file, one for each piece: a slow line holds nothing.
    for number in range(pieces):
        with transaction() as session:
            narrow(session, clinic_id)
            sealed = actions.piece(session, export_id, number)
        yield opener.open(number, sealed, is_last=number == pieces - 1)


def _shown(export: Export) -> dict[str, Any]:
    is_there = export.status is ExportStatus.READY
    path = f"/api/v1/patients/{export.patient_id}/exports/{export.id}.zip"
    return {
        "id": export.id,
        "format": export.format,
        "status": export.status,
        "progress": export.progress,
        "created_at": export.created_at,
        "expires_at": export.expires_at,
        "download_url": path if is_there else None,
    }
