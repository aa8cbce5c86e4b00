"""An article of a clinic's from its review on: published at once or on a day, and put away."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.account_queries import lock_clinic
from service.accounts.models import Clinic, Role
from service.clock import start_of_day
from service.content.models import ArticleRevision
from service.content.revision_actions import locked, step, today_at
from service.errors import Conflict, NotAllowed, Rejected


class ArticleNotReviewed(Conflict):
    """Nothing is published that a second person has not reviewed."""

    slug = "article-not-reviewed"
    title = "A second person has to review this version first."


class ArticleRetired(Conflict):
    """It has been taken out of use before."""

    slug = "article-retired"
    title = "This version is out of use already."


class ArticleExpired(Conflict):
    """Its last day is over, so that nobody would see it."""

    slug = "article-expired"
    title = "The last day of this version is over."


class ArticleDayUnusable(Rejected):
    """A version cannot come out on this day."""

    slug = "article-day-unusable"
    title = "This version cannot come out on that day."

    def __init__(self, detail: str) -> None:
        super().__init__(errors=[("/publish_on", detail)])


class _Due(NamedTuple):
    """A clinic one of whose versions comes out by itself, and when the first of them does."""

    at: datetime
    clinic_id: UUID
    zone: ZoneInfo


def publish(
    session: Session, viewer: Viewer, id: UUID, *, if_version: int | None, now: datetime
) -> ArticleRevision:
    """Show a reviewed version to the clinic's patients, in the place of the one before.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        NotAllowed: the viewer is no editor.
        ArticleNotReviewed: nobody has reviewed it, or it was published before.
        ArticleExpired: its last day is over.
        Outdated: it is no longer at ``if_version``.
    """
    _check_editor(viewer)
    row = locked(session, viewer, id, if_version)
    if row.status != "reviewed":
        raise ArticleNotReviewed
    if row.expires_on is None or row.expires_on < today_at(session, row, now):
        raise ArticleExpired
    row.published_by = viewer.account_id
    _put_out(session, row, now)
    return row


def schedule(
    session: Session, viewer: Viewer, id: UUID, *, publish_on: date | None,
    if_version: int | None, now: datetime,
) -> ArticleRevision:  # fmt: skip
    """Let a reviewed version come out by itself on a day, where the clinic is.

    ``publish_on`` of ``None`` takes that back.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        NotAllowed: the viewer is no editor.
        ArticleNotReviewed: nobody has reviewed it, or it was published before.
        ArticleDayUnusable: the day is over, or comes after its last day.
        Outdated: it is no longer at ``if_version``.
    """
    _check_editor(viewer)
    row = locked(session, viewer, id, if_version)
    if row.status != "reviewed":
        raise ArticleNotReviewed
    if publish_on is not None:
        if publish_on < today_at(session, row, now):
            raise ArticleDayUnusable("This day is over.")
        if row.expires_on is None or publish_on > row.expires_on:
            raise ArticleDayUnusable("Its last day is before this day.")
    if publish_on != row.publish_on:
        row.publish_on = publish_on
        row.published_by = None if publish_on is None else viewer.account_id
        step(row, "reviewed", now)
    return row


def publish_due(session: Session, *, now: datetime, limit: int) -> int:
    """Put out what comes out by itself today, of one clinic; return how many versions were seen to.

    What could not come out in time, as no scheduler ran until after its last day, waits no more:
    an editor finds it reviewed and not published.  The clinic is held, as by an editor, so that
    of two schedulers one does it.
    """
    due = min((one for one in _waiting(session) if one.at <= now), default=None)
    if due is None:
        return 0
    lock_clinic(session, due.clinic_id)
    rows = session.scalars(
        sa.select(ArticleRevision)
        .where(
            ArticleRevision.clinic_id == due.clinic_id, ArticleRevision.status == "reviewed",
            ArticleRevision.publish_on <= now.astimezone(due.zone).date(),
        )
        .order_by(ArticleRevision.publish_on, ArticleRevision.id)
        .limit(limit)
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    for row in rows:
        if row.expires_on is None or row.expires_on < now.astimezone(due.zone).date():
            row.publish_on, row.published_by = None, None
            step(row, "reviewed", now)
        else:
            _put_out(session, row, now)
    return len(rows)


def next_publishing(session: Session) -> datetime | None:
    """Return when the next version comes out by itself, ``None`` if none waits."""
    return min((one.at for one in _waiting(session)), default=None)


def retire(
    session: Session, viewer: Viewer, id: UUID, *, if_version: int | None, now: datetime
) -> ArticleRevision:
    """Take a version out of use; patients read the project's article again, if there is one.

    What was never published may also be put away by whoever wrote it.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        NotAllowed: the viewer is no editor.
        ArticleRetired: it is out of use already.
        Outdated: it is no longer at ``if_version``.
    """
    row = locked(session, viewer, id, if_version)
    if row.status == "published" or row.written_by != viewer.account_id:
        _check_editor(viewer)
    if row.status == "retired":
        raise ArticleRetired
    was_shown = row.status == "published"
    row.retired_at, row.publish_on = now, None
    step(row, "retired", now)
    if was_shown:
        _release(session, row)
    return row


def _waiting(session: Session) -> list[_Due]:
    """Return the clinics that have anything waiting for its day; one statement."""
    rows = session.execute(
        sa.select(Clinic.id, Clinic.time_zone, sa.func.min(ArticleRevision.publish_on))
        .join(ArticleRevision, ArticleRevision.clinic_id == Clinic.id)
        .where(ArticleRevision.status == "reviewed", ArticleRevision.publish_on.is_not(None))
        .group_by(Clinic.id, Clinic.time_zone)
    )
    return [
        _Due(start_of_day(first, ZoneInfo(name)), id, ZoneInfo(name))
        for id, name, first in rows
        if first is not None
    ]


def _put_out(session: Session, row: ArticleRevision, now: datetime) -> None:
    before = session.scalars(
        sa.select(ArticleRevision).where(
            ArticleRevision.clinic_id == row.clinic_id, ArticleRevision.slug == row.slug,
            ArticleRevision.language == row.language, ArticleRevision.status == "published",
        )
    ).one_or_none()  # fmt: skip
    if before is not None:
        before.retired_at = now
        step(before, "retired", now)
        # Of one slug and language only one is published: the other has to be out first.
        session.flush()
    row.publish_on, row.published_at = None, now
    step(row, "published", now)
    session.flush()
    # What was written before it and still waits would put an older text in its place.
    session.execute(
        sa.update(ArticleRevision)
        .where(
            ArticleRevision.clinic_id == row.clinic_id, ArticleRevision.slug == row.slug,
            ArticleRevision.language == row.language, ArticleRevision.number < row.number,
            ArticleRevision.status == "reviewed", ArticleRevision.publish_on.is_not(None),
        )
        .values(publish_on=None, published_by=None, version=ArticleRevision.version + 1)
    )  # fmt: skip
    _release(session, row)


def _check_editor(viewer: Viewer) -> None:
    if viewer.role is not Role.EDITOR:
        raise NotAllowed


def _release(session: Session, row: ArticleRevision) -> None:
    """Let every process know that what it keeps of the clinic's articles no longer holds."""
    release = {"content_release": Clinic.content_release + 1}
    session.execute(sa.update(Clinic).where(Clinic.id == row.clinic_id).values(release))
