"""What can be done with the phones and browsers that take pushes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.db import insert_if_new
from service.errors import IdConflict, NotFound
from service.notify.models import Device

_DEVICES = cast(sa.Table, Device.__table__)


def put_device(
    session: Session,
    id: UUID,
    *,
    account_id: UUID,
    platform: str,
    address: Mapping[str, Any],
    now: datetime,
) -> tuple[Device, bool]:
    """Send an account's pushes to a device from now on; tell whether the device is new.

    A device that was taken off may be put on again, by anybody who has it now.

    Raises:
        IdConflict: the device takes somebody else's pushes.
    """
    values = {
        "id": id,
        "account_id": account_id,
        "platform": platform,
        "address": dict(address),
        "created_at": now,
    }
    is_new = insert_if_new(session, _DEVICES, values)
    device = session.get_one(Device, id, with_for_update=True)
    if device.account_id != account_id and device.retired_at is None:
        raise IdConflict
    device.account_id = account_id
    device.platform = platform
    device.address = dict(address)
    device.retired_at = None
    return device, is_new


def retire_device(session: Session, id: UUID, *, account_id: UUID, now: datetime) -> None:
    """Send no more pushes to a device; once more is no error.

    Raises:
        NotFound: the account has no such device.
    """
    device = session.get(Device, id, with_for_update=True)
    if device is None or device.account_id != account_id:
        raise NotFound
    if device.retired_at is None:
        device.retired_at = now
