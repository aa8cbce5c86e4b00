"""How the journey looks on the wire: shape and range."""

from datetime import UTC, date, datetime
from typing import Any

from marshmallow import fields, validate

from service.wire import (
    NOTE,
    Day,
    DayOrMoment,
    Flag,
    Id,
    In,
    Moment,
    Out,
    Query,
    Text,
    Words,
)  # fmt: skip

EVENT_KINDS = ("appointment", "scan", "result", "milestone", "other")
AWAY_KINDS = ("inpatient", "holiday", "other")
SITES = ("bone", "liver", "lung", "brain", "lymph_node", "chest_wall", "skin", "other")


# A milestone may lie long ago and an appointment ahead; anything else is a slip of the finger.
_IN_THE_CALENDAR = validate.Range(
    datetime(1900, 1, 1, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
    max_inclusive=False,
    error="Must lie from 1900 to 2099.",
)


def _one_of(*words: str) -> fields.String:
    return fields.String(load_default=None, allow_none=True, validate=validate.OneOf(words))


class DiagnosisIn(In):
    """What is known of the disease.  What is left out is not known."""

    recurrence = _one_of("local", "distant", "none")
    stage_iv_at_diagnosis = Flag(load_default=None, allow_none=True)
    diagnosed_on = Day(load_default=None, allow_none=True)
    recurred_on = Day(load_default=None, allow_none=True)
    initial_surgery = _one_of("lumpectomy", "mastectomy", "none", "unknown")
    metastatic_sites = Words(SITES, load_default=list)
    er = _one_of("positive", "negative", "unknown")
    pr = _one_of("positive", "negative", "unknown")
    her2 = _one_of("positive", "low", "ultralow", "negative", "unknown")
    mutations = fields.List(Text(40), load_default=list, validate=validate.Length(max=50))
    menopausal_status = _one_of("pre", "peri", "post", "unknown")


class DiagnosisOut(DiagnosisIn):
    """What is known of the disease; self-reported while ``confirmed_by`` is null.

    ``received_at`` is null before anybody has said anything.
    """

    confirmed_by = fields.String(allow_none=True)
    confirmed_at = Moment(allow_none=True)
    metastatic = fields.Boolean()
    received_at = Moment(allow_none=True)
    version = fields.Integer()


class DiagnosisHistory(Out):
    """The diagnosis that holds, and those before it, newest first."""

    items = fields.List(fields.Nested(DiagnosisOut))


class EventIn(In):
    """An event as the phone sends it.  It may lie ahead."""

    id = Id(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(EVENT_KINDS))
    title = Text(required=True)
    starts_at = Moment(required=True, validate=_IN_THE_CALENDAR)
    place = Text(load_default=None, allow_none=True)
    notes = Text(NOTE, load_default=None, allow_none=True)


class EventPatch(In):
    """What changes in an event (JSON merge patch)."""

    kind = fields.String(validate=validate.OneOf(EVENT_KINDS))
    title = Text()
    starts_at = Moment(validate=_IN_THE_CALENDAR)
    place = Text(allow_none=True)
    notes = Text(NOTE, allow_none=True)


class EventOut(EventIn):
    """An event as kept."""

    received_at = Moment()
    version = fields.Integer()


class EventPage(Out):
    """A page of events, the latest first."""

    items = fields.List(fields.Nested(EventOut))
    next_cursor = fields.String(allow_none=True)


class EventFilter(Query):
    """Which events: from and to are inclusive days of hers, or moments."""

    kind = fields.String(load_default=None, validate=validate.OneOf(EVENT_KINDS))
    since = DayOrMoment(data_key="from", load_default=None)
    until = DayOrMoment(data_key="to", load_default=None)


def _some_day(**kwargs: Any) -> Day:
    known = validate.Range(
        date(2000, 1, 1), date(2099, 12, 31), error="Must lie from 2000 to 2099."
    )
    return Day(validate=known, **kwargs)


class AwayIn(In):
    """Days on which she is not expected to report, both of them among these."""

    id = Id(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(AWAY_KINDS))
    starts_on = _some_day(required=True)
    ends_on = _some_day(load_default=None, allow_none=True)
    note = Text(NOTE, load_default=None, allow_none=True)


class AwayPatch(In):
    """What changes in an absence (JSON merge patch)."""

    kind = fields.String(validate=validate.OneOf(AWAY_KINDS))
    starts_on = _some_day()
    ends_on = _some_day(allow_none=True)
    note = Text(NOTE, allow_none=True)


class AwayOut(Out):
    """An absence as kept.

    ``kind`` is also ``paused``: entered by the service while her care is paused or has ended, and
    not to be changed.
    """

    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf((*AWAY_KINDS, "paused")))
    starts_on = Day()
    ends_on = Day(allow_none=True)
    note = fields.String(allow_none=True)
    received_at = Moment()
    version = fields.Integer()


class AwayPage(Out):
    """A page of absences, those that begin last first."""

    items = fields.List(fields.Nested(AwayOut))
    next_cursor = fields.String(allow_none=True)


class CalendarLinkOut(Out):
    """Where a calendar app finds her calendar.  Shown once: we keep no more than its digest."""

    url = fields.String()
    created_at = Moment()


class CalendarLinkState(Out):
    """Whether an address is in force; ``created_at`` is null while none is."""

    in_force = fields.Boolean()
    created_at = Moment(allow_none=True)
