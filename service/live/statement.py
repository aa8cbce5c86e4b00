"""The statement of a look: one for all who watch, whatever they watch.

Each row says for whom it is (``place``, or ``clinic``), what it is about, and a number or a mark.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from service.accounts import other_ways
from service.accounts.models import Account, Patient, Queue
from service.accounts.session_models import DeviceSession
from service.alerts.models import Alert, AlertStep, Severity
from service.alerts.queries import is_unclosed
from service.care.replies_alerts import TOLD_STEPS
from service.hot import EachRow
from service.live.watching import MOST_MISSED, REPLIES
from service.support.models import SupportRequest
from service.sync.tables import TABLES

# Of who may watch her own record: her last change.  Of who may watch queues.  How replies stand.
NUMBER, HERE, STANDING = "number", "here", "standing"
_DASHBOARD = "dashboard"
_NOT_CLOSED = ("received", "claimed", "contacted")

_COLUMNS: Mapping[str, sa.types.TypeEngine[Any]] = {
    "place": sa.Integer(), "session_id": sa.Uuid(), "account_id": sa.Uuid(), "role": sa.String(),
    "clinic_id": sa.Uuid(), "patient_id": sa.Uuid(), "seen": sa.BigInteger(),
}  # fmt: skip
_REQUESTS = cast(sa.Table, SupportRequest.__table__)
_TEXT = sa.Text()
_NOTHING = sa.cast(sa.null(), _TEXT)


def _statement(table: sa.FromClause) -> Any:
    # Read out of its text once, not by every part.
    given = sa.select(*table.c).cte("watching")
    hers = _hers(given)
    parts = [
        _row(given.c.place, NUMBER, Patient.change_no).select_from(hers).where(*_signed_in(given)),
        *(_changed(given, name, one.table) for name, one in TABLES.items()),
        _changed(given, REPLIES, _REQUESTS),
        *_replies(given),
        _row(given.c.place, HERE, sa.literal_column("0"))
        .select_from(_devices(given))
        .where(*_signed_in(given), *_works_there(given)),
        _queues(given, Alert, "a", Alert.opened_at, (is_unclosed(), _is_shown(Alert))),
        _queues(
            given, SupportRequest, "r", SupportRequest.requested_at,
            (SupportRequest.state.in_(_literals(_NOT_CLOSED)), SupportRequest.deleted_at.is_(None),
             _is_of_a_sharer(SupportRequest)),
        ),
    ]  # fmt: skip
    return sa.union_all(*parts)


def _row(place: Any, name: str, mark: Any) -> sa.Select[Any]:
    return sa.select(
        place.label("place"), _NOTHING.label("clinic"),
        sa.literal_column(f"'{name}'", _TEXT).label("name"),
        sa.cast(mark, _TEXT).label("mark"),
    )  # fmt: skip


def _devices(given: sa.FromClause) -> Any:
    return given.join(DeviceSession, DeviceSession.id == given.c.session_id).join(
        Account, Account.id == DeviceSession.account_id
    )


def _hers(given: sa.FromClause) -> Any:
    is_hers = sa.and_(Patient.id == given.c.patient_id, Patient.account_id == Account.id)
    return _devices(given).join(Patient, is_hers)


def _signed_in(given: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
    idle_since = sa.bindparam("idle_since", type_=DeviceSession.last_used_at.type)
    return (
        DeviceSession.account_id == given.c.account_id,
        DeviceSession.revoked_at.is_(None),
        DeviceSession.expires_at > sa.bindparam("now", type_=DeviceSession.expires_at.type),
        sa.or_(
            DeviceSession.kind != _literal(_DASHBOARD),
            DeviceSession.last_used_at > idle_since,
        ),
        Account.disabled_at.is_(None),
        sa.cast(Account.role, sa.String()) == given.c.role,
    )


def _works_there(given: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
    both = _literals(sorted(other_ways.BOTH_FACTORS))
    return (
        given.c.patient_id.is_(None),
        Account.clinic_id == given.c.clinic_id,
        sa.or_(Account.totp_confirmed_at.is_not(None), DeviceSession.proof.in_(both)),
    )


def _changed(given: sa.FromClause, name: str, table: sa.Table) -> sa.Select[Any]:
    """Select the numbers of what was changed in one table: only of who has missed little."""
    missed = Patient.change_no - given.c.seen
    most = sa.literal_column(str(MOST_MISSED), sa.BigInteger())
    return (
        _row(given.c.place, name, table.c.change_no)
        .select_from(given.join(Patient, Patient.id == given.c.patient_id))
        .join(table, table.c.patient_id == Patient.id)
        .where(Patient.change_no > given.c.seen, missed <= most, table.c.change_no > given.c.seen)
        .distinct()
    )


def _replies(given: sa.FromClause) -> list[sa.Select[Any]]:
    """Select how what she is shown as replies stands.

    Whom staff were reminded of her, or what they merely noted, is not hers to hear of.
    """
    of_hers = Alert.patient_id == given.c.patient_id, Alert.severity != _literal(Severity.INFO)
    told = AlertStep.alert_id == Alert.id, AlertStep.kind.in_(_literals(TOLD_STEPS))
    asked = SupportRequest.patient_id == given.c.patient_id
    parts = (
        (_mark("a", sa.func.max(Alert.raised_at)), of_hers),
        (_mark("s"), (*of_hers, AlertStep.patient_id == given.c.patient_id, *told)),
        (_mark("r", sa.func.sum(SupportRequest.version)), (asked,)),
    )
    return [
        _row(given.c.place, STANDING, mark).where(*where).group_by(given.c.place)
        for mark, where in parts
    ]


def _queues(
    given: sa.FromClause, model: Any, kind: str, since: Any, where: Sequence[Any]
) -> sa.Select[Any]:
    """Select how the queues of each clinic stand."""
    clinics = sa.select(given.c.clinic_id).where(given.c.patient_id.is_(None)).distinct().subquery()
    return (
        sa.select(
            sa.literal_column("-1", sa.Integer()).label("place"),
            sa.cast(model.clinic_id, _TEXT).label("clinic"),
            sa.cast(model.queue, _TEXT).label("name"),
            _mark(kind, sa.func.sum(model.version), sa.func.max(since)).label("mark"),
        )
        .select_from(clinics.join(model.__table__, model.clinic_id == clinics.c.clinic_id))
        # In the order of their indexes, which hold what was closed long ago too.
        .where(model.queue.in_(_literals(Queue)), *where)
        .group_by(model.clinic_id, model.queue)
    )  # fmt: skip


def _mark(kind: str, *parts: Any) -> Any:
    """Return some text that is another one after any change of these rows."""
    mark: Any = sa.literal_column(f"'{kind}'", _TEXT)
    for part in (sa.func.count(), *parts):
        mark = mark + sa.literal_column("'.'", _TEXT) + sa.cast(part, _TEXT)
    return mark


def _literal(word: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{word}'")


def _literals(words: Iterable[str]) -> list[sa.ColumnElement[str]]:
    return [_literal(word) for word in words]


def _is_shown(alert: type[Alert]) -> sa.ColumnElement[bool]:
    """Return the condition that a queue shows an alert, as ``alerts.queries.is_shown``."""
    return sa.or_(alert.severity == Severity.URGENT, _is_of_a_sharer(alert))


def _is_of_a_sharer(model: Any) -> sa.ColumnElement[bool]:
    hers = sa.alias(Patient.__table__)
    return sa.exists().where(hers.c.id == model.patient_id, hers.c.is_shared)


LOOK = EachRow(_COLUMNS, _statement)
