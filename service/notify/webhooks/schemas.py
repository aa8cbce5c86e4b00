"""How webhook endpoints and their deliveries look on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from service.notify.webhooks.event_types import EVENT_TYPES
from service.wire import Flag, Id, In, Line, Moment, Out

_SOME = [
    validate.Length(min=1, error="Choose at least one."), validate.Length(max=len(EVENT_TYPES)),
]  # fmt: skip


class WebhookIn(In):
    """An endpoint to add.  ``types``: the events it wants; ``with_content``: codes beside ids."""

    url = Line(2000, required=True)
    description = Line(200, blank=True, load_default="")
    types = fields.List(
        fields.String(validate=validate.OneOf(sorted(EVENT_TYPES))), required=True,
        validate=_SOME,
    )  # fmt: skip
    with_content = Flag(load_default=False)


class WebhookPatch(In):
    """What is to change of an endpoint; ``disabled`` switches it off or on."""

    url = Line(2000)
    description = Line(200, blank=True)
    types = fields.List(
        fields.String(validate=validate.OneOf(sorted(EVENT_TYPES))),
        validate=_SOME,
    )
    with_content = Flag()
    disabled = Flag()


class WebhookOut(Out):
    """An endpoint, without its secret.  ``failing_since``: nothing was taken since then."""

    id = Id()
    url = fields.String()
    description = fields.String()
    types = fields.List(fields.String())
    with_content = fields.Boolean()
    created_at = Moment()
    former_until = Moment(allow_none=True)
    failing_since = Moment(allow_none=True)
    disabled_at = Moment(allow_none=True)
    disabled_because = fields.String(allow_none=True)


class NewWebhookOut(WebhookOut):
    """An endpoint and its secret, which is shown here and never again."""

    secret = fields.String()


class WebhooksOut(Out):
    """A clinic's endpoints; there are twenty at most, so there is one page."""

    items = fields.List(fields.Nested(WebhookOut))
    next_cursor = fields.String(allow_none=True)


class DeliveryOut(Out):
    """One event on its way to one endpoint.

    ``webhook_id`` is the same at each try and is what the receiver tells repeats by.
    ``next_try_at`` is null when nothing is left to do; ``last_error`` has no word of the answer.
    """

    id = Id()
    webhook_id = fields.String()
    type = fields.String()
    created_at = Moment()
    state = fields.String(validate=validate.OneOf(["pending", "sent", "dead", "withheld"]))
    attempts = fields.Integer()
    next_try_at = Moment(allow_none=True)
    sent_at = Moment(allow_none=True)
    last_error = fields.String(allow_none=True)


class DeliveriesOut(Out):
    """A page of deliveries, newest first."""

    items = fields.List(fields.Nested(DeliveryOut))
    next_cursor = fields.String(allow_none=True)


class ReplayIn(In):
    """Which deliveries to send again: one, or all since a moment."""

    delivery_id = Id()
    since = Moment()

    @validates_schema
    def _one_of_both(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if len(data) != 1:
            raise ValidationError("Give either delivery_id or since.", "since")


class ReplayOut(Out):
    """How many deliveries go out again; 5,000 at most, the oldest first."""

    replayed = fields.Integer()
