"""How the access log looks on the wire."""

from marshmallow import fields

from service.accounts.models import Role
from service.wire import Moment, Out


class AccessLogOut(Out):
    """One look at, or change of, her record."""

    id = fields.UUID()
    at = Moment()
    name = fields.String()
    role = fields.Enum(Role, by_value=True)
    topic = fields.String()
    action = fields.String()


class AccessLogPage(Out):
    """A page of the access log, newest first."""

    items = fields.List(fields.Nested(AccessLogOut))
    next_cursor = fields.String(allow_none=True)
