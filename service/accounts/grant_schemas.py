"""How grants look on the wire."""

from marshmallow import fields

from service.accounts.access import GRANT_TOPICS
from service.wire import Day, Id, In, Moment, Out, Words


class GrantIn(In):
    """What a member of her family may see from now on; ``until`` is the last day, null for none."""

    id = Id(required=True)
    account_id = Id(required=True)
    topics = Words(GRANT_TOPICS, required=True)
    until = Day(load_default=None, allow_none=True)


class GrantOut(Out):
    """What a member of her family may see, or might; ``in_force`` says whether it holds now."""

    id = fields.UUID()
    account_id = fields.UUID()
    display_name = fields.String()
    topics = fields.List(fields.String())
    granted_at = Moment()
    until = fields.Date(allow_none=True)
    revoked_at = Moment(allow_none=True)
    in_force = fields.Boolean()


class GrantPage(Out):
    """A page of grants, the latest first."""

    items = fields.List(fields.Nested(GrantOut))
    next_cursor = fields.String(allow_none=True)
