"""Serves the files of the app, and hands ``/api/`` on to Waymark.

Waymark answers no page of another origin (it has no CORS), so app and API have to come from one.  A
site would let its own web server do this; here it is done in Python, to be read and tried.
"""

import hashlib
import http.client
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

APP = Path(__file__).parent / "app"
_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}  # fmt: skip
# Runs what is in the files and nothing else: no script or style in the page, and no text is ever
# taken for HTML.  "phone" is the one policy of the app (app/service_worker.js).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types phone"
)
_OF_FILES = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    # The service worker keeps them; a browser asks each time whether they have changed.
    "Cache-Control": "no-cache",
}
# Between two machines only (RFC 9110 section 7.6.1).
_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
_PIECE = 64 * 1024
_PATIENCE = 60.0
_SAFE = "/:@!$&'()*+,;=-._~"
_NO_ANSWER = {"type": "about:blank", "title": "Waymark does not answer.", "status": 502}


class Phone:
    """The WSGI application.

    Args:
        waymark: where Waymark listens, as ``http://127.0.0.1:8000``.
    """

    def __init__(self, waymark: str) -> None:
        parts = urlsplit(waymark)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{waymark!r} is not the address of a server")
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._files = {
            f"/{path.relative_to(APP).as_posix()}": path.read_bytes()
            for path in sorted(APP.rglob("*"))
            if path.suffix in _TYPES
        }
        self._files["/shell.js"] = self._shell()
        self._files["/"] = self._files["/index.html"]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = environ["PATH_INFO"]
        if path.startswith("/api/"):
            return self._handed_on(environ, start_response)
        content = self._files.get(path)
        if content is None or environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            start_response("404 Not Found", [("Content-Length", "0"), *_OF_FILES.items()])
            return [b""]
        kind = _TYPES[Path(path).suffix or ".html"]
        headers = [("Content-Type", kind), ("Content-Length", str(len(content)))]
        start_response("200 OK", [*headers, *_OF_FILES.items()])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else content]

    def _shell(self) -> bytes:
        """Say which files the app is made of, and a version that changes with any of them."""
        digest = hashlib.sha256()
        for path, content in self._files.items():
            digest.update(path.encode() + b"\0" + content + b"\0")
        names = sorted({"/", *self._files})
        return (
            f"export const VERSION = '{digest.hexdigest()[:16]}'\n"
            f"export const FILES = {json.dumps(names)}\n"
        ).encode()

    def _handed_on(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=_PATIENCE)
        query = environ.get("QUERY_STRING", "")
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        try:
            connection.request(
                environ["REQUEST_METHOD"], quote(path, safe=_SAFE) + (f"?{query}" if query else ""),
                body=_body(environ), headers=_asked(environ),
            )  # fmt: skip
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException):
            connection.close()
            body = json.dumps(_NO_ANSWER).encode()
            kind_of = ("Content-Type", "application/problem+json")
            start_response("502 Bad Gateway", [kind_of, ("Content-Length", str(len(body)))])
            return [body]
        kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in _HOP_BY_HOP]
        start_response(f"{answer.status} {answer.reason}", kept)
        return _pieces(connection, answer)


def _asked(environ: "WSGIEnvironment") -> dict[str, str]:
    """Return the headers of a request as they came, without those between two machines."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").title()] = environ[name]
    return {
        name: value
        for name, value in headers.items()
        if name.lower() not in _HOP_BY_HOP | {"host", "cookie"}
    }


def _body(environ: "WSGIEnvironment") -> Iterator[bytes] | None:
    """Return the body piece by piece; ``None`` if there is none."""
    left = int(environ.get("CONTENT_LENGTH") or 0)
    return _read(environ, left) if left else None


def _read(environ: "WSGIEnvironment", left: int) -> Iterator[bytes]:
    while left > 0:
        piece = environ["wsgi.input"].read(min(_PIECE, left))
        if not piece:
            return
        left -= len(piece)
        yield piece


def _pieces(
    connection: http.client.HTTPConnection, answer: http.client.HTTPResponse
) -> Iterator[bytes]:
    try:
        while piece := answer.read(_PIECE):
            yield piece
    finally:
        connection.close()
