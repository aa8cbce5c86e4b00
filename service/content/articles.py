"""Which articles may be shown, and how: never expired, never unwanted, HTML made safe."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import nh3
from markdown_it import MarkdownIt

from service.clinical import Article, knowledge
from service.errors import NotFound

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "a", "blockquote", "br"}


def may_be_shown(article: Article, *, today: date, wants: Mapping[str, Any]) -> bool:
    """Tell whether an article is still good, and whether she wants to know such things.

    A topic that needs her consent is not shown until she has said yes to it.
    """
    if article.expires_on < today:
        return False
    return all(wants.get(need) is True for need in article.needs)


def article_in(slug: str, locale: str) -> Article:
    """Return an article in a language, in English where it has not been translated.

    Raises:
        NotFound: there is no such article.
    """
    articles = knowledge().articles
    language = locale.split("-")[0].split("_")[0].lower()
    found = articles.get((slug, language)) or articles.get((slug, "en"))
    if found is None:
        raise NotFound
    return found


@cache
def html_of(markdown: str) -> str:
    """Return an article's Markdown as safe HTML."""
    return nh3.clean(_MARKDOWN.render(markdown), tags=_TAGS)
