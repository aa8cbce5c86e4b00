"""Routes: finding things to read."""

from typing import Any

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.care.finding import find_articles
from service.content.schemas import FoundArticles, SearchQuery

blp = ApiBlueprint("search", __name__, description="Finding things to read")


@blp.route("/content")
@allow(Topic.CATALOG, Do.READ)
@blp.arguments(SearchQuery, location="query")
@blp.response(200, FoundArticles)
def search_content(args: dict[str, Any], *, call: Call) -> Any:
    """Search articles by their words: only what one may read, in the language closest to one's own.

    Nothing that has expired, and nothing she does not want to know.
    """
    hits = find_articles(call.session, call.viewer, args["q"], limit=args["limit"], now=call.now)
    return {
        "items": [
            {
                "slug": one.slug, "kind": one.kind, "title": one.title, "summary": one.summary,
                "snippet": snippet, "language": one.language, "priority": one.priority,
                "reviewed_on": one.review.on,
            }
            for one, snippet in hits
        ]
    }  # fmt: skip
