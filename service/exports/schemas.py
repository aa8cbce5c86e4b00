"""How exports look on the wire."""

from marshmallow import fields

from service.exports.models import ExportFormat, ExportStatus
from service.sealed_files import KEY_CHARACTERS
from service.wire import In, Line, Moment, Out


class ExportIn(In):
    """What she wants in the file."""

    format = fields.Enum(ExportFormat, by_value=True, load_default=ExportFormat.ALL)


class ExportDownloadIn(In):
    """The key she was given when she asked."""

    download_key = Line(KEY_CHARACTERS, required=True)


class ExportOut(Out):
    """One file that was asked for.  ``download_url`` is there once it can be downloaded."""

    id = fields.UUID()
    format = fields.Enum(ExportFormat, by_value=True)
    status = fields.Enum(ExportStatus, by_value=True)
    progress = fields.Integer(metadata={"description": "In percent"})
    created_at = Moment()
    expires_at = Moment()
    download_url = fields.String(allow_none=True)


class ExportAsked(ExportOut):
    """The same, with the key that opens the file: it is said this once."""

    download_key = fields.String()
