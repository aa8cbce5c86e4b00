"""How support looks on the wire."""

from marshmallow import fields, validate

from service.accounts.models import Queue
from service.support.asking import QUEUE_OF
from service.support.entries_queries import KINDS as ENTRY_KINDS
from service.support.entries_schemas import MeetsOut
from service.support.rules import ENDINGS
from service.wire import NOTE, Flag, Id, In, Moment, Out, Query, Text

KINDS = tuple(QUEUE_OF)


class SupportQuery(Query):
    """Which entries."""

    kind = fields.String(load_default=None, validate=validate.OneOf(ENTRY_KINDS))
    language = fields.String(load_default=None)


class RequestQuery(Query):
    """Which requests of patients."""

    queue = fields.Enum(Queue, by_value=True, load_default=None)


class GroupDateOut(Out):
    """One date of a group."""

    starts_at = Moment()
    ends_at = Moment()
    local_start = fields.String(metadata={"description": "as 2026-03-03T18:00, where it is"})
    time_zone = fields.String()


class FaithOut(Out):
    """A faith a chaplain may be asked for, or none."""

    code = fields.String()
    name = fields.String()


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
    faiths = fields.List(
        fields.String(), metadata={"description": "of a chaplain; empty: there for everybody"}
    )
    meets = fields.Nested(MeetsOut, allow_none=True)
    next_dates = fields.List(
        fields.Nested(GroupDateOut), metadata={"description": "of a group, at most three"}
    )
    status = fields.String()


class SupportEntries(Out):
    """Whom she can turn to."""

    items = fields.List(fields.Nested(SupportEntryOut))
    faiths = fields.List(
        fields.Nested(FaithOut), metadata={"description": "what a chaplain may be asked for"}
    )
    next_cursor = fields.String(allow_none=True)


class SupportRequestIn(In):
    """She asks for a person."""

    id = Id(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    faith = fields.String(
        load_default=None,
        allow_none=True,
        metadata={"description": "of the chaplain she would like, a code of `GET /support`"},
    )
    message = Text(NOTE, load_default=None, allow_none=True)
    contact_by = fields.String(
        required=True, validate=validate.OneOf(["phone", "message", "visit"])
    )


class SupportRequestOut(Out):
    """A request, and where it stands."""

    id = fields.UUID()
    patient_id = fields.UUID()
    kind = fields.String()
    faith = fields.String(allow_none=True)
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


class RequestAssignIn(In):
    """Who is to have it."""

    assignee = Id(required=True)


class RequestCloseIn(In):
    """What came of it; left out, she was helped if she was reached, and not reached otherwise."""

    outcome = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(ENDINGS))
    note = Text(NOTE, load_default=None, allow_none=True)
