"""How what could not be sent looks on the wire: how it went, never what it said or to whom."""

from marshmallow import fields, validate

from service.wire import Id, Moment, Out, Query


class OutboxFilter(Query):
    """Which messages; only those that failed can be listed."""

    state = fields.String(load_default="dead", validate=validate.OneOf(["dead"]))


class DeadLetterOut(Out):
    """A message that could not be sent.

    ``due_at`` is null for one that was to go out at once, ``useful_until`` for one that is never
    too late; after it there is no trying again.
    """

    id = Id()
    kind = fields.String()
    channel = fields.String()
    to_staff = fields.Boolean()
    created_at = Moment()
    due_at = Moment(allow_none=True)
    useful_until = Moment(allow_none=True)
    attempts = fields.Integer()
    last_error = fields.String(allow_none=True)


class DeadLetterPage(Out):
    """A page of them; ``count`` is how many there are, up to a hundred."""

    items = fields.List(fields.Nested(DeadLetterOut))
    next_cursor = fields.String(allow_none=True)
    count = fields.Integer()
