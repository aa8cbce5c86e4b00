"""Reading articles as patients do, comparing versions, and beginning one's own from another."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect

from service.accounts.access import Do, Topic
from service.care import who_sees
from service.clinical import Article, knowledge
from service.content import revision_actions as actions
from service.content import revision_queries as queries
from service.content.articles import html_of, may_be_slug
from service.content.models import ArticleRevision
from service.content.readability import measured
from service.content.rules import SAID, as_text, changes, said_of
from service.dashboard import forms
from service.dashboard.access import Visit, allow
from service.dashboard.pages import page
from service.dashboard.routing import POST, Route
from service.errors import NotFound
from service.ids import derived_id, new_id
from service.panel import queries as queries_of_panel
from service.panel.looks import look_of

THE_PROJECTS = "project"
_LONGEST_NAME, _FOUND = 60, 10


@allow(Topic.CONTENT, Do.READ)
def show_slug(*, visit: Visit, slug: str) -> Response:
    """Show the project's article of a slug, and the clinic's versions of it."""
    if not may_be_slug(slug):
        raise NotFound
    history = queries.history_of(visit.session, visit.viewer.clinic_id, slug)
    languages = sorted(language for name, language in knowledge().articles if name == slug)
    if not languages and not history:
        raise NotFound
    article, count, grade = None, 0, None
    if languages:
        asked = forms.asked("language")
        article = knowledge().articles[slug, asked if asked in languages else languages[0]]
        count, grade = measured(article.body, article.language)
    return page(
        "article_project", slug=slug, article=article, languages=languages, history=history,
        html=html_of(article.body) if article else "", count=count, grade=grade,
        today=today(visit), may_write=visit.frame.may(Topic.CONTENT, Do.WRITE),
        key=str(new_id()),
    )  # fmt: skip


@allow(Topic.CONTENT, Do.WRITE)
def copy_projects(*, visit: Visit, slug: str) -> Response:
    """Begin a version of one's own with what the project's article says."""
    return _copied(visit, said_of(_projects(slug, forms.text_of("language"))))


@allow(Topic.CONTENT, Do.WRITE)
def copy_version(*, visit: Visit, article_id: UUID) -> Response:
    """Begin a version of one's own with what another version says."""
    row = queries.revision(visit.session, visit.viewer.clinic_id, article_id)
    said = {name: row.front[name] for name in SAID}
    said |= {"slug": row.slug, "language": row.language, "expires_on": row.expires_on}
    return _copied(visit, said | {"body": row.body})


@allow(Topic.CONTENT, Do.READ)
def show_changes(*, visit: Visit, article_id: UUID) -> Response:
    """Show line by line what differs between a version and another, or the project's."""
    row = queries.revision(visit.session, visit.viewer.clinic_id, article_id)
    against = forms.asked("with")
    if against == THE_PROJECTS:
        article = _projects(row.slug, row.language)
        said = said_of(article)
        before, number = as_text(said, article.body), None
    else:
        other = queries.revision(visit.session, visit.viewer.clinic_id, _id(against))
        if (other.slug, other.language) != (row.slug, row.language):
            raise NotFound
        before, number = as_text(other.front, other.body), other.number
    lines = changes(before, as_text(row.front, row.body))
    return page(
        "article_changes", row=row, number=number, lines=lines,
        differs=any(line.mark != " " for line in lines),
    )  # fmt: skip


@allow(Topic.CONTENT, Do.READ)
def show_preview(*, visit: Visit, article_id: UUID) -> Response:
    """Show how a version would look and who would be shown it, and find patients to try it on."""
    return _preview(visit, queries.revision(visit.session, visit.viewer.clinic_id, article_id))


@allow(Topic.FEED, Do.READ)
def show_preview_for(*, visit: Visit, article_id: UUID) -> Response:
    """Show whether one patient would be shown a version, and why."""
    row = queries.revision(visit.session, visit.viewer.clinic_id, article_id)
    sight = who_sees.on_patient(visit.session, row, visit.patient, now=visit.now)
    return _preview(visit, row, patient=sight)


def today(visit: Visit) -> date:
    """Return which day it is at the clinic."""
    return visit.frame.words.local(visit.now).date()


def _preview(
    visit: Visit, row: ArticleRevision, *, patient: who_sees.Sight | None = None
) -> Response:
    finds = visit.frame.may(Topic.FEED) and visit.frame.may(Topic.PANEL)
    name = forms.asked("name", most=_LONGEST_NAME)
    found: Sequence[queries_of_panel.PanelRow] = ()
    if finds and name:
        look = look_of(visit.viewer, sort=None, only=None, search=name)
        assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
        found = queries_of_panel.panel_page(
            visit.session, visit.viewer.clinic_id, look=look, limit=_FOUND, last=None
        )[:_FOUND]
        visit.log_listed([one.patient_id for one in found], Topic.PANEL)
    return page(
        "article_preview", row=row, html=html_of(row.body), name=name, finds=finds, found=found,
        rules=who_sees.brings(visit.session, row), patient=patient,
        people=who_sees.on_examples(visit.session, row, now=visit.now),
    )  # fmt: skip


def _copied(visit: Visit, said: dict[str, Any]) -> Response:
    id = derived_id("article", visit.viewer.account_id, forms.text_of("key") or new_id())
    actions.write(visit.session, visit.viewer, said, id=id, now=visit.now)
    return make_response(redirect(f"/content/{id}?done=copied", 303))


def _projects(slug: str, language: str) -> Article:
    article = knowledge().articles.get((slug, language))
    if article is None:
        raise NotFound
    return article


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


ROUTES: tuple[Route, ...] = (
    Route("/content/slug/<slug>", "article_slug", show_slug),
    Route("/content/slug/<slug>/copy", "copy_projects", copy_projects, POST),
    Route("/content/<uuid:article_id>/copy", "copy_version", copy_version, POST),
    Route("/content/<uuid:article_id>/preview", "article_preview", show_preview),
    Route(
        "/patients/<uuid:patient_id>/previews/<uuid:article_id>",
        "article_preview_for",
        show_preview_for,
    ),
    Route("/content/<uuid:article_id>/changes", "article_changes", show_changes),
)
