"""Whom to tell of a hole in this site: RFC 9116."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, g

from service.api.call import public
from service.errors import NotFound
from service.wire import moment_text

blp = Blueprint("security_txt", __name__)

# It is written anew with every request, so this is how long a copy may be believed.
_GOOD_FOR = timedelta(days=30)


@blp.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """Say whom to tell; nobody where the site has not named anybody."""
    contact = current_app.config["SECURITY_CONTACT"]
    if contact is None:
        raise NotFound
    base = current_app.config["PUBLIC_URL"]
    lines = [
        f"Contact: {contact}", f"Expires: {moment_text(g.now.replace(microsecond=0) + _GOOD_FOR)}",
        f"Canonical: {base}/.well-known/security.txt", "Preferred-Languages: en",
    ]  # fmt: skip
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
