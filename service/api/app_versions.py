"""Which versions of an app are still let in: a hole in an old one is closed from here."""

from flask import current_app, request

from service.errors import DomainError


class AppTooOld(DomainError):
    """The app is older than the site lets in."""

    slug = "app-too-old"
    title = "This version of the app is too old. Please update it."


def check_app_version() -> None:
    """Let in whoever says no version, and apps no older than ``OLDEST_APP``.

    Raises:
        AppTooOld: the version is older, or none that can be read.
    """
    oldest = current_app.config["OLDEST_APP"]
    said = request.environ.get("HTTP_APP_VERSION")
    if oldest is not None and said is not None and version_in(said) < oldest:
        raise AppTooOld


def version_in(text: str) -> tuple[int, ...]:
    """Return ``3.1.4`` as numbers that compare; what is no version is older than any."""
    parts = text.split(".")
    readable = len(parts) <= 4 and all(
        part.isascii() and part.isdigit() and len(part) < 10 for part in parts
    )
    return tuple(int(part) for part in parts) if readable else ()
