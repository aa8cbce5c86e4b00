"""How doses look on the wire: shape and range."""

from marshmallow import fields, validate

from service.wire import DayOrMoment, GuidanceOut, Id, In, LocalMoment, Moment, Out, Query

REASONS = ("forgot", "side_effects", "cost", "supply", "told_to_hold", "other")


class DoseFilter(Query):
    """Which doses: from and to are inclusive days of hers, or moments.

    By default the last 7 days and the 14 to come; at most 366 days.
    """

    since = DayOrMoment(data_key="from", load_default=None)
    until = DayOrMoment(data_key="to", load_default=None)


class DoseIn(In):
    """What became of a dose.  ``taken_at``: only of one taken, now if left out."""

    status = fields.String(required=True, validate=validate.OneOf(("taken", "missed", "held")))
    taken_at = Moment(load_default=None, allow_none=True)
    reason = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(REASONS),
        metadata={"description": "only of one missed or held"},
    )  # fmt: skip


class DoseOut(Out):
    """One dose, expected or answered; ``version`` is 0 as long as nothing is kept of it."""

    id = Id()
    treatment_id = Id()
    local_at = LocalMoment()
    due_at = Moment()
    cycle = fields.Integer(metadata={"description": "counted from 1"})
    status = fields.String(validate=validate.OneOf(("expected", "taken", "missed", "held")))
    taken_at = Moment(allow_none=True)
    reason = fields.String(allow_none=True, validate=validate.OneOf((*REASONS, None)))
    version = fields.Integer()


class AnsweredDoseOut(DoseOut):
    """A dose just answered, and what to do now."""

    guidance = fields.Nested(GuidanceOut)


class DosePage(Out):
    """A page of doses, the latest due first."""

    items = fields.List(fields.Nested(DoseOut))
    next_cursor = fields.String(allow_none=True)
