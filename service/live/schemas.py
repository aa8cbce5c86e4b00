"""How live updates look on the wire where they are asked for once."""

from marshmallow import fields

from service.wire import Out


class ChangesOut(Out):
    """Names of what has changed since ``Last-Event-ID``; ``id`` is what to send as that next.

    Nothing has changed for who sends none: she learns where things stand.
    """

    id = fields.String()
    changed = fields.List(fields.String())
