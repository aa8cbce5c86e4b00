"""How measures look on the wire."""

from marshmallow import fields

from service.accounts.models import Queue
from service.alerts.models import Severity
from service.wire import Day, Moment, Out, Query


class MeasuresQuery(Query):
    """From when to when; whole weeks are shown, Monday to Sunday."""

    first = Day(data_key="from", load_default=None)
    last = Day(data_key="to", load_default=None)


_SHARE = {"description": "between 0 and 1; null of nothing, or of too few people to show"}


class WeekOut(Out):
    """What one week came to."""

    week = fields.Date(metadata={"description": "the Monday it begins on"})
    is_over = fields.Boolean()
    patients = fields.Integer(allow_none=True)
    completion = fields.Float(allow_none=True, metadata=_SHARE)
    reports = fields.Integer()
    alerts_per_100_reports = fields.Float(allow_none=True)


class TimesOut(Out):
    """How long it took, in minutes of everybody's clock."""

    median = fields.Float(allow_none=True)
    p90 = fields.Float(allow_none=True)


class ClosedOut(Out):
    """How many were closed how fast."""

    within_48_h = fields.Integer()
    from_48_to_72_h = fields.Integer(attribute="48_to_72_h")
    from_3_to_7_days = fields.Integer(attribute="3_to_7_days")
    later = fields.Integer()


class AnswerOut(Out):
    """How the alerts of a queue and severity were answered."""

    queue = fields.Enum(Queue, by_value=True)
    severity = fields.Enum(Severity, by_value=True)
    opened = fields.Integer()
    in_time = fields.Float(allow_none=True, metadata=_SHARE)
    open = fields.Integer()
    minutes_to_acknowledge = fields.Nested(TimesOut)
    minutes_to_close = fields.Nested(TimesOut)
    closed = fields.Nested(ClosedOut)


class DosesOut(Out):
    """What became of the doses that were due."""

    taken = fields.Integer()
    missed = fields.Integer()
    not_said = fields.Integer()
    adherence = fields.Float(allow_none=True, metadata=_SHARE)
    reasons = fields.Dict(keys=fields.String(), values=fields.Integer())


class GroupOut(Out):
    """How a group of patients reported in the last full week; hidden where it is too small."""

    kind = fields.String()
    group = fields.String()
    hidden = fields.Boolean()
    patients = fields.Integer(allow_none=True)
    completion = fields.Float(allow_none=True, metadata=_SHARE)


class MeasuresOut(Out):
    """How well a clinic answers; drills are counted apart."""

    first = fields.Date(data_key="from", attribute="from")
    last = fields.Date(data_key="to", attribute="to")
    weeks = fields.Integer()
    weeks_counted = fields.Integer(
        metadata={"description": "fewer than weeks while counting is under way"}
    )
    counted_at = Moment(allow_none=True)
    weekly = fields.List(fields.Nested(WeekOut))
    completion = fields.Float(allow_none=True, metadata=_SHARE)
    alerts_per_100_reports = fields.Float(allow_none=True)
    answers = fields.List(fields.Nested(AnswerOut))
    drills = fields.List(fields.Nested(AnswerOut))
    snoozed = fields.Integer()
    suppressed = fields.Integer(metadata={"description": "repeats that were held back"})
    declined = fields.Integer()
    doses = fields.Nested(DosesOut)
    groups = fields.List(fields.Nested(GroupOut))
