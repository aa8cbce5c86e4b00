"""How the articles of a clinic's look on the wire, from draft to print."""

from marshmallow import fields, validate

from service.content.revision_queries import STATUSES
from service.wire import Day, In, Language, Line, Moment, Out, Prose, Query, Slug, Words

KINDS = ("article", "support", "action")
AUDIENCES = ("patient", "caregiver", "all")
NEEDS = ("prognosis", "statistics", "side_effects", "trials", "end_of_life", "sexual")
SOURCE = 500
BODY = 20_000
_MOST = 30


class ArticlePatch(In):
    """What can be changed of a draft."""

    title = Line(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    audience = Words(AUDIENCES, least=1, required=True)
    tags = fields.List(Line(60), validate=validate.Length(max=_MOST))
    summary = Line(required=True)
    sources = fields.List(Line(SOURCE), required=True, validate=validate.Length(min=1, max=_MOST))
    needs = Words(NEEDS)
    expires_on = Day(required=True, metadata={"description": "last day on which it is shown"})
    body = Prose(BODY, required=True, metadata={"description": "Markdown"})


class ArticleIn(ArticlePatch):
    """A new version of an article."""

    slug = Slug(required=True)
    language = Language(required=True)
    tags = fields.List(Line(60), validate=validate.Length(max=_MOST), load_default=list)
    needs = Words(NEEDS, load_default=list)


class ArticleDay(In):
    """When a reviewed version is to come out by itself."""

    publish_on = Day(
        required=True, allow_none=True, metadata={"description": "null: not by itself"}
    )


class ArticleFilter(Query):
    """Which versions."""

    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))
    language = Language(load_default=None)


class RevisionListed(Out):
    """One version of an article in a list, without its text."""

    id = fields.UUID()
    slug = fields.String()
    language = fields.String()
    number = fields.Integer()
    status = fields.String(metadata={"enum": list(STATUSES)})
    title = fields.String()
    kind = fields.String()
    audience = fields.List(fields.String())
    tags = fields.List(fields.String())
    summary = fields.String()
    sources = fields.List(fields.String())
    needs = fields.List(fields.String())
    priority = fields.String(metadata={"description": "the project's for its own slugs"})
    pinned = fields.Boolean()
    replaces_project_article = fields.Boolean()
    publish_on = fields.Date(
        allow_none=True, metadata={"description": "the day it comes out by itself, null if not"}
    )
    expires_on = fields.Date()
    written_by = fields.UUID()
    written_at = Moment()
    changed_at = Moment()
    reviewed_by = fields.UUID(allow_none=True)
    reviewed_at = Moment(allow_none=True)
    published_by = fields.UUID(allow_none=True)
    published_at = Moment(allow_none=True)
    retired_at = Moment(allow_none=True)
    version = fields.Integer()


class RevisionOut(RevisionListed):
    """One version of an article, with its text and how hard it is to read."""

    markdown = fields.String()
    html = fields.String(metadata={"description": "safe to show as it is"})
    words = fields.Integer()
    reading_grade = fields.Float(
        allow_none=True, metadata={"description": "school years, English texts only"}
    )


class Sight(Out):
    """Whether one person would be shown a version, and why, or why not."""

    who = fields.String(metadata={"description": "what is known of her; of a patient the name"})
    audience = fields.String(metadata={"enum": ["patient", "caregiver"]})
    sees = fields.Boolean()
    why = fields.List(fields.String(), metadata={"description": "sentences"})


class BringingRule(Out):
    """A rule that puts an article into feeds, its condition line by line."""

    rule = fields.String()
    about = fields.String()
    when = fields.List(fields.String(), metadata={"description": "indented by what they belong to"})


class ArticlePreview(Out):
    """How a version would look, and who would be shown it if it were published now."""

    title = fields.String()
    html = fields.String(metadata={"description": "safe to show as it is"})
    rules = fields.List(fields.Nested(BringingRule))
    people = fields.List(fields.Nested(Sight), metadata={"description": "made up, all of them"})


class RevisionPage(Out):
    """A page of versions, newest first."""

    items = fields.List(fields.Nested(RevisionListed))
    next_cursor = fields.String(allow_none=True)
