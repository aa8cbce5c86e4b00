"""The one gate: may this message leave?

Care status decides over everything that goes to a patient or her family; see
``docs/architecture.md``.  It never silences what the staff are told: an alert opened before a
patient withdrew goes on until a person closes it.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from service.accounts.models import CareStatus
from service.notify.rules import Leased, end_of_quiet

# What a patient asked for herself: reminders she made or accepted, and the mail that lets her
# into her account.  While she has paused, or is in hospice care, she gets these and no others.
KINDS_SHE_CHOSE = frozenset({"reminder", "account"})

TOO_LATE = "too late"
_REFUSED: Mapping[CareStatus, str] = {
    CareStatus.DECEASED: "care status: deceased",
    CareStatus.WITHDRAWN: "care status: withdrawn",
}
_ONLY_CHOSEN: Mapping[CareStatus, str] = {
    CareStatus.PAUSED: "care status: paused",
    CareStatus.HOSPICE: "care status: hospice",
}


def refusal(message: Leased, *, now: datetime) -> str | None:
    """Return why a message may not leave, ``None`` if it may.

    * Nobody whose account is closed is written to.
    * Nothing leaves that is of no use any more.
    * Nothing ever goes to a patient who has died or withdrawn, or to anybody about her, but staff.
    * A patient who has paused or is in hospice care gets only what she chose.

    Source: the product's rule on care status; no clinical number is involved.
    """
    if message.is_disabled:
        return "account closed"
    if message.useful_until is not None and message.useful_until < now:
        return TOO_LATE
    if message.to_staff:
        return None
    for status in sorted(message.care_statuses):
        if status in _REFUSED:
            return _REFUSED[status]
        if status in _ONLY_CHOSEN and message.kind not in KINDS_SHE_CHOSE:
            return _ONLY_CHOSEN[status]
    return None


def quiet_until(message: Leased, *, now: datetime) -> datetime | None:
    """Return until when her quiet hours hold a message back, ``None`` if it may go now.

    Staff are never held back, nor is what she wants to hear at any hour.
    """
    if message.to_staff or message.rings_in_quiet_hours or message.quiet_hours is None:
        return None
    return end_of_quiet(message.quiet_hours, ZoneInfo(message.time_zone), now=now)
