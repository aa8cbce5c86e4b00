"""How alerts look on the wire."""

from marshmallow import fields, validate

from service.accounts.models import Queue
from service.alerts.models import AlertState, Severity
from service.alerts.rules import LONGEST_SNOOZE_DAYS
from service.wire import NOTE, Flag, Id, In, Moment, Out, Query, Text

OUTCOMES = (
    "advice_given", "spoken_to", "seen", "referred", "admitted", "not_reached", "no_action",
)  # fmt: skip
# What she is told along the way, in characters: a few sentences.
REPLY = 2_000
# What became of her safety plan, where the alert is about thoughts of suicide.
SAFETY_PLAN = ("made", "reviewed", "declined", "not_possible")
WAYS = ("phone", "message", "visit", "video", "email")


class AlertQuery(Query):
    """Which alerts."""

    queue = fields.Enum(Queue, by_value=True, load_default=None)
    state = fields.Enum(AlertState, by_value=True, load_default=None)
    patient = fields.UUID(load_default=None)
    assignee = fields.UUID(load_default=None)


class RecordRef(Out):
    """A record something rests on; ``reported_by`` is there where her family reported it."""

    type = fields.String()
    id = fields.String()
    at = fields.String()
    reported_by = fields.String()


class NameOut(Out):
    """Somebody, by name."""

    id = fields.UUID()
    display_name = fields.String()


class PersonOut(NameOut):
    """Somebody, by name and role."""

    role = fields.String(allow_none=True)


class ReasonOut(Out):
    """Why the alert is there."""

    rule = fields.String()
    rule_version = fields.Integer()
    subject = fields.String(allow_none=True)
    severity = fields.Enum(Severity, by_value=True)
    text = fields.String()
    records = fields.List(fields.Nested(RecordRef))
    added_at = Moment()
    acknowledge_by = Moment(allow_none=True)
    contact_by = Moment(allow_none=True)
    acknowledged_at = Moment(allow_none=True)
    patient_can_decline = fields.Boolean()


class StepOut(Out):
    """One step of answering it."""

    at = Moment()
    kind = fields.String()
    by = fields.Nested(PersonOut, allow_none=True)
    detail = fields.Dict()


class AlertOut(Out):
    """An alert in a list."""

    id = fields.UUID()
    patient = fields.Nested(NameOut)
    severity = fields.Enum(Severity, by_value=True)
    priority = fields.String(allow_none=True)
    queue = fields.Enum(Queue, by_value=True)
    state = fields.Enum(AlertState, by_value=True)
    rules = fields.List(fields.String())
    reasons = fields.List(fields.Nested(ReasonOut))
    opened_at = Moment()
    raised_at = Moment()
    due_at = Moment(allow_none=True)
    acknowledge_by = Moment(allow_none=True)
    contact_by = Moment(allow_none=True)
    unanswered_since = Moment(allow_none=True)
    is_drill = fields.Boolean()
    escalated_to = fields.Nested(PersonOut, allow_none=True)
    escalated_at = Moment(allow_none=True)
    acknowledged_at = Moment(allow_none=True)
    acknowledged_by = fields.Nested(PersonOut, allow_none=True)
    assignee = fields.Nested(PersonOut, allow_none=True)
    needs_named_contact = fields.Boolean()
    closed_at = Moment(allow_none=True)
    outcome = fields.String(allow_none=True)
    action = fields.String(allow_none=True)
    contact_made = fields.Boolean(allow_none=True)
    note = fields.String(allow_none=True)
    reply_to_patient = fields.String(allow_none=True)
    safety_plan = fields.String(allow_none=True)
    version = fields.Integer()


class AlertDetail(AlertOut):
    """One alert with everything that was done about it.

    ``snoozed_until`` is ``None`` where no repeat is held back; ``suppressed`` counts those that
    were.
    """

    snoozed_until = Moment(allow_none=True)
    suppressed = fields.Integer()
    contact_attempts = fields.List(fields.Nested(StepOut))
    history = fields.List(fields.Nested(StepOut))


class AlertPage(Out):
    """A page of alerts, the most urgent first, then by the clock that runs (``due_at``)."""

    items = fields.List(fields.Nested(AlertOut))
    next_cursor = fields.String(allow_none=True)


class AcknowledgeIn(In):
    """Nothing has to be said to take an alert; the patient may be told something."""

    reply_to_patient = Text(REPLY, load_default=None, allow_none=True)


class ReopenIn(In):
    """Nothing has to be said to open an alert again."""


class AlertSnoozeIn(In):
    """For how long repeats are held back, and why."""

    days = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=LONGEST_SNOOZE_DAYS)
    )
    reason = Text(REPLY, required=True)


class HandOverIn(In):
    """Who takes over, and of which queue; ``None`` for all."""

    to = Id(required=True)
    queue = fields.Enum(Queue, by_value=True, load_default=None, allow_none=True)


class HandedOver(Out):
    """How many alerts and requests were handed over, and whether there may be more."""

    handed_over = fields.Integer()
    more = fields.Boolean()


class DeclineIn(In):
    """Why she needs nobody; she need not say."""

    reason = Text(REPLY, load_default=None, allow_none=True)


class Declined(Out):
    """What became of an alert she declined."""

    id = fields.UUID()
    state = fields.Enum(AlertState, by_value=True)
    outcome = fields.String()
    closed_at = Moment()


class AssignIn(In):
    """Who is to have it."""

    assignee = Id(required=True)


class ContactIn(In):
    """An attempt to reach the patient."""

    how = fields.String(required=True, validate=validate.OneOf(WAYS))
    reached = Flag(required=True)
    note = Text(NOTE, load_default=None, allow_none=True)
    reply_to_patient = Text(REPLY, load_default=None, allow_none=True)


class CloseIn(In):
    """What came of it, what was done, and what she is told."""

    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    action = Text(NOTE, required=True)
    contact_made = Flag(required=True)
    note = Text(NOTE, load_default=None, allow_none=True)
    reply_to_patient = Text(NOTE, load_default=None, allow_none=True)
    safety_plan = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(SAFETY_PLAN)
    )
