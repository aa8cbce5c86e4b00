"""How reminders look on the wire: shape and range."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from service.wire import (
    Day,
    DayOrMoment,
    Flag,
    Id,
    In,
    LocalMoment,
    Moment,
    Out,
    Query,
    Text,
    TimeZone,
    Whole,
)  # fmt: skip

KINDS = ("medication", "appointment", "check_in", "wellbeing", "lab", "dental", "custom")
# Why an occurrence did not go out.
MISSED_BECAUSE = ("too_late", "too_many", "no_way", "not_allowed", "ended")
_DAY_IN_MINUTES = 24 * 60
_EXDATES_AT_MOST = 366


def _no_repeats(values: list[str]) -> None:
    if len(set(values)) != len(values):
        raise ValidationError("Must not repeat one.")


class ExDates(fields.List[str]):
    """Local date-times that are left out, each once (RFC 5545, 3.8.5.1)."""

    def __init__(self, **kwargs: Any) -> None:
        checks: list[Any] = [validate.Length(max=_EXDATES_AT_MOST), _no_repeats]
        super().__init__(LocalMoment(), validate=checks, **kwargs)


class ReminderIn(In):
    """A reminder as the phone sends it."""

    id = Id(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    title = Text(required=True)
    recurrence = Text(
        load_default=None, allow_none=True, metadata={"example": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"}
    )
    local_start = LocalMoment(required=True, metadata={"example": "2026-11-23T09:00"})
    time_zone = TimeZone(
        load_default=None, allow_none=True, metadata={"description": "null: wherever she is"}
    )
    until = Day(load_default=None, allow_none=True)
    treatment_id = Id(load_default=None, allow_none=True)
    nag_after_minutes = Whole(1, _DAY_IN_MINUTES, load_default=None, allow_none=True)
    discreet = Flag(load_default=True)
    exdates = ExDates(load_default=list, metadata={"example": ["2026-12-25T09:00"]})
    dose_days_only = Flag(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Rings only on days on which the treatment expects a dose.  null: so it "
            "does if it is about medication and names a treatment."
        },
    )
    rings_in_quiet_hours = Flag(load_default=False)


class ReminderChanges(In):
    """What may be changed.  ``status``: accept a suggestion, decline it, or end a reminder."""

    kind = fields.String(validate=validate.OneOf(KINDS))
    title = Text()
    recurrence = Text(allow_none=True)
    local_start = LocalMoment()
    time_zone = TimeZone(allow_none=True)
    until = Day(allow_none=True)
    treatment_id = Id(allow_none=True)
    nag_after_minutes = Whole(1, _DAY_IN_MINUTES, allow_none=True)
    discreet = Flag()
    exdates = ExDates()
    dose_days_only = Flag()
    rings_in_quiet_hours = Flag()
    status = fields.String(validate=validate.OneOf(("active", "declined", "ended")))


class ReminderOut(ReminderIn):
    """A reminder as the service keeps it; a suggested one says why in ``because``."""

    local_start = LocalMoment(allow_none=True)
    status = fields.String(validate=validate.OneOf(("suggested", "active", "declined", "ended")))
    because = fields.Dict(allow_none=True)
    version = fields.Integer()
    received_at = Moment()


class ReminderPage(Out):
    """A page of reminders, newest first."""

    items = fields.List(fields.Nested(ReminderOut))
    next_cursor = fields.String(allow_none=True)


class OccurrenceOut(Out):
    """One time a reminder falls due."""

    id = Id()
    reminder_id = Id()
    due_at = Moment()
    local_at = LocalMoment()
    status = fields.String(
        validate=validate.OneOf(
            ("due", "sent", "delivered", "opened", "done", "skipped", "missed", "snoozed")
        )
    )
    sent_at = Moment(allow_none=True)
    delivered_at = Moment(allow_none=True)
    opened_at = Moment(allow_none=True)
    missed_because = fields.String(
        allow_none=True, validate=validate.OneOf(MISSED_BECAUSE), metadata={"example": "too_late"}
    )
    answered_at = Moment(allow_none=True)
    version = fields.Integer()


class OccurrencePage(Out):
    """A page of occurrences, the latest due first."""

    items = fields.List(fields.Nested(OccurrenceOut))
    next_cursor = fields.String(allow_none=True)


class OccurrenceFilter(Query):
    """Which occurrences: from and to are inclusive days of hers, or moments."""

    since = DayOrMoment(data_key="from", load_default=None)
    until = DayOrMoment(data_key="to", load_default=None)
    reminder_id = Id(load_default=None)


class SnoozeIn(In):
    """How long to be left alone."""

    minutes = Whole(1, _DAY_IN_MINUTES, load_default=10)
