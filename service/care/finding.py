"""Finding things to read: by words, among what this person may read and in her language."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer
from service.care.feed import audience_of, may_read
from service.clinical import Knowledge, knowledge
from service.content import queries as content
from service.content.articles import Shelf
from service.content.search import Hit, SearchIndex

# Clinics whose articles are kept findable; an index is well under a megabyte.
_KEPT = 32


@dataclass(frozen=True, slots=True)
class _Library:
    shelf: Shelf
    index: SearchIndex


_Key = tuple[UUID | None, int, Knowledge]
_libraries: OrderedDict[_Key, _Library] = OrderedDict()
_guard = Lock()


def find_articles(
    session: Session, viewer: Viewer, text: str, *, limit: int, now: datetime
) -> list[Hit]:
    """Return articles that hold some words, the best first.

    Only what the viewer may read: in the language closest to hers, not expired, for her audience,
    and nothing she does not want to know.  Three statements at most, and one only after the
    clinic has published something.
    """
    own = viewer.own_record
    clinic_id = own.clinic_id if own else viewer.clinic_id
    library = _library_of(session, clinic_id)
    today = own.local_date(now) if own else now.date()
    audience = {audience_of(viewer), "all"}
    found: list[Hit] = []
    for hit in library.index.find(text):
        article = hit.article
        if library.shelf.find(article.slug, viewer.locale, today=today) is not article:
            continue
        if not viewer.is_staff and not article.audience & audience:
            continue
        if may_read(session, viewer, article, now=now):
            found.append(hit)
        if len(found) == limit:
            break
    return found


def _library_of(session: Session, clinic_id: UUID | None) -> _Library:
    release = people.clinic(session, clinic_id).content_release if clinic_id else 0
    key = (clinic_id if release else None, release, knowledge())
    with _guard:
        kept = _libraries.get(key)
    if kept is None:
        shelf = content.whole_shelf_of(session, clinic_id) if clinic_id and release else Shelf({})
        articles = [*knowledge().articles.values(), *shelf.published.values()]
        kept = _Library(shelf, SearchIndex(articles))
        with _guard:
            _libraries[key] = kept
            while len(_libraries) > _KEPT:
                _libraries.popitem(last=False)
    return kept
