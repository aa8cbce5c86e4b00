"""How the feed and articles look on the wire."""

from marshmallow import fields, validate

from service.wire import Moment, Out, Query, Text


class FeedRecord(Out):
    """A record a reason rests on; ``reported_by`` is there where her family reported it."""

    type = fields.String()
    id = fields.String()
    at = fields.String()
    reported_by = fields.String()


class FeedReason(Out):
    """Why a card is shown to her."""

    text = fields.String()
    records = fields.List(fields.Nested(FeedRecord))


class FeedSite(Out):
    """The nearest place of a study that takes people, and how far it is."""

    city = fields.String(allow_none=True)
    km = fields.Float()


class FeedStudy(Out):
    """What a card of a study is about; `path` is the list it stands in, under `/api/v1`."""

    nct_id = fields.String()
    phases = fields.List(fields.String())
    nearest_site = fields.Nested(FeedSite, allow_none=True)
    imported_at = Moment()
    registry_url = fields.String()
    path = fields.String()
    source = fields.String()


class FeedItem(Out):
    """One card of her feed, and why it is there."""

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
    helpful = fields.Boolean(allow_none=True)
    study = fields.Nested(FeedStudy, allow_none=True)


class Feed(Out):
    """Everything that fits her now, best first."""

    items = fields.List(fields.Nested(FeedItem))
    next_cursor = fields.String(allow_none=True)


class SearchQuery(Query):
    """What to look for, in words."""

    q = Text(required=True)
    limit = fields.Integer(load_default=20, validate=validate.Range(1, 200))


class FoundArticle(Out):
    """One article in which the words were found; ``snippet`` are some words around them."""

    slug = fields.String()
    kind = fields.String()
    title = fields.String()
    summary = fields.String()
    snippet = fields.String()
    language = fields.String()
    priority = fields.String()
    reviewed_on = fields.Date(allow_none=True)


class FoundArticles(Out):
    """What was found, the best first."""

    items = fields.List(fields.Nested(FoundArticle))


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
