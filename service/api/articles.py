"""Routes: articles of a clinic: drafts, review, publishing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, page
from service.api.problems import ApiBlueprint, Problem
from service.api.repeats import key_given, minds_key_itself
from service.api.versions import if_version
from service.care import who_sees
from service.content import publishing
from service.content import revision_actions as actions
from service.content import revision_queries as queries
from service.content import revision_view as view
from service.content.articles import html_of
from service.content.models import ArticleRevision
from service.content.revision_schemas import (
    ArticleDay,
    ArticleFilter,
    ArticleIn,
    ArticlePatch,
    ArticlePreview,
    RevisionOut,
    RevisionPage,
    Sight,
)
from service.errors import NotFound
from service.ids import derived_id, new_id

blp = ApiBlueprint("articles", __name__, description="Articles: drafts, review, publishing")

_ONE = "/articles/<uuid:article_id>"


@blp.route("/articles")
@allow(Topic.CONTENT, Do.READ)
@blp.arguments(ArticleFilter, location="query")
@blp.arguments(PageArgs, location="query")
@blp.response(200, RevisionPage)
def list_revisions(which: dict[str, Any], args: dict[str, Any], *, call: Call) -> Any:
    """List the versions of the clinic's own articles, newest first."""
    rows = queries.latest(
        call.session, call.viewer.clinic_id, limit=args["limit"], last=after(args["cursor"]),
        **which,
    )  # fmt: skip
    rows, cursor = page(rows, limit=args["limit"], position=lambda row: (row.written_at, row.id))
    return {"items": [view.listed(row) for row in rows], "next_cursor": cursor}


@blp.route("/articles", methods=["POST"])
@allow(Topic.CONTENT, Do.WRITE)
@minds_key_itself
@blp.arguments(ArticleIn)
@blp.response(201, RevisionOut)
@blp.alt_response(200, schema=RevisionOut, description="Written already")
def write_article(said: dict[str, Any], *, call: Call) -> Any:
    """Begin a new version of an article, as a draft.

    With the same `Idempotency-Key` and body the same version is answered, with 200.
    """
    key = key_given()
    id = derived_id("article", call.viewer.account_id, key) if key else new_id()
    is_new = actions.write(call.session, call.viewer, said, id=id, now=call.now)
    return _whole(call, id), 201 if is_new else 200


@blp.route(_ONE)
@allow(Topic.CONTENT, Do.READ)
@blp.response(200, RevisionOut)
def read_revision(article_id: UUID, *, call: Call) -> Any:
    """Read one version with its text, its length and its reading grade."""
    return _whole(call, article_id)


@blp.route(_ONE, methods=["PATCH"])
@allow(Topic.CONTENT, Do.WRITE)
@blp.arguments(ArticlePatch(partial=True))
@blp.versioned
@blp.response(200, RevisionOut)
@blp.alt_response(409, schema=Problem, description="It is no draft, or somebody else's")
def change_article(changes: dict[str, Any], article_id: UUID, *, call: Call) -> Any:
    """Change what a draft says."""
    row = actions.change(
        call.session, call.viewer, article_id, changes, if_version=if_version(), now=call.now
    )
    return view.whole(row)


@blp.route(f"{_ONE}/submit", methods=["POST"])
@allow(Topic.CONTENT, Do.WRITE)
@blp.versioned
@blp.response(200, RevisionOut)
@blp.alt_response(409, schema=Problem, description="It is no draft, or somebody else's")
def submit_article(article_id: UUID, *, call: Call) -> Any:
    """Hand a draft in for review."""
    return _moved(actions.submit, article_id, call)


@blp.route(f"{_ONE}/send-back", methods=["POST"])
@allow(Topic.CONTENT, Do.WRITE)
@blp.versioned
@blp.response(200, RevisionOut)
@blp.alt_response(409, schema=Problem, description="It is neither in review nor reviewed")
def send_article_back(article_id: UUID, *, call: Call) -> Any:
    """Make a draft again of what was handed in or reviewed."""
    return _moved(actions.send_back, article_id, call)


