"""Unsubscribing: the link that stands in an e-mail, and what following it does.

One click and no sign-in (RFC 8058): whoever holds the mail may stop mails of its kind, and can
do nothing else with it.  It says nothing about anybody, and it does not run out: somebody may
find the mail again in two years.
"""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts import preferences
from service.accounts.models import Account
from service.accounts.tokens import TokenSigner
from service.errors import NotFound

PATH = "/api/v1/unsubscribe/"
_PURPOSE = "unsubscribe"


class Subscription(NamedTuple):
    """One kind of message to one account over one way."""

    account_id: UUID
    channel: str
    kind: str


def address_for(
    signer: TokenSigner, public_url: str, account_id: UUID, channel: str, kind: str
) -> str:
    """Return the address that switches a kind of message off over a way.

    For ``List-Unsubscribe`` (a POST does it) and for the foot of the mail (a GET asks first).
    Mail about an account has no such address: it cannot be switched off.
    """
    claim = "-".join((_PURPOSE, account_id.hex, channel, kind))
    return f"{public_url}{PATH}{signer.seal(claim)}"


def read_token(signer: TokenSigner, token: str) -> Subscription:
    """Return what a link is about.

    Raises:
        NotFound: it is none of ours, or is about what nobody can switch off.
    """
    purpose, *rest = (signer.unseal(token) or "").split("-")
    if purpose != _PURPOSE or len(rest) != 3:
        raise NotFound
    account, channel, kind = rest
    if channel not in preferences.WAYS or kind not in preferences.KINDS:
        raise NotFound
    return Subscription(UUID(hex=account), channel, kind)


def unsubscribe(session: Session, subscription: Subscription) -> None:
    """Switch a kind of message off over a way; once more is no error.

    Raises:
        NotFound: the account is no longer there.
    """
    account = session.get(Account, subscription.account_id, with_for_update=True)
    if account is None:
        raise NotFound
    account.channels = preferences.without(
        account.channels, subscription.channel, subscription.kind
    )
