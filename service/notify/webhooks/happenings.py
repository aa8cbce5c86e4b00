"""Telling of what happened: one row of the outbox for each endpoint that wants to know.

Written at the end of the transaction it happens in, by one statement that finds the endpoints
itself; on PostgreSQL that goes along with the entry of the access log.  Where a clinic has no
endpoint nothing is written.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from service import sealing
from service.db import Json
from service.ids import new_id
from service.late_writes import LateWrite
from service.notify.models import OutboxMessage
from service.notify.rules import WEBHOOK
from service.notify.webhook_models import WebhookEndpoint
from service.notify.webhooks.event_types import DELETED
from service.wire import moment_text

_OUTBOX: sa.Table = OutboxMessage.__table__  # type: ignore[assignment]
_ENDPOINTS: sa.Table = WebhookEndpoint.__table__  # type: ignore[assignment]
_E = _ENDPOINTS.c
_PREFIX = "hook_"
_PLACE = "outbox_messages.body.content"


class NewUuid(sa.sql.functions.FunctionElement[UUID]):
    """A new id, made by the database: one for each row."""

    inherit_cache = True
    type = sa.Uuid()


@compiles(NewUuid)
def _on_sqlite(_element: Any, _compiler: Any, **_kw: Any) -> str:
    return "lower(hex(randomblob(16)))"


@compiles(NewUuid, "postgresql")
def _on_postgresql(_element: Any, _compiler: Any, **_kw: Any) -> str:
    return "gen_random_uuid()"


def happened(
    session: Session, type: str, *, clinic_id: UUID, patient_id: UUID, now: datetime,
    content: Mapping[str, Any] | None = None, **ids: Any,
) -> None:  # fmt: skip
    """Tell a clinic's own systems that something happened, if it has any that want to know.

    Args:
        session: in the transaction of what happened.
        type: one of ``event_types.EVENT_TYPES``.
        clinic_id: whose systems.
        patient_id: whom it is about.
        now: when.
        content: codes beside the ids, for endpoints that chose them; never anybody's words.
        ids: further ids of what it is about, and which consent.
    """
    event = new_id()
    data = {"patient_id": str(patient_id), **{name: str(id) for name, id in ids.items()}}
    name = f"msg_{event.hex}"
    body = {"event": name, "type": type, "timestamp": moment_text(now), "data": data}
    full = body | {"content": _sealed(name, content)} if content else body
    _WRITE.add(
        session,
        {
            "clinic_id": clinic_id,
            # Erased, she has no row any more this one could point at.
            "patient_id": None if type == DELETED else patient_id,
            "key": f"webhook.{event.hex}.",
            "body": body,
            "full_body": full,
            "now": now,
            "reached": [],
            # To everybody who may have been told of her.
            "wants": "%" if type == DELETED else f'%"{type}"%',
        },
    )


def content_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the codes a message's body brings; nothing if it brings none.

    Raises:
        NotOpened: it was changed, or belongs to another event.
    """
    if "content" not in body:
        return {}
    text = sealing.held().open_secret(f"{_PLACE}.{body['event']}", body["content"])
    found: dict[str, Any] = orjson.loads(text)
    return found


def _sealed(event: str, content: Mapping[str, Any]) -> str:
    return sealing.held().seal_secret(f"{_PLACE}.{event}", orjson.dumps(content).decode())


def _given(name: str, type: Any) -> Any:
    # Not cast by hand: SQLite would make a number of it, and PostgreSQL's driver says the type.
    return sa.bindparam(_PREFIX + name, type_=type)


def _rows() -> Any:
    now = _given("now", _OUTBOX.c.created_at.type)
    key = sa.func.replace(sa.cast(_E.id, sa.Text()), "-", "")
    values: dict[str, Any] = {
        "id": NewUuid(),
        "collapse_key": _given("key", sa.Text()).concat(key),
        "patient_id": _given("patient_id", sa.Uuid()),
        "recipient_id": _E.added_by,
        "to_staff": sa.true(),
        "channel": sa.literal_column(f"'{WEBHOOK}'"),
        "kind": sa.literal_column(f"'{WEBHOOK}'"),
        "subject_id": _E.id,
        "title": sa.literal_column("''"),
        "body": sa.case(
            (_E.with_content, _given("full_body", Json)), else_=_given("body", Json)
        ),
        "created_at": now,
        "state": sa.literal_column("'pending'"),
        "attempts": sa.literal_column("0"),
        "next_try_at": now,
        "reached": _given("reached", Json),
    }  # fmt: skip
    found = sa.select(*values.values()).where(
        _E.clinic_id == _given("clinic_id", sa.Uuid()), _E.disabled_at.is_(None),
        _E.removed_at.is_(None),
        sa.cast(_E.types, sa.Text()).like(_given("wants", sa.Text())),
    )  # fmt: skip
    return sa.insert(_OUTBOX).from_select(list(values), found, include_defaults=False)


_WRITE = LateWrite(_rows(), _PREFIX)
