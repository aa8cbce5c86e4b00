"""What can be asked of the access log."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Do, Topic
from service.accounts.emergency_models import BreakGlass
from service.accounts.models import STAFF, Account, Patient, Role
from service.accounts.patient_ref import PatientRef
from service.audit.models import BY_OTHERS, AccessLogEntry, AuditAnchor
from service.audit.sealing import head_of

LOOKED_THROUGH = 20_000
# So many of a patient's latest entries are looked through; what lies further back is not said of.
_LATEST_OF_HERS = 3000


def entries_page(
    session: Session, patient_id: UUID, *, limit: int, last: tuple[datetime, UUID] | None
) -> Sequence[Any]:
    """Return who looked at or changed a patient's record, newest first, and one row more.

    Ids of entries grow with time, so that the id alone is the place in the list.  The name is
    ``None`` for an account of another clinic, or of none: who was refused her may be a patient
    there, and that is nobody's to know here.
    """
    entry = AccessLogEntry
    statement = (
        sa.select(
            entry.id, entry.at, entry.role, entry.topic, entry.action,
            _name_in(entry).label("name"),
        )
        .outerjoin(
            Account,
            sa.and_(Account.id == entry.account_id, Account.clinic_id == entry.clinic_id),
        )
        .where(entry.patient_id == patient_id)
    )  # fmt: skip
    if last is not None:
        statement = statement.where(entry.id < last[1])
    return session.execute(statement.order_by(entry.id.desc()).limit(limit + 1)).all()


def first_looks(
    session: Session,
    patient: PatientRef,
    shown_by: Mapping[str, Sequence[Topic]],
    *,
    moments: Sequence[tuple[str, datetime]],
) -> dict[tuple[str, datetime], tuple[datetime, Role]]:
    """Return when staff of her clinic first looked at something after it came, and in which role.

    One statement, bounded: of the log's entries about her the latest few thousand.

    Args:
        session: any.
        patient: whose log.
        shown_by: the topics under which each kind of thing is seen.
        moments: kinds of things and when they came.

    Returns:
        The first look, by kind and moment; nothing for what nobody has looked at.
    """
    entry = AccessLogEntry
    topics = {topic.value for several in shown_by.values() for topic in several}
    latest = (
        sa.select(entry)
        .where(entry.patient_id == patient.id)
        .order_by(entry.id.desc())
        .limit(_LATEST_OF_HERS)
        .subquery()
    )
    # Who opened her record in an emergency is none of her team.
    by_another_clinic = sa.exists().where(
        BreakGlass.patient_id == patient.id, BreakGlass.account_id == latest.c.account_id
    )
    rows = session.execute(
        sa.select(latest.c.at, latest.c.role, latest.c.topic)
        .where(
            latest.c.clinic_id == patient.clinic_id, latest.c.role.in_(STAFF),
            latest.c.action == Do.READ.value, latest.c.topic.in_(topics),
            latest.c.at > min(at for _, at in moments), ~by_another_clinic,
        )
        .order_by(latest.c.at, latest.c.id)
    ).all()  # fmt: skip
    looks = {
        kind: [(row.at, row.role) for row in rows if row.topic in set(several)]
        for kind, several in shown_by.items()
    }
    found = {}
    for kind, at in moments:
        place = bisect_right(looks[kind], at, key=lambda look: look[0])
        if place < len(looks[kind]):
            found[kind, at] = looks[kind][place]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which entries of a clinic's log are asked for; ``None`` is any.

    ``since`` is the first moment asked for, ``until`` the first that is not.
    """

    patient_id: UUID | None = None
    account_id: UUID | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class ChainState(NamedTuple):
    """How far a clinic's log is sealed and anchored; ``None`` where it is not at all yet."""

    sealed: Any
    anchored: AuditAnchor | None
    waiting_since: datetime | None


