"""The forms of the alert page: what each may say, and what to do about what is missing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from service.accounts import queries as people
from service.alerts.models import Alert
from service.alerts.schemas import AcknowledgeIn, CloseIn, ContactIn
from service.dashboard import forms
from service.dashboard.access import Visit
from service.dashboard.alert_page import colleague_with
from service.dashboard.forms import FormUnusable
from service.wire import NOTE, In, Text

PLANS = ("made", "reviewed", "declined", "not_possible")
SNOOZE_DAYS = 30


def _reply() -> Text:
    return Text(NOTE, load_default=None, allow_none=True)


class _Take(AcknowledgeIn):
    reply_to_patient = _reply()


class _Contact(ContactIn):
    reply_to_patient = _reply()


class _Close(CloseIn):
    safety_plan = fields.String(validate=validate.OneOf(PLANS), load_default=None)


class _CloseNamed(CloseIn):
    safety_plan = fields.String(validate=validate.OneOf(PLANS), required=True)


class _Snooze(In):
    days = fields.Integer(validate=validate.Range(1, SNOOZE_DAYS), required=True)
    reason = Text(NOTE, required=True)


_TAKE, _CONTACT, _CLOSE, _CLOSE_NAMED, _SNOOZE = (
    _Take(), _Contact(), _Close(), _CloseNamed(), _Snooze(),
)  # fmt: skip
_TOO_LONG: Mapping[str, str] = {
    "note": "This note is too long.",
    "reply_to_patient": "What she is to read is too long.",
}
_CONTACT_WORDS = {
    "how": "Choose how you tried to reach her.",
    "reached": "Say whether you reached her.",
    **_TOO_LONG,
}
_CLOSE_WORDS = {
    "outcome": "Choose what came of it.",
    "action": "Say in a few words what was done.",
    "contact_made": "Say whether somebody spoke with her.",
    "safety_plan": "Say what became of her safety plan.",
    **_TOO_LONG,
}
_SNOOZE_WORDS = {
    "days": f"Choose for how many days, 1 to {SNOOZE_DAYS}.",
    "reason": "Say why this can wait.",
}


def take() -> dict[str, Any]:
    """Read what she is told when an alert is taken: own words, else a line that was offered."""
    said: dict[str, Any] = forms.read(_TAKE, _TOO_LONG)
    offered = forms.text_of("offered", most=NOTE)
    return {"reply_to_patient": said["reply_to_patient"] or offered or None}


def contact() -> dict[str, Any]:
    """Read an attempt to reach her."""
    said: dict[str, Any] = forms.read(_CONTACT, _CONTACT_WORDS, flags=("reached",))
    return said


def close(alert: Alert) -> dict[str, Any]:
    """Read what came of an alert; with suicidal thoughts also what became of her safety plan."""
    schema = _CLOSE_NAMED if alert.needs_named_contact else _CLOSE
    said: dict[str, Any] = forms.read(schema, _CLOSE_WORDS, flags=("contact_made",))
    return said


def snooze() -> dict[str, Any]:
    """Read for how long an alert is to be silent, and why."""
    said: dict[str, Any] = forms.read(_SNOOZE, _SNOOZE_WORDS)
    return said


def assignee(visit: Visit, alert: Alert) -> UUID:
    """Read who is to have an alert; whoever takes it from a colleague has to say so.

    Raises:
        FormUnusable: nobody is chosen, somebody who does not work on the queue, or it is taken
            from a colleague unsaid.
    """
    errors = {}
    chosen = forms.text_of("assignee")
    try:
        to = UUID(chosen)
    except ValueError:
        raise FormUnusable({"assignee": "Choose a colleague."}) from None
    if not people.works_on(visit.session, to, alert.clinic_id, alert.queue):
        errors["assignee"] = "This colleague does not work on this queue. Choose another."
    if colleague_with(alert, visit.viewer) and forms.text_of("confirm") != "yes":
        errors["confirm"] = "A colleague has this alert: say that you take it over all the same."
    if errors:
        raise FormUnusable(errors)
    return to
