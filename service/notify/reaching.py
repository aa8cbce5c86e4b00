"""Where a message can go: the devices and the address of the person it is for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import preferences
from service.accounts.models import Account
from service.hot import EachRow
from service.notify.models import Device
from service.notify.rules import Address

_ACCOUNTS: sa.Table = Account.__table__  # type: ignore[assignment]
_DEVICES: sa.Table = Device.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Reach:
    """How one person can be reached.  ``by_mail``: she takes mails too."""

    email: str
    by_mail: bool
    devices: tuple[Address, ...] = ()


_REACH = EachRow(
    {"id": sa.Uuid()},
    lambda given: (
        sa.select(
            _ACCOUNTS.c.id, _ACCOUNTS.c.email, _ACCOUNTS.c.channels,
            _DEVICES.c.id.label("device_id"), _DEVICES.c.platform, _DEVICES.c.address,
        )
        .select_from(
            given.join(_ACCOUNTS, _ACCOUNTS.c.id == given.c.id).outerjoin(
                _DEVICES,
                sa.and_(_DEVICES.c.account_id == given.c.id, _DEVICES.c.retired_at.is_(None)),
            )
        )
        .order_by(_DEVICES.c.id)
    ),
)  # fmt: skip
_RETIRE = EachRow(
    {"id": sa.Uuid(), "was": sa.Text()},
    lambda given: (
        sa.update(_DEVICES)
        .where(
            _DEVICES.c.id == given.c.id,
            _DEVICES.c.retired_at.is_(None),
            # As it is stored: the same device may have come back meanwhile, at a new address.
            sa.cast(_DEVICES.c.address, sa.Text()) == given.c.was,
        )
        .values(retired_at=sa.bindparam("at", type_=_DEVICES.c.retired_at.type),
                retired_because="gone")
    ),
)  # fmt: skip


def reach_of(session: Session, account_ids: Iterable[UUID]) -> Mapping[UUID, Reach]:
    """Return how these people can be reached, in one statement."""
    found: dict[UUID, Reach] = {}
    for id, email, channels, device_id, platform, address in _REACH.rows(
        session, [{"id": id} for id in account_ids]
    ):
        devices = found[id].devices if id in found else ()
        if device_id is not None:
            devices = (*devices, Address(device_id, platform, address))
        found[id] = Reach(email, preferences.shown(channels)["email"], devices)
    return found


def retire_gone(session: Session, devices: Iterable[Address], *, now: datetime) -> None:
    """Send no more pushes to devices whose provider says that they are gone.

    Only to the address that was tried: one that has been put on again since then stays.
    """
    gone = {
        device.device_id: {"id": device.device_id, "was": orjson.dumps(device.address).decode()}
        for device in devices
    }
    if gone:
        _RETIRE.run(session, list(gone.values()), at=now)
