"""How support looks on the wire."""

from marshmallow import fields, validate

from service.accounts.models import Queue
from service.support.actions import QUEUE_OF
from service.wire import NOTE, Flag, Id, In, Moment, Out, Query, Text

KINDS = tuple(QUEUE_OF)


class SupportQuery(Query):
    """Which entries."""

    kind = fields.String(load_default=None)
    language = fields.String(load_default=None)


class RequestQuery(Query):
    """Which requests of patients."""

    queue = fields.Enum(Queue, by_value=True, load_default=None)


class SupportEntryOut(Out):
    """Somebody or something she can turn to."""

    slug = fields.String()
    kind = fields.String()
    name = fields.String()
    about = fields.String()
    languages = fields.List(fields.String())
    phone = fields.String(allow_none=True)
    url = fields.String(allow_none=True)
    when = fields.String(allow_none=True)
    status = fields.String()


class SupportEntries(Out):
    """Whom she can turn to."""

    items = fields.List(fields.Nested(SupportEntryOut))
    next_cursor = fields.String(allow_none=True)


class SupportRequestIn(In):
    """She asks for a person."""

    id = Id(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    message = Text(NOTE, load_default=None, allow_none=True)
    contact_by = fields.String(
        required=True, validate=validate.OneOf(["phone", "message", "visit"])
    )


class SupportRequestOut(Out):
    """A request, and where it stands."""

    id = fields.UUID()
    patient_id = fields.UUID()
    kind = fields.String()
    message = fields.String(allow_none=True)
    contact_by = fields.String(allow_none=True)
    state = fields.String()
    requested_at = Moment()
    contacted_at = Moment(allow_none=True)
    closed_at = Moment(allow_none=True)
    version = fields.Integer()


class SupportRequestPage(Out):
    """A page of requests, newest first."""

    items = fields.List(fields.Nested(SupportRequestOut))
    next_cursor = fields.String(allow_none=True)


class ClaimIn(In):
    """Nothing has to be said to take a request."""


class RequestContactIn(In):
    """An attempt to reach her."""

    reached = Flag(required=True)
    note = Text(NOTE, load_default=None, allow_none=True)


class RequestCloseIn(In):
    """How it ended."""

    note = Text(NOTE, load_default=None, allow_none=True)
