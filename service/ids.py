"""Identifiers: version 7 for what we make, version 5 for what anyone can work out."""

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

# Waymark's own namespace: an offline phone derives the same ids from it.
NAMESPACE = UUID("6f0c8a52-3a0e-5b7d-9c1e-2f8b7d4a6e10")

__all__ = ["NAMESPACE", "derived_id", "new_id"]


def new_id() -> UUID:
    """Return a new id; later ones sort after earlier ones, which keeps indexes dense."""
    return uuid7()


def derived_id(*parts: object) -> UUID:
    """Return the id that these parts always have, on the server and on every phone."""
    return uuid5(NAMESPACE, "|".join(str(part) for part in parts))
