"""How adherence looks on the wire."""

from datetime import date
from typing import Any

from marshmallow import fields, validate

from service.wire import Day, Id, Out, Query


def _day(name: str) -> Day:
    # Nobody asks about other centuries, and a span reckoned from there leaves the calendar.
    known: Any = validate.Range(min=date(1900, 1, 1), max=date(2200, 1, 1))
    return Day(data_key=name, load_default=None, validate=known)


class AdherenceQuery(Query):
    """From which day of hers to which, the last included."""

    since = _day("from")
    until = _day("to")


class FiguresOut(Out):
    """Doses counted, and two ratios; null where there is nothing to divide by or to compare."""

    expected = fields.Integer()
    taken = fields.Integer()
    missed = fields.Integer()
    held = fields.Integer()
    unanswered = fields.Integer()
    proportion_of_days_covered = fields.Float(allow_none=True)
    relative_dose_intensity = fields.Float(allow_none=True)
    by_reason = fields.Dict(keys=fields.String(), values=fields.Integer())


class CycleOut(FiguresOut):
    """The same for one cycle, as far as it lies in the days asked for."""

    number = fields.Integer()
    starts_on = fields.Date()
    ends_on = fields.Date()


class AdherenceOut(FiguresOut):
    """How a course was kept to, and the latest of its cycles, in order."""

    treatment_id = Id()
    since = fields.Date(data_key="from")
    until = fields.Date(data_key="to")
    cycles = fields.List(fields.Nested(CycleOut))
