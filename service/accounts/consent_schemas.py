"""How consents look on the wire."""

from marshmallow import fields

from service.wire import Flag, In, Moment, Out, Whole


class ConsentIn(In):
    """What she says, to which version of the text."""

    given = Flag(required=True)
    text_version = Whole(1, 1_000_000, required=True)


class ConsentTextOut(Out):
    """What is asked; ``body`` is Markdown."""

    version = fields.Integer()
    language = fields.String()
    title = fields.String()
    body = fields.String()
    sha256 = fields.String(metadata={"description": "Of title, an empty line and body"})
    review = fields.String(metadata={"description": "draft until somebody has signed it"})


class ConsentSaid(Out):
    """What she said once."""

    given = fields.Boolean()
    text_version = fields.Integer()
    text_sha256 = fields.String(allow_none=True)
    locale = fields.String()
    at = Moment()


class ConsentOut(Out):
    """What holds for one purpose; ``answered_at`` is null before she has said anything."""

    purpose = fields.String()
    given = fields.Boolean()
    answered_at = Moment(allow_none=True)
    answered_version = fields.Integer(allow_none=True)
    text = fields.Nested(ConsentTextOut)


class ConsentWithHistory(ConsentOut):
    """The same, with what she said before, newest first, as far as the last fifty."""

    history = fields.List(fields.Nested(ConsentSaid))


class ConsentPage(Out):
    """All purposes she is asked about."""

    items = fields.List(fields.Nested(ConsentOut))
    next_cursor = fields.String(allow_none=True)
