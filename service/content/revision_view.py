"""A version of a clinic's article as it is shown to those who make it."""

from typing import Any

from service.content.articles import html_of
from service.content.models import ArticleRevision
from service.content.readability import measured
from service.content.rules import projects


def listed(row: ArticleRevision) -> dict[str, Any]:
    """Return what is shown of a version in a list."""
    front = row.front
    return {
        "id": row.id, "slug": row.slug, "language": row.language, "number": row.number,
        "status": row.status, "title": front["title"], "kind": front["kind"],
        "audience": front["audience"], "tags": front["tags"], "summary": front["summary"],
        "sources": front["sources"], "needs": front["needs"], "priority": front["priority"],
        "pinned": front["pinned"], "replaces_project_article": projects(row.slug) is not None,
        "publish_on": row.publish_on, "expires_on": row.expires_on, "written_by": row.written_by,
        "written_at": row.written_at, "changed_at": row.changed_at,
        "reviewed_by": row.reviewed_by, "reviewed_at": row.reviewed_at,
        "published_by": row.published_by, "published_at": row.published_at,
        "retired_at": row.retired_at, "version": row.version,
    }  # fmt: skip


def whole(row: ArticleRevision) -> dict[str, Any]:
    """Return everything that is shown of a version."""
    count, grade = measured(row.body, row.language)
    return {
        **listed(row), "markdown": row.body, "html": html_of(row.body), "words": count,
        "reading_grade": grade,
    }  # fmt: skip
