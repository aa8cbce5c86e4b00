"""How requests to be erased, and receipts, look on the wire."""

from marshmallow import fields

from service.erasures.models import ErasureState
from service.wire import Flag, In, Moment, Out


class ErasureIn(In):
    """Whether messages to her are to stop now and not only when she is erased."""

    stop_messages = Flag(load_default=False)


class ErasureOut(Out):
    """One request.  Until ``carry_out_at`` it can be taken back."""

    id = fields.UUID()
    state = fields.Enum(ErasureState, by_value=True)
    asked_at = Moment()
    carry_out_at = Moment()
    withdrawn_at = Moment(allow_none=True)
    messages_stop = fields.Boolean()


class ErasurePage(Out):
    """Her requests, newest first, as far as the last fifty."""

    items = fields.List(fields.Nested(ErasureOut))
    next_cursor = fields.String(allow_none=True)


class KeptOut(Out):
    """What is kept; ``until`` is null for as long as the log itself."""

    what = fields.String()
    rows = fields.Integer()
    why = fields.String()
    until = fields.String(allow_none=True)


class ErasureReceipt(Out):
    """What was erased: rows by table, before and after, and what is kept, why, and until when.

    ``mode`` is consumer or hipaa.  No name is in it, nor any id but the request's.
    """

    id = fields.UUID()
    asked_at = Moment()
    done_at = Moment()
    mode = fields.String()
    before = fields.Dict(keys=fields.String(), values=fields.Integer())
    after = fields.Dict(keys=fields.String(), values=fields.Integer())
    kept = fields.List(fields.Nested(KeptOut))
    keep_until = Moment(allow_none=True)
    kept_erased_at = Moment(allow_none=True)
