"""Where a push may connect to: a public address, looked up once, and for a bounded time.

A browser's endpoint comes from outside, so its name may lead anywhere.  It is looked up here, the
addresses found are checked, and the connection goes to a checked address itself: a name that
changes its mind in between changes nothing.  TLS still asks for the name.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable

import httpcore2

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[tuple[str, int]]]

# What is handed out to networks of their own on the internet, less what leads elsewhere:
# protocol assignments with Teredo, documentation, and 6to4, which wraps any IPv4 address.
# Source: IANA IPv6 Global Unicast Address Assignments; RFC 6890, RFC 3056, RFC 9637.
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_UNICAST = tuple(
    ipaddress.IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_RELAYS = ipaddress.IPv4Network("192.88.99.0/24")  # 6to4 relays, RFC 7526


class NotPublic(httpcore2.ConnectError):
    """A name leads to no address on the public internet."""


def is_public(address: IPAddress) -> bool:
    """Tell whether an address belongs to the public internet, and to nobody's own network.

    IPv6 addresses that wrap an IPv4 address (mapped, 6to4, Teredo, NAT64) never do.
    """
    if isinstance(address, ipaddress.IPv6Address):
        return address in _UNICAST and not any(address in net for net in _NOT_UNICAST)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and address not in _RELAYS
    )


def look_up(host: str, port: int) -> list[tuple[str, int]]:
    """Return the addresses and ports a name stands for.

    Raises:
        OSError: the name is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(sockaddr[0]), int(sockaddr[1])) for *_, sockaddr in found]


class Deadline(threading.local):
    """When the request this thread has under way must be over, by a clock that never steps."""

    at = float("inf")


class Network(httpcore2.NetworkBackend):
    """Opens connections to addresses that were checked, and reads no longer than the deadline.

    Args:
        resolve: looks a name up.
        may_reach: which addresses may be connected to.  Tests let loopback in here.
        monotonic: seconds, only ever forward.
    """

    def __init__(
        self,
        *,
        resolve: Resolve = look_up,
        may_reach: Callable[[IPAddress], bool] = is_public,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolve, self._may_reach, self._monotonic = resolve, may_reach, monotonic
        self._sockets = httpcore2.SyncBackend()
        self._deadline = Deadline()

    def allow(self, seconds: float) -> None:
        """Let the request this thread begins now last so long, connecting and reading included."""
        self._deadline.at = self._monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """Return how many seconds this thread may still wait, ``timeout`` at most.

        Raises:
            httpcore2.ReadTimeout: none.
        """
        left = self._deadline.at - self._monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("out of time")
        return left if timeout is None else min(left, timeout)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of a host that may be reached and answers.

        Raises:
            httpcore2.ConnectError: there is none; ``NotPublic`` if none may be reached.
        """
        failure: httpcore2.ConnectError | httpcore2.ConnectTimeout = NotPublic("no public address")
        addresses = self._checked(host, port)
        for tried, (address, at_port) in enumerate(addresses):
            # One that never answers leaves the others their share of the time.
            share = self.left(timeout) / (len(addresses) - tried)
            try:
                stream = self._sockets.connect_tcp(
                    address, at_port, share, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Bounded(stream, self)
        raise failure

    def _checked(self, host: str, port: int) -> list[tuple[str, int]]:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore2.ConnectError("unknown name") from None
        return [one for one in found if self._may_reach(ipaddress.ip_address(one[0]))]


class _Bounded(httpcore2.NetworkStream):
    """A connection on which a peer that drips one byte at a time runs out of time all the same."""

    def __init__(self, stream: httpcore2.NetworkStream, network: Network) -> None:
        self._stream, self._network = stream, network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there, waiting no longer than the request may last."""
        return self._stream.read(max_bytes, self._network.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it, waiting no longer than the request may last."""
        self._stream.write(buffer, self._network.left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """Go on in TLS with whoever can prove to be that host."""
        left = self._network.left(timeout)
        return _Bounded(self._stream.start_tls(ssl_context, server_hostname, left), self._network)

    def get_extra_info(self, info: str) -> object:
        """Tell what the connection pool asks about a connection."""
        return self._stream.get_extra_info(info)
