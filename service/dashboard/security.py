"""What every page says to browsers, and which requests no page of ours can have made."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Response, current_app, request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Addresses of machines: they have errors and headers of their own.
MACHINES = ("/api/", "/fhir/")
# The contract as a page stands among them, and is for people all the same.
CONTRACT = "/api/docs"
_HSTS = timedelta(days=730)
# Pictures of ``data:`` too: the one to scan for a second factor holds its key, which must stand
# in no address.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types waymark"
)
# What answers a machine is no page: whatever reads it as one runs and loads nothing of it.
_NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_OF_PAGES = {
    "Content-Security-Policy": _POLICY,
    # With "no-referrer" browsers hide the origin of our own forms too, and we ask for it.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
}
_OF_MACHINES = {"Content-Security-Policy": _NO_PAGE, "Referrer-Policy": "no-referrer"}


def is_for_people() -> bool:
    """Tell whether the request is for a page, and not for one of the machines' interfaces."""
    return not request.path.startswith(MACHINES) or request.path == CONTRACT


def add_headers(response: Response) -> Response:
    """Tell the browser to run, frame, keep and hand on nothing that is not ours.

    What a view has said of its own answer stands: a page to be printed alone brings a policy
    that is stricter, a stylesheet may be kept.
    """
    is_page = is_for_people() or response.mimetype == "text/html"
    for name, value in (_EVERYWHERE | (_OF_PAGES if is_page else _OF_MACHINES)).items():
        response.headers.setdefault(name, value)
    if current_app.config["COOKIES_NEED_TLS"]:
        seconds = int(_HSTS.total_seconds())
        response.headers["Strict-Transport-Security"] = f"max-age={seconds}; includeSubDomains"
    return response


def is_forged() -> bool:
    """Tell whether a request that changes something may come from another site's page.

    The browser says where it comes from, and no page can make it lie.  A request that says
    neither ``Sec-Fetch-Site`` nor ``Origin`` is no browser's of today and is taken for forged.
    """
    if request.method in SAFE:
        return False
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site != "same-origin"
    ours = {_origin(request.host_url), _origin(current_app.config["PUBLIC_URL"])}
    return request.headers.get("Origin") not in ours


def is_local(path: str) -> bool:
    """Tell whether an address leads to a page of ours and to no other host."""
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and "\\" not in path
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
