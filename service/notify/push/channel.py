"""The push channel: one message to every device of a person."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from service.logs import Code
from service.notify.breaker import Breaker
from service.notify.channels import AtRest, ChannelError, Gone, Refused, TryAgain
from service.notify.rules import Address, Handed, Leased

logger = logging.getLogger(__name__)

# Longer than two slow devices take, and well inside the lease.
PATIENCE = timedelta(seconds=12)


class Provider(Protocol):
    """One platform's way to a device."""

    def target(self, address: Address) -> str:
        """Return the name of what fails together.

        Raises:
            Refused: the address is none of this platform's.
        """
        ...

    def hand_over(self, message: Leased, address: Address) -> None:
        """Send to one device; return once the provider has taken it.

        Raises:
            TryAgain: not now.
            Gone: the device is no longer there.
            Refused: never this message, or never there.
        """
        ...


class PushChannel:
    """Sends to each device by its platform's provider, and keeps apart how each of them went.

    Args:
        providers: by the platform a device names.
        breaker: leaves providers alone that fail.
        patience: how long the devices of one message may take together; those that were not
            reached by then wait for the next try.
        monotonic: seconds, only ever forward.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        breaker: Breaker,
        *,
        patience: timedelta = PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers, self._breaker = providers, breaker
        self._patience, self._monotonic = patience.total_seconds(), monotonic

    def send(self, message: Leased) -> Handed:
        """Send to all devices that have not taken the message yet.

        One that will never take it is passed over if another has.

        Raises:
            TryAgain: for some it was too early; its ``handed`` tells which are done with.
            Gone: there is no device, or none is left.
            Refused: none took it, and there is nothing to wait for.
        """
        if not message.devices:
            raise Gone("no device")
        until = self._monotonic() + self._patience
        reached: list[UUID] = []
        failed: list[tuple[UUID, ChannelError]] = []
        for device in message.devices:
            try:
                if self._monotonic() >= until:
                    raise TryAgain("push: out of time")
                self._send_one(message, device)
            except ChannelError as error:
                failed.append((device.device_id, error))
            else:
                reached.append(device.device_id)
        gone = tuple(id for id, error in failed if isinstance(error, Gone))
        return _summed_up(Handed(tuple(reached), gone), [error for _, error in failed])

    def _send_one(self, message: Leased, device: Address) -> None:
        provider = self._providers.get(device.platform)
        if provider is None:
            raise Refused("push: the device's platform is not set up")
        with self._breaker.guards(provider.target(device)):
            provider.hand_over(message, device)


def _summed_up(handed: Handed, errors: list[ChannelError]) -> Handed:
    """Return which devices are done with, or raise what is still to be done about the others."""
    passing = [error for error in errors if isinstance(error, TryAgain)]
    refused = [error for error in errors if isinstance(error, Refused)]
    if refused:
        logger.warning("a device was refused a push: %s", Code(refused[0]))
    if passing and all(isinstance(error, AtRest) for error in passing):
        rests = [error.retry_after for error in passing if error.retry_after is not None]
        raise AtRest(str(passing[0]), retry_after=min(rests, default=None), handed=handed)
    if passing:
        asked = [error.retry_after for error in passing if error.retry_after is not None]
        # Asked for nothing if all that is left is at rest.
        kind = AtRest if all(isinstance(error, AtRest) for error in passing) else TryAgain
        raise kind(str(passing[0]), retry_after=max(asked, default=None), handed=handed)
    if handed.reached:
        return handed
    if refused:
        raise Refused(str(refused[0]), handed=handed)
    raise Gone(str(errors[0]), handed=handed)
