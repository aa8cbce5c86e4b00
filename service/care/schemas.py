"""How the picture, replies, trends and the visit page look on the wire."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate

from service.accounts.models import CareStatus, Role
from service.alerts.schemas import RecordRef
from service.care.timeline import KINDS
from service.care.timeline_items import SUMMARIES
from service.panel.schemas import WorstSymptom
from service.wire import Day, Moment, Out, Query


class FactOut(Out):
    """One fact, and the records it came from."""

    fact = fields.String()
    value = fields.Raw()
    records = fields.List(fields.Nested(RecordRef))


class PictureOut(Out):
    """Everything the rules may know of her."""

    as_of = Moment()
    facts = fields.List(fields.Nested(FactOut))


class ReplyStep(Out):
    """One step of the answer she got."""

    at = Moment()
    role = fields.Enum(Role, by_value=True, allow_none=True)
    text = fields.String()
    reply = fields.String(allow_none=True)


class AboutOut(Out):
    """What a reply is about.

    ``type`` is alert, support_request, symptom_report, wellbeing_check or questionnaire_response.
    """

    type = fields.String()
    records = fields.List(fields.Nested(RecordRef))


class ReplyOut(Out):
    """What became of something she reported or asked for.

    ``state`` is that of an alert or a request; ``received`` or ``seen`` for a report that raised
    no alert.  ``reply`` is the latest of what she was told in somebody's own words.
    """

    id = fields.UUID()
    about = fields.Nested(AboutOut)
    alert_id = fields.UUID(allow_none=True)
    can_decline = fields.Boolean()
    at = Moment()
    state = fields.String()
    text = fields.String()
    steps = fields.List(fields.Nested(ReplyStep))
    reply = fields.String(allow_none=True)
    next = fields.String()


class RepliesOut(Out):
    """The heard loop, newest first."""

    items = fields.List(fields.Nested(ReplyOut))
    next_cursor = fields.String(allow_none=True)


class AttemptOut(Out):
    """An attempt to reach her."""

    at = Moment()
    how = fields.String()
    reached = fields.Boolean()


class WelfareCheckOut(Out):
    """A patient who is silent: how often she usually reports, and what was last known of her.

    ``rhythm_days`` is null before she has shown a rhythm of her own, ``last_heard_at`` if she
    never reported, ``alert_id`` if no alert about it is open.
    """

    patient_id = fields.UUID()
    display_name = fields.String()
    care_status = fields.Enum(CareStatus, by_value=True)
    rhythm_days = fields.Float(allow_none=True)
    missed_check_ins = fields.Integer()
    last_heard_at = Moment(allow_none=True)
    alert_id = fields.UUID(allow_none=True)
    urgent_alerts = fields.Integer()
    soon_alerts = fields.Integer()
    info_alerts = fields.Integer()
    worst_symptoms = fields.List(fields.Nested(WorstSymptom), allow_none=True)
    distress = fields.Integer(allow_none=True)
    risks = fields.List(fields.String(), allow_none=True)
    attempts = fields.List(fields.Nested(AttemptOut))


class WelfarePage(Out):
    """A page of welfare checks, the most worrying first."""

    items = fields.List(fields.Nested(WelfareCheckOut))
    next_cursor = fields.String(allow_none=True)


def _day(**kwargs: Any) -> Day:
    # Nobody asks about other centuries, and a span reckoned from there leaves the calendar.
    known = validate.Range(min=date(1900, 1, 1), max=date(2200, 1, 1))
    return Day(load_default=None, validate=known, **kwargs)


class VisitQuery(Query):
    """From when on."""

    since = _day()


class TrendQuery(Query):
    """Which line to draw."""

    measure = fields.String(required=True)
    since = _day(data_key="from")
    until = _day(data_key="to")


class TrendPoint(Out):
    """One point of a line; ``value`` null where she left it out."""

    at = Moment()
    value = fields.Float(allow_none=True)
    id = fields.UUID()


class TrendMark(Out):
    """Something that happened to her treatment."""

    on = fields.Date()
    kind = fields.String()
    text = fields.String()


class TrendOut(Out):
    """A line ready to draw, and the marks beside it."""

    measure = fields.String()
    unit = fields.String()
    least = fields.Float()
    most = fields.Float()
    points = fields.List(fields.Nested(TrendPoint))
    family_points = fields.List(
        fields.Nested(TrendPoint), metadata={"description": "What her family reported, apart"}
    )
    marks = fields.List(fields.Nested(TrendMark))


class VisitLine(Out):
    """One line of the visit page."""

    text = fields.String()
    records = fields.List(fields.Nested(RecordRef))


class VisitSection(Out):
    """One part of the visit page."""

    title = fields.String()
    lines = fields.List(fields.Nested(VisitLine))


class VisitSummaryOut(Out):
    """Two minutes before the visit."""

    patient = fields.String()
    since = fields.Date()
    until = fields.Date()
    sections = fields.List(fields.Nested(VisitSection))


class _Kinds(fields.String):
    # One word or several with commas between them.
    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        words = frozenset(super()._deserialize(value, attr, data, **kwargs).split(","))
        if not words <= set(KINDS):
            raise ValidationError(f"Must be of: {', '.join(KINDS)}; with commas between.")
        return words


class TimelineQuery(Query):
    """Which kinds of things; all that the caller may see by default."""

    kinds = _Kinds(load_default=None, metadata={"example": "event,symptom_report"})


class TimelineItem(Out):
    """One thing that happened; ``type`` and ``id`` name the record it is told from.

    What has a day and no time stands at the beginning of that day where she is now.
    """

    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf(KINDS))
    type = fields.String()
    at = Moment()
    title = fields.String()
    summary = fields.Dict(
        metadata={
            "description": "Open-ended, by kind.  "
            + "  ".join(f"{kind}: {holds}." for kind, holds in SUMMARIES.items())
        }
    )


class TimelinePage(Out):
    """A page of the timeline, newest first; ``kinds`` are those the caller was shown."""

    items = fields.List(fields.Nested(TimelineItem))
    kinds = fields.List(fields.String())
    next_cursor = fields.String(allow_none=True)
