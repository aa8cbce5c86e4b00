"""What the domain may say no with.

    DomainError
    ├── NotFound      no such thing, or none this viewer may know of        404
    ├── NotAllowed    the viewer may see the thing but not do this to it    403
    ├── Conflict      the state has moved on since the caller looked        409
    ├── Rejected      well-formed, yet against a rule of the domain         422
    ├── Outdated      somebody else changed the record first                412
    ├── NotSignedIn   who calls is not known, or no longer                  401
    ├── TooMany       more often than this account or address may           429
    └── Gone          it was here and is to be forgotten                    410

A feature subclasses one of these.  Nothing here knows of HTTP: ``api/problems.py`` turns the
kinds into status codes, ``dashboard`` into pages, ``jobs`` into log lines.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol


class DomainError(Exception):
    """A rule of the domain said no.

    ``slug`` names the problem for machines and never changes once released; ``title`` is the
    same sentence for every occurrence.  ``extra`` are members added to the problem document,
    ``errors`` the ``(JSON pointer, message)`` pairs of bad input.  None of them may hold patient
    data: all of them reach logs.
    """

    slug: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self, *, errors: list[tuple[str, str]] | None = None, extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(self.slug)
        self.errors = errors or []
        self.extra = extra or {}


class NotFound(DomainError):
    """No such thing, or none this viewer may know of."""

    slug = "not-found"
    title = "There is no such resource."


class NotAllowed(DomainError):
    """The viewer may see the thing but may not do this to it."""

    slug = "not-allowed"
    title = "You may not do this."


class Conflict(DomainError):
    """The state has moved on since the caller looked."""

    slug = "conflict"
    title = "The resource has changed."


class IdConflict(Conflict):
    """A record with this id is on file and says something else."""

    slug = "id-conflict"
    title = "This id is already used for something else."


class Rejected(DomainError):
    """The request is well-formed and against a rule of the domain."""

    slug = "rejected"
    title = "The request breaks a rule."


class ClockWrong(Rejected):
    """A moment lies more than a day ahead of us, or before the year 2000."""

    slug = "clock-wrong"
    title = "The clock of this device seems to be wrong."


class Outdated(DomainError):
    """The record has a newer version than the one the caller named in ``If-Match``."""

    slug = "version-outdated"
    title = "Someone else has changed this since you read it."


class Versioned(Protocol):
    """Something that counts its own changes."""

    version: Any


def check_seen(record: Versioned, if_version: int | None) -> None:
    """Let only a caller go on who has seen a record as it is; ``None`` is any.

    Raises:
        Outdated: there is a newer version.
    """
    if if_version is not None and record.version != if_version:
        raise Outdated


class NotSignedIn(DomainError):
    """Who calls is not known, or no longer."""

    slug = "not-signed-in"
    title = "Please sign in."


class Gone(DomainError):
    """What is asked for is over for good, and whoever asks is to forget it."""

    slug = "gone"
    title = "This is no longer here."


class TooMany(DomainError):
    """More often than this account or address may; ``retry_after`` is in whole seconds."""

    slug = "too-many"
    title = "Too many attempts. Please wait."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


def pointed(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Turn a schema's nested messages into (JSON pointer, message) pairs."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            step = str(key).replace("~", "~0").replace("/", "~1")
            yield from pointed(below, path if key == "_schema" else f"{path}/{step}")
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            yield path, str(message)
