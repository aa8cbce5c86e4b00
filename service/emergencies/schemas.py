"""How emergency access looks on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from service.accounts.emergency_models import Finding
from service.accounts.models import Role
from service.audit.schemas import AuditedPerson
from service.wire import In, Moment, Out, Prose, Query

REASON_LEAST, REASON_MOST, NOTE_MOST = 10, 1000, 1000


def _says_something(text: str) -> None:
    if len(text.strip()) < REASON_LEAST:
        raise ValidationError(f"Shorter than {REASON_LEAST} characters.")


class _Reason(Prose):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(REASON_MOST, **kwargs)
        self.validators.append(_says_something)


class BreakGlassIn(In):
    """Why the record of another clinic's patient has to be opened now.

    She reads the reason, and so does the privacy officer of her clinic.
    """

    reason = _Reason(required=True)


class OpenedOut(Out):
    """A record opened for reading, until ``ends_at``."""

    id = fields.UUID()
    opened_at = Moment()
    ends_at = Moment()


class OpenedBy(Out):
    """Who opened it, and where that person works, as it was then."""

    id = fields.UUID()
    display_name = fields.String()
    role = fields.Enum(Role, by_value=True)
    clinic = fields.String()


class BreakGlassOut(Out):
    """One emergency access and what was made of it.

    ``review_by`` is null once somebody has reviewed it, or administrators were told
    (``escalated_at``) that nobody did.
    """

    id = fields.UUID()
    patient = fields.Nested(AuditedPerson)
    opened_by = fields.Nested(OpenedBy)
    reason = fields.String()
    opened_at = Moment()
    ends_at = Moment()
    review_by = Moment(allow_none=True)
    escalated_at = Moment(allow_none=True)
    reviewed_at = Moment(allow_none=True)
    reviewed_by = fields.String(allow_none=True)
    finding = fields.Enum(Finding, by_value=True, allow_none=True)
    note = fields.String(allow_none=True)


class BreakGlassPage(Out):
    """A page of emergency accesses, newest first."""

    items = fields.List(fields.Nested(BreakGlassOut))
    next_cursor = fields.String(allow_none=True)


class ToReviewQuery(Query):
    """``open=true`` for those that nobody has reviewed."""

    open = fields.String(load_default="false", validate=validate.OneOf(["true", "false"]))


class ReviewIn(In):
    """What a privacy officer made of it; the patient can read the note."""

    finding = fields.Enum(Finding, by_value=True, required=True)
    note = Prose(NOTE_MOST, allow_none=True, load_default=None)
