"""How drills look on the wire."""

from marshmallow import fields

from service.accounts.models import Queue
from service.alerts.models import AlertState
from service.alerts.schemas import PersonOut
from service.wire import In, Moment, Out, Text


class DrillIn(In):
    """Which case is to be made up."""

    scenario = Text(40, required=True)


class DrillEndIn(In):
    """Nothing has to be said to end a drill."""


class ScenarioOut(Out):
    """One case that can be made up."""

    id = fields.String()
    title = fields.String()
    about = fields.String()
    queue = fields.String()
    rule = fields.String()


class Scenarios(Out):
    """The cases that can be made up."""

    items = fields.List(fields.Nested(ScenarioOut))


class DrillOut(Out):
    """A drill and what came of it; times in minutes since its alert was opened."""

    id = fields.UUID()
    scenario = fields.String()
    title = fields.String()
    started_at = Moment()
    started_by = fields.Nested(PersonOut, allow_none=True)
    ended_at = Moment(allow_none=True)
    alert_id = fields.UUID(allow_none=True)
    queue = fields.Enum(Queue, by_value=True, allow_none=True)
    state = fields.Enum(AlertState, by_value=True, allow_none=True)
    acknowledged_after = fields.Integer(allow_none=True)
    acknowledged_by = fields.Nested(PersonOut, allow_none=True)
    contacted_after = fields.Integer(allow_none=True)
    closed_after = fields.Integer(allow_none=True)
    in_time = fields.Boolean(
        allow_none=True, metadata={"description": "null while nobody had to have it yet"}
    )
    told = fields.Integer(metadata={"description": "how often somebody was told before"})


class DrillPage(Out):
    """A page of drills, the latest first."""

    items = fields.List(fields.Nested(DrillOut))
    next_cursor = fields.String(allow_none=True)
