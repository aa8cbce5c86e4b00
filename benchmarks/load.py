"""A load client that costs little itself: raw sockets, requests made beforehand, kept-alive."""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """What came of a run: answers a second, and seconds at the median and 99th percentile."""

    rate: float
    median: float
    p99: float
    statuses: dict[int, int]


def run(
    port: int, make: Callable[[int], Iterable[bytes]], *, connections: int, seconds: float
) -> Result:
    """Send requests on several connections for some seconds and count the answers.

    ``make(n)`` yields the requests of connection ``n``, for as long as they are wanted.
    """
    stop = threading.Event()
    times: list[list[float]] = [[] for _ in range(connections)]
    statuses: list[dict[int, int]] = [{} for _ in range(connections)]

    def work(n: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in make(n):
                if stop.is_set():
                    return
                begun = time.perf_counter()
                wire.sendall(request)
                status = _answer(wire)
                times[n].append(time.perf_counter() - begun)
                statuses[n][status] = statuses[n].get(status, 0) + 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - begun
    every = sorted(one for some in times for one in some)
    counted: dict[int, int] = {}
    for some in statuses:
        for status, count in some.items():
            counted[status] = counted.get(status, 0) + count
    return Result(
        rate=len(every) / elapsed, median=every[len(every) // 2],
        p99=every[int(len(every) * 0.99)], statuses=counted,
    )  # fmt: skip


def request(method: str, path: str, *, token: str = "", body: bytes = b"") -> bytes:
    """Build one HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    if body:
        lines.append("Content-Type: application/json")
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _answer(wire: socket.socket) -> int:
    received = wire.recv(65536)
    while b"\r\n\r\n" not in received:
        received += wire.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    missing = length - len(body)
    while missing > 0:
        missing -= len(wire.recv(min(missing, 1 << 20)))
    return int(head[9:12])
