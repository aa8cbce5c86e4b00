"""Articles: what the clinic's patients read, and the versions its own people write."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.accounts.models import Role
from service.care import alert_view
from service.clinical import knowledge
from service.content import publishing
from service.content import revision_actions as actions
from service.content import revision_queries as queries
from service.content import revision_view as view
from service.content.articles import html_of
from service.content.models import ArticleRevision
from service.content.rules import ArticleUnusable, projects
from service.dashboard import content_form, content_reading, cursors, forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.errors import Conflict, IdConflict, Outdated
from service.ids import derived_id, new_id
from service.wire import moment_text

PAGE = 50
_MOVES: Mapping[str, Callable[..., ArticleRevision]] = {
    "submit": actions.submit, "send-back": actions.send_back, "review": actions.review,
    "publish": publishing.publish, "retire": publishing.retire,
}  # fmt: skip
_CHANGED = "It has been changed since you opened this page. Read it again first."
_EMPTY = dict.fromkeys(("slug", "title", "summary", "expires_on", "tags", "sources", "body"), "")


@allow(Topic.CONTENT, Do.READ)
def show_content(*, visit: Visit) -> Response:
    """List the clinic's own versions and the project's articles."""
    status = forms.asked("status")
    status = status if status in queries.STATUSES else ""
    after = forms.asked("after", most=500)
    clinic_id = visit.viewer.clinic_id
    found = queries.latest(
        visit.session, clinic_id, limit=PAGE, status=status or None,
        last=cursors.moment_and_id(after) if after else None,
    )  # fmt: skip
    rows, more = found[:PAGE], None
    if len(found) > PAGE:
        more = cursors.written([moment_text(rows[-1].written_at), str(rows[-1].id)])
    names = people.names_of(visit.session, {row.written_by for row in rows})
    return page(
        "content", rows=[view.listed(row) for row in rows], more=more, is_first_page=not after,
        only=status, writers={row.id: alert_view.person(names, row.written_by) for row in rows},
        articles=[one for _key, one in sorted(knowledge().articles.items())],
        published=queries.published_in(visit.session, clinic_id),
        today=content_reading.today(visit), may_write=visit.frame.may(Topic.CONTENT, Do.WRITE),
    )  # fmt: skip


@allow(Topic.CONTENT, Do.WRITE)
def show_new(*, visit: Visit) -> Response:
    """Show an empty form."""
    empty = {**_EMPTY, "language": "en", "kind": "article", "audience": ["patient"], "needs": []}
    return _new_page(empty)


@allow(Topic.CONTENT, Do.WRITE)
def write(*, visit: Visit) -> Response:
    """Save a new draft, or show how it would look."""
    typed = content_form.typed()
    if forms.text_of("do") == "preview":
        return _new_page(typed, previewed=html_of(typed["body"]))
    try:
        said = content_form.read(content_form.NEW)
        key = forms.text_of("key") or new_id()
        id = derived_id("article", visit.viewer.account_id, key)
        actions.write(visit.session, visit.viewer, said, id=id, now=visit.now)
    except forms.FormUnusable as wrong:
        return _new_page(typed, errors=wrong.errors, status=422)
    except ArticleUnusable as wrong:
        return _new_page(typed, errors=content_form.faults(wrong), status=422)
    except IdConflict:
        said_before = "You have saved this form before with other words. Save again to keep both."
        return _new_page(typed, refusal=said_before, status=409)
    return make_response(redirect(f"/content/{id}?done=saved", 303))


@allow(Topic.CONTENT, Do.READ)
def show_article(*, visit: Visit, article_id: UUID) -> Response:
    """Show one version, how it looks, and what can be done with it."""
    return _article_page(visit, article_id, done=forms.asked("done"))


@allow(Topic.CONTENT, Do.WRITE)
def change(*, visit: Visit, article_id: UUID) -> Response:
    """Save a draft, or show how it would look."""
    typed = content_form.typed()
    if forms.text_of("do") == "preview":
        return _article_page(visit, article_id, typed=typed)
    try:
        changes = content_form.read(content_form.CHANGED)
        actions.change(
            visit.session, visit.viewer, article_id, changes, if_version=_seen(), now=visit.now
        )
    except forms.FormUnusable as wrong:
        return _article_page(visit, article_id, typed=typed, errors=wrong.errors, status=422)
    except ArticleUnusable as wrong:
        errors = content_form.faults(wrong)
        return _article_page(visit, article_id, typed=typed, errors=errors, status=422)
    except (Conflict, Outdated) as no:
        return _article_page(visit, article_id, typed=typed, refusal=_words(no), status=409)
    return make_response(redirect(f"/content/{article_id}?done=saved", 303))


@allow(Topic.CONTENT, Do.WRITE)
def move(*, visit: Visit, article_id: UUID, step: str) -> Response:
    """Take a version a step on its way."""
    try:
        _MOVES[step](visit.session, visit.viewer, article_id, if_version=_seen(), now=visit.now)
    except (Conflict, Outdated) as no:
        return _article_page(visit, article_id, refusal=_words(no), status=409)
    return make_response(redirect(f"/content/{article_id}?done={step}", 303))


@allow(Topic.CONTENT, Do.WRITE)
def schedule(*, visit: Visit, article_id: UUID) -> Response:
    """Let a version come out by itself on a day, or take that back."""
    try:
        asked = content_form.day()
        publishing.schedule(
            visit.session, visit.viewer, article_id, publish_on=asked, if_version=_seen(),
            now=visit.now,
        )  # fmt: skip
    except forms.FormUnusable as wrong:
        return _article_page(visit, article_id, errors=wrong.errors, status=422)
    except publishing.ArticleDayUnusable as no:
        errors = {"publish_on": no.errors[0][1]}
        return _article_page(visit, article_id, errors=errors, status=422)
    except (Conflict, Outdated) as no:
        return _article_page(visit, article_id, refusal=_words(no), status=409)
    done = "schedule" if asked else "unschedule"
    return make_response(redirect(f"/content/{article_id}?done={done}", 303))


def _new_page(typed: Mapping[str, Any], *, status: int = 200, **context: Any) -> Response:
    # A form that is sent twice is one draft: its key was made with the page.
    has_failed = "refusal" in context
    key = str(new_id()) if has_failed else forms.text_of("key") or str(new_id())
    context = {"refusal": None, "errors": {}, "previewed": None} | context
    return page("article_new", status=status, typed=typed, key=key, **context)


def _article_page(
    visit: Visit, article_id: UUID, *, typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None, refusal: str | None = None, done: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    row = queries.revision(visit.session, visit.viewer.clinic_id, article_id)
    may_write = visit.frame.may(Topic.CONTENT, Do.WRITE)
    is_mine = row.written_by == visit.viewer.account_id
    history = queries.history_of(visit.session, row.clinic_id, row.slug, row.language)
    people_in_it = {row.written_by, row.reviewed_by, row.published_by}
    people_in_it |= {one.written_by for one in history}
    names = people.names_of(visit.session, {id for id in people_in_it if id})
    edits = may_write and is_mine and row.status == "draft"
    return page(
        "article", status=status, article=view.whole(row), history=history,
        who=lambda id: alert_view.person(names, id), refusal=refusal, done=done,
        errors=errors or {}, typed=typed or content_form.of_revision(row), edits=edits,
        previewed=html_of(typed["body"]) if typed and edits else None,
        # What was typed into a page that takes no changes any more is not lost.
        left_over=dict(typed) if typed and not edits else {}, is_mine=is_mine,
        may_write=may_write, is_editor=visit.viewer.role is Role.EDITOR,
        today=content_reading.today(visit), project=projects(row.slug), key=str(new_id()),
    )  # fmt: skip


def _seen() -> int | None:
    seen = forms.text_of("seen", most=9)
    return int(seen) if seen.isascii() and seen.isdigit() else None


def _words(no: Conflict | Outdated) -> str:
    return _CHANGED if isinstance(no, Outdated) else no.title


ROUTES: tuple[Route, ...] = (
    Route("/content", "content", show_content),
    Route("/content/new", "show_new_article", show_new),
    Route("/content/new", "write_article", write, POST),
    Route("/content/<uuid:article_id>", "article", show_article),
    Route("/content/<uuid:article_id>", "change_article", change, POST),
    Route(
        "/content/<uuid:article_id>/<any(submit, review, publish, retire, 'send-back'):step>",
        "move_article",
        move,
        POST,
    ),
    Route("/content/<uuid:article_id>/schedule", "schedule_article", schedule, POST),
    *content_reading.ROUTES,
)  # fmt: skip
