"""What an article of a clinic's must be, and what has changed between two versions of one."""

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from service.clinical import Article, BadKnowledge, check, knowledge
from service.content.articles import FALLBACK, SURVIVOR
from service.errors import Rejected

# The part of the front matter that its writer says herself.
SAID = ("title", "kind", "audience", "tags", "summary", "sources", "needs", "expires_on")
_CALLED = {
    "title": "Title", "kind": "Kind", "audience": "For", "tags": "Tags", "summary": "Summary",
    "needs": "Asks first about", "expires_on": "Last day",
}  # fmt: skip
# More lines are no article, and would take long to compare.
MOST_LINES = 500
_UNSIGNED = {"status": "draft", "by": None, "on": None}
_SURVIVOR = re.compile(r"survivor|superviviente|sobreviviente", re.IGNORECASE)


class ArticleUnusable(Rejected):
    """The article contradicts the project's of the same slug, or itself."""

    slug = "article-unusable"
    title = "The article cannot be used as it is."


class Change(NamedTuple):
    """One line of a comparison: ``mark`` is ``"+"`` added, ``"-"`` taken out, ``" "`` kept."""

    mark: str
    text: str


def projects(slug: str) -> Article | None:
    """Return the project's own article of a slug, in English; ``None`` for a clinic's own slug."""
    return knowledge().articles.get((slug, FALLBACK))


def front_of(
    slug: str, language: str, number: int, said: Mapping[str, Any], body: str
) -> dict[str, Any]:
    """Return the front matter of a clinic's article, unsigned, as the files have it.

    What the project's article of the same slug says of itself stays: how early it stands in
    her feed, whether it can be dismissed, its tags, and what she must want to know.  A slug of
    the clinic's own stands last and can be dismissed.

    Args:
        slug: its name in rules and links.
        language: of the text.
        number: of the version, within slug and language.
        said: ``SAID``, with ``expires_on`` as a day.
        body: Markdown.

    Raises:
        ArticleUnusable: it is not fit to be shown; each reason names its field.
    """
    base = projects(slug)
    tags = {*said["tags"], *(base.tags if base else ())}
    if _SURVIVOR.search(" ".join([said["title"], said["summary"], body])):
        tags.add(SURVIVOR)
    front = {
        "slug": slug, "title": said["title"], "kind": said["kind"],
        "audience": list(said["audience"]), "tags": sorted(tags), "language": language,
        "version": number, "summary": said["summary"], "sources": list(said["sources"]),
        "review": _UNSIGNED, "expires_on": said["expires_on"].isoformat(),
        "needs": sorted({*said["needs"], *(base.needs if base else ())}),
        "priority": base.priority if base else "general",
        "pinned": base.pinned if base else False,
    }  # fmt: skip
    wrong = [*_faults(front, body), *(_against(base, front) if base else ())]
    if wrong:
        raise ArticleUnusable(errors=wrong)
    return front


def said_of(article: Article) -> dict[str, Any]:
    """Return what its writer said of an article, to begin a version of one's own with."""
    return {
        "slug": article.slug, "language": article.language, "title": article.title,
        "kind": article.kind, "audience": sorted(article.audience, reverse=True),
        "tags": sorted(article.tags), "summary": article.summary,
        "sources": list(article.sources), "needs": sorted(article.needs),
        "expires_on": article.expires_on, "body": article.body,
    }  # fmt: skip


def signed(front: Mapping[str, Any], *, by: str, on: date) -> dict[str, Any]:
    """Return the front matter with its sign-off."""
    return {**front, "review": {"status": "reviewed", "by": by, "on": on.isoformat()}}


def unsigned(front: Mapping[str, Any]) -> dict[str, Any]:
    """Return the front matter without its sign-off: what was signed is about to change."""
    return {**front, "review": _UNSIGNED}


def as_text(front: Mapping[str, Any], body: str) -> str:
    """Write an article as plain text, a line for each thing that is said of it."""
    lines = [f"{words}: {_written(front[name])}" for name, words in _CALLED.items()]
    lines += [f"Source: {one}" for one in front["sources"]]
    return "\n".join([*lines, "", body])


def changes(before: str, after: str) -> list[Change]:
    """Return two texts line by line: what was taken out, what was added, what stayed."""
    old, new = before.split("\n"), after.split("\n")
    found: list[Change] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for what, first, last, start, end in matcher.get_opcodes():
        if what == "equal":
            found += [Change(" ", line) for line in old[first:last]]
            continue
        found += [Change("-", line) for line in old[first:last]]
        found += [Change("+", line) for line in new[start:end]]
    return found


def _faults(front: Mapping[str, Any], body: str) -> Iterator[tuple[str, str]]:
    try:
        check("article", front, "article")
    except BadKnowledge as bad:
        yield f"/{bad.place}", "Does not fit the schema of articles."
    for name, text in (("title", front["title"]), ("summary", front["summary"]), ("body", body)):
        if "{" in text or "}" in text:
            # Only guidance is filled with the clinic's numbers; here a brace shows as it is.
            yield f"/{name}", "Write the number itself: nothing is filled in between braces."
    if body.count("\n") >= MOST_LINES:
        yield "/body", f"At most {MOST_LINES} lines."
    if {SURVIVOR, "metastatic"} <= set(front["tags"]):
        yield "/body", "Survivors are never spoken of to people with metastatic disease."


def _against(base: Article, front: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what would keep from her what the project holds to be about her safety."""
    if base.priority != "safety":
        return
    if front["needs"]:
        yield "/needs", "What keeps her safe does not wait for what she wants to know."
    reached = set(front["audience"])
    if "all" not in reached and not base.audience <= reached:
        yield "/audience", "Everybody the project's article is for must be reached."


def _written(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