def chain_state(session: Session, clinic_id: UUID) -> ChainState:
    """Return the last sealed entry (``number, hash, at``), the last anchor, what waits longest."""
    entry = AccessLogEntry
    oldest = sa.select(entry.at).where(entry.clinic_id == clinic_id, entry.number.is_(None))
    return ChainState(
        sealed=head_of(session, clinic_id),
        anchored=session.get(AuditAnchor, clinic_id),
        waiting_since=session.scalar(oldest.order_by(entry.at, entry.id).limit(1)),
    )


class Found(NamedTuple):
    """A page of a clinic's log, and where to look on; ``None`` at the end of it."""

    entries: Sequence[Any]
    next: tuple[datetime, UUID] | None


def clinic_page(
    session: Session,
    clinic_id: UUID,
    asked: Asked,
    *,
    limit: int,
    last: tuple[datetime, UUID] | None,
    look_through: int = LOOKED_THROUGH,
) -> Found:
    """Return who looked at or changed patients of a clinic, newest first; not the patients.

    One page looks through at most so many entries, so that a rare account or topic keeps nobody
    waiting: a page may be short, or empty, and still say where to look on.
    """
    columns = AccessLogEntry.__table__.c
    newest = (columns.at.desc(), columns.id.desc())
    # Her entries lie together; a clinic's are read from the end of its own index.
    whose = (
        columns.clinic_id == clinic_id
        if asked.patient_id is None
        else columns.patient_id == asked.patient_id
    )
    through = sa.select(*columns).where(whose, BY_OTHERS, *_bounds(asked, last)).order_by(*newest)
    seen = through.limit(look_through).subquery().c
    rows = session.execute(
        sa.select(
            seen.id, seen.at, seen.role, seen.topic, seen.action, seen.route, seen.request_id,
            seen.patient_id, Patient.display_name.label("patient_name"),
            seen.account_id, _name_in(seen).label("account_name"),
        )
        .outerjoin(
            Account, sa.and_(Account.id == seen.account_id, Account.clinic_id == seen.clinic_id)
        )
        .outerjoin(Patient, Patient.id == seen.patient_id)
        .where(*_filters(asked, seen))
        .order_by(seen.at.desc(), seen.id.desc())
        .limit(limit + 1)
    ).all()  # fmt: skip
    if len(rows) > limit:
        return Found(rows[:limit], (rows[limit - 1].at, rows[limit - 1].id))
    furthest = session.execute(
        through.with_only_columns(columns.at, columns.id).offset(look_through - 1).limit(1)
    ).one_or_none()
    return Found(rows, None if furthest is None else (furthest.at, furthest.id))


def _name_in(entry: Any) -> sa.ColumnElement[str | None]:
    """Return the name of who an entry, joined with its account, is about.

    Who opened her record in an emergency left one with that.
    """
    left = sa.select(BreakGlass.name).where(
        BreakGlass.patient_id == entry.patient_id, BreakGlass.account_id == entry.account_id
    )
    return sa.func.coalesce(Account.display_name, left.limit(1).scalar_subquery())


def _bounds(asked: Asked, last: tuple[datetime, UUID] | None) -> list[sa.ColumnElement[bool]]:
    at, id = AccessLogEntry.at, AccessLogEntry.id
    bounds: list[sa.ColumnElement[bool]] = []
    if asked.since is not None:
        bounds.append(at >= asked.since)
    if asked.until is not None:
        bounds.append(at < asked.until)
    if last is not None:
        place = sa.tuple_(*last, types=[at.type, id.type])
        bounds.append(sa.tuple_(at, id) < place)
    return bounds


def _filters(asked: Asked, seen: Any) -> list[sa.ColumnElement[bool]]:
    filters: list[sa.ColumnElement[bool]] = []
    if asked.account_id is not None:
        filters.append(seen.account_id == asked.account_id)
    if asked.topic is not None:
        filters.append(seen.topic == asked.topic)
    return filters
