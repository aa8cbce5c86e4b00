"""How a device that takes pushes looks on the wire."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate, validates_schema

from service.wire import Id, In, Moment, Out, Text

WEB_PUSH = "webpush"
PLATFORMS = (WEB_PUSH, "fcm", "apns")
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*\.[a-z][a-z0-9-]{1,62}", re.ASCII)
_HTTPS = 443
# Names that lead into somebody's own network, not to a push service (RFC 2606, 6761, 6762, 8375).
_INSIDE = (".internal", ".local", ".localhost", ".arpa", ".test", ".invalid", ".onion")


class _Endpoint(fields.String):
    """Where a browser's push service listens: https, by name, on the usual port."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if len(text) > 2000 or not text.isascii() or not _leads_outside(text):
            raise ValidationError("Not the address of a push service.")
        return text


class PushKeys(In):
    """A browser's keys for the messages to it (RFC 8291)."""

    p256dh = Text(200, required=True)
    auth = Text(100, required=True)


class PushSubscription(In):
    """What a browser's ``PushSubscription.toJSON()`` gives."""

    endpoint = _Endpoint(required=True)
    expirationTime = fields.Integer(allow_none=True, strict=True)  # noqa: N815 - W3C's name
    keys = fields.Nested(PushKeys, required=True)


class DeviceIn(In):
    """A phone's ``token``, or a browser's ``subscription``."""

    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))
    token = Text(4096)
    subscription = fields.Nested(PushSubscription)

    @validates_schema
    def _has_the_address_of_its_platform(self, data: dict[str, Any], **_kwargs: Any) -> None:
        needed, other = "token", "subscription"
        if data["platform"] == WEB_PUSH:
            needed, other = other, needed
        if needed not in data:
            raise ValidationError("Missing data for required field.", needed)
        if other in data:
            raise ValidationError("Not for this platform.", other)


class DeviceOut(Out):
    """A device as it is listed; what reaches it is not shown again."""

    id = Id()
    platform = fields.String()
    created_at = Moment()


class PushKeyOut(Out):
    """This site's public key, as a browser's ``applicationServerKey``: base64url."""

    public_key = fields.String()


def _leads_outside(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    return (
        parts.scheme == "https"
        and port in {None, _HTTPS}
        and parts.username is None
        and parts.password is None
        and _HOST.fullmatch(host) is not None
        and not host.endswith(_INSIDE)
    )
