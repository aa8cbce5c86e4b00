"""How the access log looks on the wire."""

from marshmallow import fields, validate

from service.accounts.access import Topic
from service.accounts.models import Role
from service.wire import DayOrMoment, Moment, Out, Query


class AccessLogOut(Out):
    """One look at, or change of, her record.

    The name is null for somebody of another clinic who tried and was refused.  ``action`` is
    read, write, denied, or opened: in an emergency, by somebody of another clinic.
    """

    id = fields.UUID()
    at = Moment()
    name = fields.String(allow_none=True)
    role = fields.Enum(Role, by_value=True)
    topic = fields.String()
    action = fields.String()


class AccessLogPage(Out):
    """A page of the access log, newest first."""

    items = fields.List(fields.Nested(AccessLogOut))
    next_cursor = fields.String(allow_none=True)


class AuditQuery(Query):
    """Which entries of the clinic's log: by patient, by account, by topic, between two days.

    ``from`` and ``to`` are moments, or days on the clinic's clock, ``to`` included.
    """

    patient = fields.UUID(load_default=None)
    account = fields.UUID(load_default=None)
    topic = fields.String(
        load_default=None, validate=validate.OneOf([topic.value for topic in Topic])
    )
    since = DayOrMoment(data_key="from", load_default=None)
    until = DayOrMoment(data_key="to", load_default=None)


class AuditedPerson(Out):
    """Whom an entry names; the name is null where nobody of this id is left in the clinic."""

    id = fields.UUID()
    display_name = fields.String(allow_none=True)


class AuditOut(Out):
    """One look at, or change of, a patient's record by somebody else, or an event.

    ``action`` is read, write, denied, sign_in, refused, export or opened.
    """

    id = fields.UUID()
    at = Moment()
    # Null where it is about nobody's record: a sign-in, a change of the clinic's own.
    patient = fields.Nested(AuditedPerson, allow_none=True)
    account = fields.Nested(AuditedPerson)
    role = fields.Enum(Role, by_value=True)
    topic = fields.String()
    action = fields.String()
    route = fields.String()
    request_id = fields.String()


class AuditPage(Out):
    """A page of the clinic's log, newest first.

    A page may be short, or empty, and still have a ``next_cursor``: there is more to look through.
    """

    items = fields.List(fields.Nested(AuditOut))
    next_cursor = fields.String(allow_none=True)
