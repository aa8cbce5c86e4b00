"""What staff do to a cascade: offer, assess, follow up, end."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer, may_see_queue
from service.accounts.models import Patient
from service.accounts.sharing import seen_by_team
from service.alerts.models import Alert, AlertState
from service.errors import Conflict, NotFound, Outdated, Rejected
from service.support import cascades
from service.support.models import Cascade, SupportRequest

FURTHEST_FOLLOW_UP = timedelta(days=366)


class CascadeEnded(Conflict):
    """The cascade has ended."""

    slug = "cascade-ended"
    title = "This has been ended already."


class CascadeMovedOn(Conflict):
    """A colleague has done this already."""

    slug = "cascade-moved-on"
    title = "A colleague has done this already. Please look again before you change it."


class FollowUpDayUnusable(Rejected):
    """The day of the follow-up has passed, or lies too far ahead."""

    slug = "follow-up-day-unusable"
    title = "The day of the follow-up has passed, or lies more than a year ahead."


def offer(
    session: Session,
    viewer: Viewer,
    id: UUID,
    *,
    what: str,
    note: str | None,
    if_version: int | None,
    now: datetime,
) -> Cascade:
    """Note that somebody offered her help, and what.

    Raises:
        NotFound: no such cascade in the viewer's queues.
        CascadeEnded: it has ended.
        CascadeMovedOn: it was offered before, and the caller does not say that she has seen that.
        Outdated: it is no longer at the version the caller has seen.
    """
    cascade = _locked(session, viewer, id, if_version)
    _check_news(cascade.offered_at is None, if_version)
    cascades.take(cascade, viewer)
    cascades.note_offer(session, cascade, viewer, note=_lines(what, note), now=now)
    return cascade


def assess(
    session: Session,
    viewer: Viewer,
    id: UUID,
    *,
    need: str,
    step: int,
    follow_up_on: date | None,
    note: str | None,
    if_version: int | None,
    now: datetime,
) -> Cascade:
    """Note what she needs, which step of stepped care that is, and when to look after her again.

    Whoever has assessed her has been in contact with her.

    Raises:
        NotFound: no such cascade in the viewer's queues.
        CascadeEnded: it has ended.
        CascadeMovedOn: she was assessed before, and the caller does not say that she has seen that.
        Outdated: it is no longer at the version the caller has seen.
        FollowUpDayUnusable: the day has passed, or lies more than a year ahead.
    """
    cascade = _locked(session, viewer, id, if_version)
    _check_news(cascade.assessed_at is None, if_version)
    _check_day(session, cascade, follow_up_on, "/follow_up_on", now)
    cascades.note_assessment(
        session, cascade, viewer, need=need, step=step, follow_up_on=follow_up_on,
        note=_lines(need, note), now=now,
    )  # fmt: skip
    return cascade


def follow_up(
    session: Session,
    viewer: Viewer,
    id: UUID,
    *,
    outcome: str | None,
    note: str | None,
    next_on: date | None,
    if_version: int | None,
    now: datetime,
) -> Cascade:
    """Note that somebody looked after her again, what came of it, and when to do so next.

    Without a next day it is completed, once its alert or request is closed.

    Raises:
        NotFound: no such cascade in the viewer's queues.
        CascadeEnded: it has ended.
        CascadeMovedOn: none is due after one that was, and the caller does not say that she has
            seen that.
        Outdated: it is no longer at the version the caller has seen.
        FollowUpDayUnusable: the next day has passed, or lies more than a year ahead.
    """
    cascade = _locked(session, viewer, id, if_version)
    today = clinic_day(session, cascade.clinic_id, now)
    is_due = cascade.follow_up_on is not None and cascade.follow_up_on <= today
    _check_news(is_due or cascade.followed_up_at is None, if_version)
    _check_day(session, cascade, next_on, "/next_on", now)
    cascades.note_follow_up(
        session, cascade, viewer, next_on=next_on, note=_lines(outcome, note), now=now
    )
    if next_on is None and _source_is_closed(session, cascade):
        cascades.end(session, cascade, viewer, ended_as="completed", note=None, now=now)
    return cascade


def end(
    session: Session,
    viewer: Viewer,
    id: UUID,
    *,
    ended_as: str,
    note: str | None,
    if_version: int | None,
    now: datetime,
) -> Cascade:
    """End it.  Its alert or request is not closed by that.

    Raises:
        NotFound: no such cascade in the viewer's queues.
        CascadeEnded: it has ended already.
        Outdated: it is no longer at the version the caller has seen.
    """
    cascade = _locked(session, viewer, id, if_version)
    cascades.take(cascade, viewer)
    cascades.end(session, cascade, viewer, ended_as=ended_as, note=note, now=now)
    return cascade


def clinic_day(session: Session, clinic_id: UUID, now: datetime) -> date:
    """Return the day it is in the clinic."""
    return now.astimezone(ZoneInfo(people.clinic(session, clinic_id).time_zone)).date()


def _locked(session: Session, viewer: Viewer, id: UUID, if_version: int | None) -> Cascade:
    # Her row first, as every writer of hers does.
    session.execute(
        sa.select(Patient.id)
        .join(Cascade, Cascade.patient_id == Patient.id)
        .where(Cascade.id == id)
        .with_for_update(of=Patient, key_share=True)
    )
    cascade = session.scalars(
        sa.select(Cascade)
        .where(Cascade.id == id, seen_by_team(Cascade.patient_id, viewer.clinic_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if cascade is None or cascade.clinic_id != viewer.clinic_id:
        raise NotFound
    if not may_see_queue(viewer, cascade.queue):
        raise NotFound
    if cascade.ended_at is not None:
        raise CascadeEnded
    if if_version is not None and cascade.version != if_version:
        raise Outdated
    return cascade


def _check_news(is_news: bool, if_version: int | None) -> None:
    """Of two who do the same at once one wins; who has seen what is there may change it."""
    if not is_news and if_version is None:
        raise CascadeMovedOn


def _check_day(
    session: Session, cascade: Cascade, day: date | None, pointer: str, now: datetime
) -> None:
    if day is None:
        return
    today = clinic_day(session, cascade.clinic_id, now)
    if not today <= day <= today + FURTHEST_FOLLOW_UP:
        raise FollowUpDayUnusable(errors=[(pointer, "From today on, at most a year ahead.")])


def _source_is_closed(session: Session, cascade: Cascade) -> bool:
    if cascade.alert_id is not None:
        alert_state = session.scalar(sa.select(Alert.state).where(Alert.id == cascade.alert_id))
        return alert_state is AlertState.CLOSED
    state = session.scalar(
        sa.select(SupportRequest.state).where(SupportRequest.id == cascade.request_id)
    )
    return state == "closed"


def _lines(first: str | None, second: str | None) -> str | None:
    return "\n".join(text for text in (first, second) if text) or None
