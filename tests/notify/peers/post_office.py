"""A mail server: aiosmtpd, which keeps what it took and says what it is told to."""

import asyncio
from collections import deque
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

USER, PASSWORD = "waymark", "p@ss:word/1"


class _AnywhereController(Controller):
    """Finds out which port it was given before it looks whether it answers there."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class PostOffice:
    """``next`` are lines the coming mails are answered with, after all of them was received."""

    def __init__(self, **controller: Any) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.next: deque[str] = deque()
        self.next_recipient: deque[str] = deque()
        self.sessions = 0
        self._controller = _AnywhereController(self, "127.0.0.1", port=0, **controller)

    def __enter__(self):
        self._controller.start()
        self.port = self._controller.port
        self.sessions = 0
        return self

    def __exit__(self, *_: Any) -> None:
        self._controller.stop()

    def close(self) -> None:
        """Be gone: nobody answers at its port."""
        self._controller.stop()

    def open_again(self) -> None:
        """Answer at the same port as before."""
        self._controller = Controller(self, "127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.next_recipient:
            return self.next_recipient.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.next.popleft() if self.next else "250 OK"
        if answer == "silence":
            await asyncio.Event().wait()
        if answer.startswith(("250", "cut")):
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        if answer == "cut":
            server.transport.abort()
        return answer

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        if self.next and self.next[0] == "cut at goodbye":
            self.next.popleft()
            server.transport.abort()
        return "221 Bye"


def knows(server, session, envelope, mechanism, data) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)
