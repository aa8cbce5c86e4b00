"""How the cascade of support looks on the wire."""

from marshmallow import fields, validate

from service.accounts.models import Queue, Role
from service.support.cascade_chart import REQUEST, SCREEN
from service.support.rules import ENDED, ENDINGS, STAGES
from service.wire import NAME, NOTE, Day, Flag, In, Moment, Out, Query, Text, Whole

_SOURCE = validate.OneOf([SCREEN, REQUEST])


class CascadeQuery(Query):
    """Which cascades: those on their way, unless ``stage`` is ``ended``."""

    queue = fields.Enum(Queue, by_value=True, load_default=None)
    stage = fields.String(load_default=None, validate=validate.OneOf([*STAGES, ENDED]))
    patient = fields.UUID(load_default=None)


class ChartQuery(Query):
    """Which days of the clinic's: by default the ninety that end today."""

    since = Day(data_key="from", load_default=None)
    until = Day(data_key="to", load_default=None)


class OfferIn(In):
    """What she was offered."""

    what = Text(NAME, required=True)
    note = Text(NOTE, load_default=None, allow_none=True)


class AssessIn(In):
    """What she needs, which step of stepped care that is, and when to look after her again."""

    need = Text(NOTE, required=True)
    step: fields.Integer = Whole(1, 4, required=True)
    follow_up_on = Day(load_default=None, allow_none=True)
    note = Text(NOTE, load_default=None, allow_none=True)


class FollowUpIn(In):
    """What came of looking after her again, and when to do so next."""

    outcome = Text(NAME, load_default=None, allow_none=True)
    note = Text(NOTE, load_default=None, allow_none=True)
    next_on = Day(load_default=None, allow_none=True)


class EndIn(In):
    """How it ended."""

    ended_as = fields.String(data_key="as", required=True, validate=validate.OneOf(ENDINGS))
    note = Text(NOTE, load_default=None, allow_none=True)


class CascadePerson(Out):
    """Somebody of the care team."""

    id = fields.UUID()
    display_name = fields.String()
    role = fields.String()


class CascadePatient(Out):
    """Whose need it is."""

    id = fields.UUID()
    display_name = fields.String()


class CascadeOut(Out):
    """One need on its way; a moment is ``null`` until its stage is reached."""

    id = fields.UUID()
    patient = fields.Nested(CascadePatient)
    queue = fields.Enum(Queue, by_value=True)
    kind = fields.String()
    source = fields.String(validate=_SOURCE)
    alert_id = fields.UUID(allow_none=True)
    request_id = fields.UUID(allow_none=True)
    stage = fields.String(validate=validate.OneOf(STAGES))
    step = fields.Integer(allow_none=True)
    step_name = fields.String(allow_none=True)
    opened_at = Moment()
    offered_at = Moment(allow_none=True)
    contacted_at = Moment(allow_none=True)
    assessed_at = Moment(allow_none=True)
    need = fields.String(allow_none=True)
    follow_up_on = fields.Date(allow_none=True)
    followed_up_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
    ended_as = fields.String(allow_none=True)
    assignee = fields.Nested(CascadePerson, allow_none=True)
    is_drill = Flag()
    version = fields.Integer()


class CascadePage(Out):
    """A page of cascades."""

    items = fields.List(fields.Nested(CascadeOut))
    next_cursor = fields.String(allow_none=True)


class CascadeStepOut(Out):
    """What was done, by whom (``null``: the service), when."""

    at = Moment()
    kind = fields.String()
    by = fields.Nested(CascadePerson, allow_none=True)
    by_role = fields.Enum(Role, by_value=True, allow_none=True)
    note = fields.String(allow_none=True)


class CascadeDetail(CascadeOut):
    """One need with every step, the first first."""

    steps = fields.List(fields.Nested(CascadeStepOut))


class CascadeCount(Out):
    """How many; ``null`` where they are too few to be shown."""

    number = fields.Integer(allow_none=True)
    hidden = Flag()


class CascadeEnding(CascadeCount):
    """How many ended like this."""

    ended_as = fields.String(data_key="as", attribute="as")


class CascadeStage(CascadeCount):
    """How many reached a stage or a later one, and what became of those who stopped there."""

    stage = fields.String(validate=validate.OneOf(STAGES))
    share = fields.Float(allow_none=True)
    waiting = fields.Nested(CascadeCount)
    ended = fields.List(fields.Nested(CascadeEnding))


class CascadeFunnel(Out):
    """How far people came, of one queue and source."""

    queue = fields.Enum(Queue, by_value=True)
    source = fields.String(validate=_SOURCE)
    stages = fields.List(fields.Nested(CascadeStage))


class CascadeChart(Out):
    """Where people drop out, of those whose need was found or told from one day to another.

    ``number`` counts everybody who reached the stage or a later one; 1 to 4 are hidden.
    """

    since = fields.Date(data_key="from")
    until = fields.Date(data_key="to")
    drills = fields.Integer()
    funnels = fields.List(fields.Nested(CascadeFunnel))
