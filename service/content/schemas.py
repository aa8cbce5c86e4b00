"""How the feed and articles look on the wire."""

from marshmallow import fields

from service.wire import Moment, Out


class FeedRecord(Out):
    """A record a reason rests on."""

    type = fields.String()
    id = fields.String()
    at = fields.String()


class FeedReason(Out):
    """Why a card is shown to her."""

    text = fields.String()
    records = fields.List(fields.Nested(FeedRecord))


class FeedItem(Out):
    """One card."""

    slug = fields.String()
    kind = fields.String()
    title = fields.String()
    summary = fields.String()
    priority = fields.String()
    pinned = fields.Boolean()
    is_new = fields.Boolean()
    reasons = fields.List(fields.Nested(FeedReason))
    reviewed_on = fields.Date(allow_none=True)
    read_at = Moment(allow_none=True)
    saved_at = Moment(allow_none=True)


class Feed(Out):
    """Everything that fits her now, best first."""

    items = fields.List(fields.Nested(FeedItem))
    next_cursor = fields.String(allow_none=True)


class ArticleOut(Out):
    """One article."""

    slug = fields.String()
    kind = fields.String()
    title = fields.String()
    summary = fields.String()
    language = fields.String()
    html = fields.String(metadata={"description": "safe to show as it is"})
    markdown = fields.String()
    sources = fields.List(fields.String())
    reviewer = fields.String(allow_none=True)
    reviewed_on = fields.Date(allow_none=True)
    review_status = fields.String()
    expires_on = fields.Date()
    version = fields.Integer()