@blp.route(f"{_ONE}/review", methods=["POST"])
@allow(Topic.CONTENT, Do.WRITE)
@blp.versioned
@blp.response(200, RevisionOut)
@blp.alt_response(409, schema=Problem, description="It is not in review, or the caller wrote it")
def review_article(article_id: UUID, *, call: Call) -> Any:
    """Sign a version that somebody else wrote."""
    return _moved(actions.review, article_id, call)


@blp.route(f"{_ONE}/publish", methods=["POST"])
@allow(Topic.CONTENT, Do.WRITE)
@blp.versioned
@blp.response(200, RevisionOut)
@blp.alt_response(409, schema=Problem, description="It is not reviewed, or its last day is over")
def publish_article(article_id: UUID, *, call: Call) -> Any:
    """Show a reviewed version to the clinic's patients; editors only."""
    return _moved(publishing.publish, article_id, call)


@blp.route(f"{_ONE}/schedule", methods=["POST"])
@allow(Topic.CONTENT, Do.WRITE)
@blp.arguments(ArticleDay)
@blp.versioned
@blp.response(200, RevisionOut)
@blp.alt_response(409, schema=Problem, description="It is not reviewed, or published already")
def schedule_article(said: dict[str, Any], article_id: UUID, *, call: Call) -> Any:
    """Let a reviewed version come out by itself on a day; editors only.

    The day begins where the clinic is; `null` takes it back.
    """
    row = publishing.schedule(
        call.session, call.viewer, article_id, publish_on=said["publish_on"],
        if_version=if_version(), now=call.now,
    )  # fmt: skip
    return view.whole(row)


@blp.route(f"{_ONE}/retire", methods=["POST"])
@allow(Topic.CONTENT, Do.WRITE)
@blp.versioned
@blp.response(200, RevisionOut)
@blp.alt_response(409, schema=Problem, description="It is out of use already")
def retire_article(article_id: UUID, *, call: Call) -> Any:
    """Take a version out of use; patients read the project's article again."""
    return _moved(publishing.retire, article_id, call)


@blp.route(f"{_ONE}/preview", methods=["POST"])
@allow(Topic.CONTENT, Do.READ)
@blp.response(200, ArticlePreview)
def preview_article(article_id: UUID, *, call: Call) -> Any:
    """Read how a version would look, and who would be shown it and why, on made-up people."""
    row = queries.revision(call.session, call.viewer.clinic_id, article_id)
    return {
        "title": row.front["title"], "html": html_of(row.body),
        "rules": [_shown(one) for one in who_sees.brings(call.session, row)],
        "people": who_sees.on_examples(call.session, row, now=call.now),
    }  # fmt: skip


@blp.route("/patients/<pid:pid>/article-previews/<uuid:article_id>")
@allow(Topic.FEED, Do.READ)
@blp.response(200, Sight)
def preview_for_patient(article_id: UUID, *, call: Call) -> Any:
    """Read whether a patient would be shown a version if it were published, and why."""
    if not call.viewer.is_staff:
        raise NotFound  # what is not printed yet is none of hers
    row = queries.revision(call.session, call.viewer.clinic_id, article_id)
    return who_sees.on_patient(call.session, row, call.patient, now=call.now)._asdict()


def _shown(one: who_sees.Brings) -> dict[str, Any]:
    when = ["  " * depth + text for depth, text in one.when.lines()]
    return {"rule": one.rule, "about": one.about, "when": when}


def _moved(move: Callable[..., ArticleRevision], article_id: UUID, call: Call) -> dict[str, Any]:
    row = move(call.session, call.viewer, article_id, if_version=if_version(), now=call.now)
    return view.whole(row)


def _whole(call: Call, article_id: UUID) -> dict[str, Any]:
    return view.whole(queries.revision(call.session, call.viewer.clinic_id, article_id))
