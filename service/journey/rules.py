"""What is true of the journey.  Pure functions."""

import hashlib


def digest_of(token: str) -> str:
    """Return what is kept of a calendar's token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
