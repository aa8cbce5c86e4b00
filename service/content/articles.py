"""Which articles may be shown, and how: never expired, never unwanted, HTML made safe."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt

from service.clinical import Article, knowledge

FALLBACK = "en"
# Words for people who have been through with it: they hurt where the disease has spread.
SURVIVOR = "survivor"
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "a", "blockquote", "br"}
_SCHEMES = {"https", "http", "mailto", "tel"}
# A script has four letters in the tag of a language, as in zh-Hant; a place two, or three digits.
_SCRIPT = 4
_SLUG = re.compile(r"[a-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the patients of one clinic can read: the project's articles, and the clinic's own.

    ``published`` are the clinic's, by slug and language; each stands in the place of the
    project's article of the same slug and language until it has expired.
    """

    published: Mapping[tuple[str, str], Article]

    def knows(self, slug: str) -> bool:
        """Tell whether there is an article of this name in any language, expired or not."""
        return (slug, FALLBACK) in knowledge().articles or any(
            name == slug for name, _language in self.published
        )

    def find(self, slug: str, locale: str, *, today: date) -> Article | None:
        """Return the article to show in a language, in English where there is none in it.

        An expired one is passed over as if it were not there; ``None`` if no other is left.
        """
        for language in languages_of(locale):
            for source in (self.published, knowledge().articles):
                article = source.get((slug, language))
                if article is not None and article.expires_on >= today:
                    return article
        return None


def may_be_slug(text: str) -> bool:
    """Tell whether an article could have this name; another is not worth a look."""
    return _SLUG.fullmatch(text) is not None


def may_be_shown(article: Article, *, today: date, wants: Mapping[str, Any]) -> bool:
    """Tell whether an article is still good, and whether she wants to know such things.

    A topic that needs her consent is not shown until she has said yes to it.
    """
    if article.expires_on < today:
        return False
    return all(wants.get(need) is True for need in article.needs)


@lru_cache(maxsize=256)
def html_of(markdown: str) -> str:
    """Return an article's Markdown as safe HTML: links lead to https, http, mailto and tel only."""
    shown = _MARKDOWN.render(markdown)
    return nh3.clean(shown, tags=_TAGS, url_schemes=_SCHEMES, url_relative="deny")


@lru_cache(maxsize=256)
def languages_of(locale: str) -> tuple[str, ...]:
    """Return the languages to look in, the closest first: ``es-MX``, ``es``, ``en``."""
    language, *more = locale.replace("_", "-").split("-")
    script_or_place = (one.title() if len(one) == _SCRIPT else one.upper() for one in more)
    parts = [language.lower(), *script_or_place]
    closest_first = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    return tuple(dict.fromkeys((*closest_first, FALLBACK)))
