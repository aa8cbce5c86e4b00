"""Routes of what is offered to her: feed, articles, support."""

from typing import Any

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, newest_first, page
from service.api.problems import ApiBlueprint
from service.care import asking, feed
from service.clinical import knowledge
from service.content import actions as content
from service.content.articles import html_of
from service.content.schemas import ArticleOut, Feed
from service.errors import NotFound
from service.records import find
from service.support import entries_queries
from service.support import queries as support_queries
from service.support.models import SupportRequest
from service.support.schemas import (
    SupportEntries,
    SupportQuery,
    SupportRequestIn,
    SupportRequestOut,
    SupportRequestPage,
)  # fmt: skip

blp = ApiBlueprint("feed", __name__, description="What fits her now, and whom she can turn to")


@blp.route("/patients/<pid:pid>/feed")
@allow(Topic.FEED, Do.READ)
@blp.response(200, Feed)
def read_feed(*, call: Call) -> Any:
    """Read what fits her now, best first, each card with its reasons."""
    items = feed.feed_for(call.session, call.viewer, call.patient, now=call.now)
    return {"items": items, "next_cursor": None}


@blp.route("/patients/<pid:pid>/feed/<slug>/<act>", methods=["POST"])
@allow(Topic.FEED, Do.WRITE)
@blp.response(204)
def mark_card(slug: str, act: str, *, call: Call) -> None:
    """Read, save, unsave, dismiss a card, or say whether it helped."""
    if act not in content.ACTS:
        raise NotFound
    if feed.is_study(slug):
        feed.mark_study(call.session, call.patient, slug, act, change=call.change)
        return
    reason = feed.reason_now(call.session, call.viewer, call.patient, slug, call.now)
    content.mark(call.session, change=call.change, slug=slug, act=act, reason=reason)


@blp.route("/content/<slug>")
@allow(Topic.CATALOG, Do.READ)
@blp.response(200, ArticleOut)
def read_article(slug: str, *, call: Call) -> Any:
    """Read one article."""
    article = feed.readable(call.session, call.viewer, slug, now=call.now)
    return {
        "slug": article.slug, "kind": article.kind, "title": article.title,
        "summary": article.summary, "language": article.language,
        "html": html_of(article.body), "markdown": article.body,
        "sources": article.sources, "reviewer": article.review.by,
        "reviewed_on": article.review.on, "review_status": article.review.status,
        "expires_on": article.expires_on, "version": article.version,
    }  # fmt: skip


@blp.route("/support")
@allow(Topic.CATALOG, Do.READ)
@blp.arguments(SupportQuery, location="query")
@blp.response(200, SupportEntries)
def list_support(args: dict[str, Any], *, call: Call) -> Any:
    """List support groups, social workers, chaplains and lines to call."""
    own = call.viewer.own_record
    offers = entries_queries.offers(
        call.session, own.clinic_id if own else call.viewer.clinic_id, **args,
        reads=own.locale if own else call.viewer.locale,
    )  # fmt: skip
    items = [entries_queries.as_offered(one, now=call.now) for one in offers]
    faiths = [{"code": code, "name": name} for code, name in knowledge().faiths.items()]
    return {"items": [one for one in items if one], "faiths": faiths, "next_cursor": None}


@blp.route("/patients/<pid:pid>/support-requests", methods=["POST"])
@allow(Topic.SUPPORT, Do.WRITE)
@blp.arguments(SupportRequestIn)
@blp.response(201, SupportRequestOut)
@blp.alt_response(200, schema=SupportRequestOut, description="On file already")
def ask_for_support(body: dict[str, Any], *, call: Call) -> Any:
    """Ask for a social worker, a chaplain, a support group or a nurse."""
    is_new = asking.ask(call.session, call.patient, change=call.change, request=body)
    stored = find(call.session, SupportRequest, call.patient.id, body["id"])
    return stored, 201 if is_new else 200


@blp.route("/patients/<pid:pid>/support-requests")
@allow(Topic.SUPPORT, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, SupportRequestPage)
def list_support_requests(args: dict[str, Any], *, call: Call) -> Any:
    """List what she asked for, newest first."""
    rows = call.session.scalars(
        newest_first(
            support_queries.requests_of(call.patient.id), at=SupportRequest.requested_at,
            id=SupportRequest.id, limit=args["limit"], last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.requested_at, row.id))
    return {"items": items, "next_cursor": cursor}
