"""One POST to a provider that is not trusted: bounded in time and size, and led nowhere else.

Built on ``httpcore2``, which follows no redirect, keeps no cookie, unpacks no body, reads no
proxy from the environment and logs no address, where the client above it does all of that.
"""

import logging
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpcore2
import orjson

from service.notify.channels import TryAgain
from service.notify.push.network import Network, NotPublic

TIMEOUT = timedelta(seconds=5)
MOST_READ = 4096
LONGEST_ASKED = timedelta(hours=1)
# A peer that wants this of us gets it; more would outlast what a reminder is good for.
_CONNECTIONS = 64
_KEPT_OPEN = 50.0  # seconds
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}

# At DEBUG these write whole headers, and with them tokens and the addresses of devices.
for _name in ("httpcore2", "hpack", "h2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered; of the body no more than its first few KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_passing(self) -> bool:
        """Tell whether the same may well be taken later."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR or self.status in _LATER

    def json(self) -> dict[str, object]:
        """Return the body as a JSON object; anything else is an empty one."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    def again(self, who: str, *, now: datetime) -> TryAgain:
        """Return the error that says: not now, and when the provider wants to be asked again."""
        return TryAgain(
            f"{who}: {self.status}", retry_after=asked_wait(self.headers.get("retry-after"), now)
        )


class Poster:
    """Posts to providers over kept connections; for many threads.

    Over HTTP/2 each post has a connection to itself, and leaves it for the next one: two threads
    that share one can write their frames in the wrong order, for ``httpcore2`` takes the number
    of a stream and sends it in two steps.

    Args:
        network: opens the connections.
        tls: who is believed; ``None`` for the machine's own authorities.
        timeout: how long one POST may take, from looking the name up to the end of the answer.
        http2: speaks HTTP/2 and nothing else, instead of HTTP/1.1.
    """

    def __init__(
        self,
        *,
        network: Network | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: timedelta = TIMEOUT,
        http2: bool = False,
    ) -> None:
        self._network = network or Network()
        self._seconds = timeout.total_seconds()
        self._tls = tls or ssl.create_default_context()
        self._http2 = http2
        # Those nobody uses just now; over HTTP/1.1 all share the one there is.
        self._free: deque[httpcore2.ConnectionPool] = deque([self._new_pool()])

    def post(self, url: str, *, headers: Mapping[str, str], content: bytes, who: str) -> Answer:
        """Post and return the answer, whatever its status.

        Args:
            url: https, checked by the caller.
            headers: besides those every request has.
            content: the body.
            who: names the provider in errors, which tell nothing else of the request.

        Raises:
            TryAgain: no answer, or none in time.
        """
        self._network.allow(self._seconds)
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        try:
            with (
                self._a_pool() as pool,
                pool.stream(
                    "POST",
                    url,
                    headers=list(headers.items()),
                    content=content,
                    extensions={"timeout": waits},
                ) as response,
            ):
                body = b""
                for chunk in response.iter_stream():
                    body += chunk[: MOST_READ - len(body)]
                    if len(body) >= MOST_READ:
                        break
        except NotPublic:
            raise TryAgain(f"{who}: its name leads to no public address") from None
        except httpcore2.TimeoutException:
            raise TryAgain(f"{who}: no answer in time") from None
        except httpcore2.NetworkError:
            raise TryAgain(f"{who}: no connection") from None
        except httpcore2.ProtocolError:
            raise TryAgain(f"{who}: the answer broke off or made no sense") from None
        return Answer(
            status=response.status,
            headers={
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            },
            body=body,
        )

    def close(self) -> None:
        """Close every connection that nobody uses just now."""
        while self._free:
            self._free.pop().close()

    @contextmanager
    def _a_pool(self) -> Iterator[httpcore2.ConnectionPool]:
        if not self._http2:
            yield self._free[0]
            return
        try:
            pool = self._free.pop()
        except IndexError:
            pool = self._new_pool()
        try:
            yield pool
        except BaseException:
            pool.close()  # what broke off once is not used again
            raise
        self._free.append(pool)

    def _new_pool(self) -> httpcore2.ConnectionPool:
        return httpcore2.ConnectionPool(
            ssl_context=self._tls,
            max_connections=1 if self._http2 else _CONNECTIONS,
            keepalive_expiry=_KEPT_OPEN,
            http1=not self._http2,
            http2=self._http2,
            network_backend=self._network,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def asked_wait(header: str | None, now: datetime) -> timedelta | None:
    """Return how long a ``Retry-After`` asks to wait, an hour at most; ``None`` if it does not."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        # More digits than these ask for the most there is, however many they are.
        return min(timedelta(seconds=int(header[:9])), LONGEST_ASKED)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), LONGEST_ASKED)
