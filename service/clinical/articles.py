"""The words shown to people: articles, guidance, and where support is to be found."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from service.clinical.reading import Document, Review, check, review_of

FALLBACK_LANGUAGE = "en"
PLACEHOLDERS = frozenset({"oncology_line", "emergency_number", "crisis_line"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Article:
    """Something to read, a support offer or a thing to do, in one language.

    Attributes:
        slug: its name in rules and links; the same in every language.
        kind: ``"article"``, ``"support"`` or ``"action"``.
        audience: patient, caregiver, or all.
        needs: information preferences without which it is not shown, e.g. ``"prognosis"``.
        expires_on: last day on which it may be shown.
        priority: safety, treatment_start, symptom, psychosocial or general.
        pinned: stays in the feed while its reason holds.
        body: Markdown, as written.
    """

    slug: str
    language: str
    title: str
    kind: str
    audience: frozenset[str]
    tags: frozenset[str]
    version: int
    summary: str
    sources: tuple[str, ...]
    review: Review
    expires_on: date
    needs: frozenset[str]
    priority: str
    pinned: bool
    body: str


@dataclass(frozen=True, slots=True)
class Guidance:
    """What to tell her now, in one language.

    Attributes:
        level: none, self_care, call_today, call_now, emergency or crisis.
        body: plain text; may hold ``{oncology_line}``, ``{emergency_number}`` and
            ``{crisis_line}``, which the clinic's own numbers replace.
    """

    slug: str
    language: str
    title: str
    level: str
    version: int
    source: str
    review: Review
    body: str


@dataclass(frozen=True, slots=True)
class SupportEntry:
    """A group, a person or a line she can turn to.

    ``kind`` is support_group, social_worker, chaplain or line; ``status`` says how far the
    entry has been checked.  ``phone``, ``url`` and ``when`` may be ``None``.  ``faiths`` are of a
    chaplain, none for one who is there for everybody; ``meets`` says when a group of a clinic's
    meets (``service.support.meetings``), ``None`` where nobody has said.
    """

    slug: str
    kind: str
    name: str
    about: str
    languages: tuple[str, ...]
    phone: str | None
    url: str | None
    when: str | None
    status: str
    faiths: tuple[str, ...] = ()
    meets: Mapping[str, Any] | None = None


def articles_in(documents: Iterable[Document]) -> Mapping[tuple[str, str], Article]:
    """Build the articles by slug and language.

    Raises:
        BadKnowledge: front matter and place of a file disagree, or English is missing.
    """
    found: dict[tuple[str, str], Article] = {}
    read = list(documents)
    for document in read:
        check("article", document.data, document)
        found[_key(document, "articles")] = article_of(document.data, document.body)
    _refuse_without_fallback(read)
    return MappingProxyType(found)


def article_of(data: Mapping[str, Any], body: str) -> Article:
    """Build an article of its front matter, already checked by its schema, and its text."""
    return Article(
        slug=data["slug"],
        language=data["language"],
        title=data["title"],
        kind=data["kind"],
        audience=frozenset(data["audience"]),
        tags=frozenset(data["tags"]),
        version=data["version"],
        summary=data["summary"],
        sources=tuple(data["sources"]),
        review=review_of(data["review"]),
        expires_on=date.fromisoformat(data["expires_on"]),
        needs=frozenset(data["needs"]),
        priority=data["priority"],
        pinned=data["pinned"],
        body=body,
    )


def guidance_in(documents: Iterable[Document]) -> Mapping[tuple[str, str], Guidance]:
    """Build the guidance texts by slug and language.

    Raises:
        BadKnowledge: front matter and place of a file disagree, English is missing, a
            translation has another level, or a placeholder is unknown.
    """
    found: dict[tuple[str, str], Guidance] = {}
    read = list(documents)
    for document in read:
        check("guidance", document.data, document)
        data = document.data
        for word in _PLACEHOLDER.findall(document.body):
            if word not in PLACEHOLDERS:
                raise document.refuse([], f"{{{word}}} is not a placeholder")
        found[_key(document, "guidance")] = Guidance(
            slug=data["slug"],
            language=data["language"],
            title=data["title"],
            level=data["level"],
            version=data["version"],
            source=data["source"],
            review=review_of(data["review"]),
            body=document.body,
        )
    _refuse_without_fallback(read)
    for document in read:
        level, slug = document.data["level"], document.data["slug"]
        if level != found[slug, FALLBACK_LANGUAGE].level:
            raise document.refuse(["level"], f"{level!r} is not the level of the English text")
    return MappingProxyType(found)


def support_in(document: Document) -> tuple[SupportEntry, ...]:
    """Build the support entries, in the order of the file.

    Raises:
        BadKnowledge: a slug stands twice, or a faith is none of the file's.
    """
    check("support", document.data, document)
    faiths, entries = faiths_in(document), dict[str, SupportEntry]()
    for place, row in enumerate(document.data["entries"]):
        if row["slug"] in entries:
            raise document.refuse(["entries", place, "slug"], f"{row['slug']!r} stands twice")
        entries[row["slug"]] = SupportEntry(
            slug=row["slug"],
            kind=row["kind"],
            name=row["name"],
            about=row["about"],
            languages=tuple(row["languages"]),
            phone=row.get("phone"),
            url=row.get("url"),
            when=row.get("when"),
            status=row["status"],
            faiths=tuple(row.get("faiths", ())),
        )
        for number, faith in enumerate(row.get("faiths", ())):
            if faith not in faiths:
                complaint = f"{faith!r} is not one of the faiths of this file"
                raise document.refuse(["entries", place, "faiths", number], complaint)
    return tuple(entries.values())


def faiths_in(document: Document) -> Mapping[str, str]:
    """Return the names of the faiths a chaplain may be asked for, by code, as in the file.

    Raises:
        BadKnowledge: a code stands twice.
    """
    check("support", document.data, document)
    found: dict[str, str] = {}
    for place, row in enumerate(document.data["faiths"]):
        if row["code"] in found:
            raise document.refuse(["faiths", place, "code"], f"{row['code']!r} stands twice")
        found[row["code"]] = row["name"]
    return MappingProxyType(found)


def _key(document: Document, folder: str) -> tuple[str, str]:
    slug, language = document.data["slug"], document.data["language"]
    if document.name != f"{folder}/{language}/{slug}.md":
        complaint = f"{slug!r} in {language!r} belongs in {folder}/{language}/{slug}.md"
        raise document.refuse(["slug"], complaint)
    if not document.body:
        raise document.refuse([], f"{slug!r} has no text")
    return slug, language


def _refuse_without_fallback(documents: Iterable[Document]) -> None:
    """Whoever reads another language must still get an answer when only English is at hand."""
    by_language = {(one.data["slug"], one.data["language"]): one for one in documents}
    for (slug, _), document in by_language.items():
        if (slug, FALLBACK_LANGUAGE) not in by_language:
            raise document.refuse(["slug"], f"{slug!r} has no English text")
