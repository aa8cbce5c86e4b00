"""The one gate: may this message leave, and if so, now?

Everything that leaves asks here, right before it does (``notify/sending.py``); why there is one
gate and not a check in each place is in ``docs/decisions/0014-one-gate.md``.  It never silences
what staff are told of an alert or a request: an alert opened before a patient withdrew goes on
until a person closes it.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from service.accounts import preferences
from service.accounts.models import CareStatus
from service.notify.rules import WEBHOOK, Leased, end_of_quiet
from service.notify.webhooks.event_types import OF_EVERYBODY

# Mail that lets somebody into her account: she asks for each of them, this very minute.
ACCOUNT = "account"
# What staff are told so that they act.
TO_ACT_ON = frozenset({"alert", "support_request"})
# What a patient asked for herself: reminders she made or accepted, and mail about her account.
# While she has paused, or is in hospice care, she gets these and no others.
KINDS_SHE_CHOSE = frozenset({"reminder", ACCOUNT})
# Whatever else stands in the outbox is nothing the gate knows how to judge.
KINDS = frozenset(preferences.KINDS) | TO_ACT_ON | {ACCOUNT, WEBHOOK}

TOO_LATE = "too late"
NOT_SHARED = "consent refused: care_team"
_REFUSED: Mapping[CareStatus, str] = {
    CareStatus.DECEASED: "care status: deceased",
    CareStatus.WITHDRAWN: "care status: withdrawn",
}
_ONLY_CHOSEN: Mapping[CareStatus, str] = {
    CareStatus.PAUSED: "care status: paused",
    CareStatus.HOSPICE: "care status: hospice",
}


def refusal(message: Leased, *, now: datetime) -> str | None:
    """Return why a message may not leave, in words for the books; ``None`` if it may.

    * A site's own systems hear nothing of her who does not share with her care team, but what
      is of everybody; nor does an endpoint that was removed or switched off.
    * Nobody whose account is closed is written to.
    * Nothing keeps from staff what they are to act on.
    * Nothing leaves that is of no use any more.
    * Nothing ever goes to a patient who has died or withdrawn, or to anybody about her, but staff.
    * A patient who has paused or is in hospice care gets only what she chose.
    * Who has refused messages gets mail about her account alone, and her family nothing about her.
    * What somebody has switched off does not come, apart from mail about her account.

    Source: the product's rules on care status and consent; no clinical number is involved.
    """
    if message.channel == WEBHOOK:
        return _to_a_system(message)
    if message.is_disabled:
        return "account closed"
    if message.to_staff and message.kind != ACCOUNT:
        return None
    if message.useful_until is not None and message.useful_until < now:
        return TOO_LATE
    if message.to_staff:
        return None
    return _care_status(message) or _her_choice(message)


def quiet_until(message: Leased, *, now: datetime) -> datetime | None:
    """Return when the recipient's quiet hours end if this message has to wait for that.

    ``None`` if it may go now.  Staff are not held back, nor is mail about an account, nor what
    she has asked to ring at any hour.
    """
    if message.quiet_hours is None or message.to_staff or message.kind == ACCOUNT:
        return None
    if message.rings_in_quiet_hours:
        return None
    return end_of_quiet(message.quiet_hours, ZoneInfo(message.time_zone), now=now)


def may_hand_out(care_status: CareStatus, *, is_disabled: bool = False) -> bool:
    """Tell whether what is fetched rather than sent, as her calendar is, may be handed out.

    Not once she has died or withdrawn, nor when her account is closed.  A calendar that asks
    again and again is no message of ours: paused, in hospice care, or without consent to
    messages she has still asked for it herself, and takes it back by taking back its address.
    """
    return not care_status.has_ended and not is_disabled


def _to_a_system(message: Leased) -> str | None:
    if message.endpoint is None:
        return "endpoint removed"
    if message.endpoint.refusal is not None:
        return message.endpoint.refusal
    if not message.is_shared and message.body["type"] not in OF_EVERYBODY:
        return NOT_SHARED
    return None


def _care_status(message: Leased) -> str | None:
    for status in sorted(message.care_statuses):
        if status in _REFUSED:
            return _REFUSED[status]
        if status in _ONLY_CHOSEN and message.kind not in KINDS_SHE_CHOSE:
            return _ONLY_CHOSEN[status]
    return None


def _her_choice(message: Leased) -> str | None:
    if message.kind == ACCOUNT:
        return None
    if message.refuses_messages:
        return "consent refused: messages"
    if message.has_opted_out:
        return f"switched off: {message.kind} by {message.channel}"
    return None
