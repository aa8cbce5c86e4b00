"""An article of a clinic's until it is reviewed: written, handed in, signed by a second person."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer
from service.accounts.account_queries import lock_clinic
from service.content.models import ArticleRevision
from service.content.revision_queries import revision
from service.content.rules import SAID, front_of, signed, unsigned
from service.errors import Conflict, IdConflict, NotAllowed, Outdated


class ArticleNotDraft(Conflict):
    """Only a draft can be changed."""

    slug = "article-not-draft"
    title = "This version is not a draft any more."


class ArticleNotInReview(Conflict):
    """Nobody has handed it in for review, or the review is done."""

    slug = "article-not-in-review"
    title = "This version does not wait for a review."


class OwnArticle(Conflict):
    """Whoever wrote a version is not the one to review it."""

    slug = "own-article"
    title = "Somebody else has to review what you have written."


class DraftOfAnother(Conflict):
    """A draft is changed by its writer alone: who reviews it must not have written in it."""

    slug = "draft-of-another"
    title = "This draft is somebody else's. Write a version of your own."


def write(
    session: Session, viewer: Viewer, said: Mapping[str, Any], *, id: UUID, now: datetime
) -> bool:
    """Begin a new version of an article; tell whether it is new.

    Args:
        session: in a transaction.
        viewer: who writes.
        said: ``slug``, ``language``, ``body`` and what ``content.rules.SAID`` names.
        id: of the version; the same again with the same content begins nothing.
        now: the moment.

    Raises:
        ArticleUnusable: it is not fit to be shown.
        IdConflict: the id stands for something else.
    """
    clinic_id = _clinic_of(viewer)
    lock_clinic(session, clinic_id)
    slug, language, body = said["slug"], said["language"], said["body"]
    there = session.get(ArticleRevision, id)
    if there is not None:
        front = front_of(slug, language, there.number, said, body)
        same = (there.written_by, there.slug, there.language, unsigned(there.front), there.body)
        if same != (viewer.account_id, slug, language, front, body):
            raise IdConflict
        return False
    number = 1 + (session.scalar(_last_number(clinic_id, slug, language)) or 0)
    session.add(
        ArticleRevision(
            id=id, clinic_id=clinic_id, slug=slug, language=language, number=number,
            status="draft", front=front_of(slug, language, number, said, body), body=body,
            written_by=viewer.account_id, written_at=now, changed_at=now,
            expires_on=said["expires_on"],
        )
    )  # fmt: skip
    session.flush()
    return True


def change(
    session: Session, viewer: Viewer, id: UUID, changes: Mapping[str, Any], *,
    if_version: int | None, now: datetime,
) -> ArticleRevision:  # fmt: skip
    """Change what a draft says; ``changes`` names only what is to be different.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        ArticleNotDraft: it is no draft.
        DraftOfAnother: somebody else is writing it.
        ArticleUnusable: it would not be fit to be shown.
        Outdated: it is no longer at ``if_version``.
    """
    row = locked(session, viewer, id, if_version)
    _check_own_draft(row, viewer)
    body = changes.get("body", row.body)
    said = {name: row.front[name] for name in SAID}
    said |= {"expires_on": row.expires_on, **changes}
    front = front_of(row.slug, row.language, row.number, said, body)
    if (front, body) != (row.front, row.body):
        row.front, row.body, row.expires_on = front, body, said["expires_on"]
        step(row, row.status, now)
    return row


def submit(
    session: Session, viewer: Viewer, id: UUID, *, if_version: int | None, now: datetime
) -> ArticleRevision:
    """Hand a draft in for review.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        ArticleNotDraft: it is no draft.
        DraftOfAnother: somebody else is writing it.
        Outdated: it is no longer at ``if_version``.
    """
    row = locked(session, viewer, id, if_version)
    _check_own_draft(row, viewer)
    step(row, "in_review", now)
    return row


def send_back(
    session: Session, viewer: Viewer, id: UUID, *, if_version: int | None, now: datetime
) -> ArticleRevision:
    """Make a draft again of what was handed in or reviewed; a sign-off it had is gone.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        ArticleNotInReview: it is neither in review nor reviewed.
        Outdated: it is no longer at ``if_version``.
    """
    row = locked(session, viewer, id, if_version)
    if row.status not in {"in_review", "reviewed"}:
        raise ArticleNotInReview
    row.front, row.reviewed_by, row.reviewed_at = unsigned(row.front), None, None
    row.publish_on, row.published_by = None, None
    step(row, "draft", now)
    return row


def review(
    session: Session, viewer: Viewer, id: UUID, *, if_version: int | None, now: datetime
) -> ArticleRevision:
    """Sign a version: its reviewer has read it and answers for it.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        ArticleNotInReview: it does not wait for a review.
        OwnArticle: the viewer wrote it.
        Outdated: it is no longer at ``if_version``.
    """
    row = locked(session, viewer, id, if_version)
    if row.status != "in_review":
        raise ArticleNotInReview
    if row.written_by == viewer.account_id:
        raise OwnArticle
    row.reviewed_by, row.reviewed_at = viewer.account_id, now
    row.front = signed(row.front, by=viewer.display_name, on=today_at(session, row, now))
    step(row, "reviewed", now)
    return row


def locked(session: Session, viewer: Viewer, id: UUID, if_version: int | None) -> ArticleRevision:
    """Return a version that nobody else changes until the end of the transaction.

    Raises:
        NotFound: there is none in the viewer's clinic.
        Outdated: it is no longer at ``if_version``.
    """
    clinic_id = _clinic_of(viewer)
    lock_clinic(session, clinic_id)
    row = revision(session, clinic_id, id)
    if if_version is not None and row.version != if_version:
        raise Outdated
    return row


def _check_own_draft(row: ArticleRevision, viewer: Viewer) -> None:
    if row.status != "draft":
        raise ArticleNotDraft
    if row.written_by != viewer.account_id:
        raise DraftOfAnother


def step(row: ArticleRevision, status: str, now: datetime) -> None:
    """Take a version a step on its way."""
    row.status, row.changed_at = status, now
    row.version += 1


def today_at(session: Session, row: ArticleRevision, now: datetime) -> date:
    """Return which day it is at the clinic of a version."""
    zone = people.clinic(session, row.clinic_id).time_zone
    return now.astimezone(ZoneInfo(zone)).date()


def _clinic_of(viewer: Viewer) -> UUID:
    if viewer.clinic_id is None:
        raise NotAllowed
    return viewer.clinic_id


def _last_number(clinic_id: UUID, slug: str, language: str) -> sa.Select[Any]:
    return sa.select(sa.func.max(ArticleRevision.number)).where(
        ArticleRevision.clinic_id == clinic_id, ArticleRevision.slug == slug,
        ArticleRevision.language == language,
    )  # fmt: skip
