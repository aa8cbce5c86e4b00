"""APNs: HTTP/2 by hypercorn, with TLS and ALPN as Apple's, and a look at every token."""

import asyncio
import json
import logging
import socket
import threading
from collections import deque
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypercorn.asyncio import serve
from hypercorn.config import Config
from joserfc import jwt
from joserfc.jwk import ECKey

HOST = "api.push.apple.com"
KEY_ID, TEAM_ID, TOPIC = "ABC123DEFG", "DEF123GHIJ", "org.example.waymark"
_HOUR = timedelta(hours=1).total_seconds()


class Apple:
    def __init__(self, clock: Any, files: tuple[str, str]) -> None:
        self._clock = clock
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.taken: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.clients: set[tuple[str, int]] = set()
        self.tokens: set[str] = set()
        self.gone: set[str] = set()
        # ``(status, reason, headers)`` of the coming answers; ``None`` is no answer at all.
        self.next: deque[tuple[int, str, dict[str, str]] | None] = deque()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._config = Config()
        self._config.bind = [f"fd://{listener.detach()}"]
        self._config.certfile, self._config.keyfile = files
        self._config.alpn_protocols = ["h2"]
        self._config.graceful_timeout = 0.2
        self._config.errorlog = logging.getLogger("tests.apple")
        self._running = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))

    def pem(self) -> bytes:
        """The file that a site is given."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def __enter__(self):
        self._thread.start()
        assert self._running.wait(10)
        return self

    def __exit__(self, *_: Any) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._running.set()
        await serve(self._app, self._config, shutdown_trigger=self._stop.wait)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        assert scope["http_version"] == "2"
        self.clients.add(tuple(scope["client"]))
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        told = self.next.popleft() if self.next else self._judged(scope["path"], headers, body)
        if told is None:
            await self._stop.wait()
            return
        status, reason, more_headers = told
        answer = json.dumps({"reason": reason}).encode() if reason else b""
        named = {"apns-id": headers.get("apns-id", ""), **more_headers}
        await send(
            {
                "type": "http.response.start", "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            }
        )  # fmt: skip
        await send({"type": "http.response.body", "body": answer})

    def _judged(self, path: str, headers: dict[str, str], body: bytes):
        token = headers["authorization"].removeprefix("bearer ")
        key = ECKey.import_key(self._key.public_key())
        found = jwt.decode(token, key, algorithms=["ES256"])
        now = self._clock.now().timestamp()
        if found.header["kid"] != KEY_ID or found.claims["iss"] != TEAM_ID:
            return 403, "InvalidProviderToken", {}
        if not now - _HOUR <= found.claims["iat"] <= now:
            return 403, "ExpiredProviderToken", {}
        self.tokens.add(token)
        if headers["apns-topic"] != TOPIC:
            return 400, "BadTopic", {}
        if len(headers["apns-collapse-id"]) > 64:
            return 400, "BadCollapseId", {}
        if headers["apns-push-type"] != "alert" or headers["apns-priority"] not in {"5", "10"}:
            return 400, "BadPriority", {}
        if len(body) > 4096:
            return 413, "PayloadTooLarge", {}
        device = path.removeprefix("/3/device/")
        if device in self.gone:
            return 410, "Unregistered", {}
        self.taken.append((headers | {"device": device}, json.loads(body)))
        return 200, "", {}
