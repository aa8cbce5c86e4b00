"""Codes people carry from one place to another: on a letter, in an e-mail, from a phone."""

import hashlib
import hmac
import secrets

# Crockford's alphabet: no letter that looks like a digit, none that spells a word by accident.
# https://www.crockford.com/base32.html
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 16
# 120 bits: what is kept of such a code needs no slow hash (NIST SP 800-63B-4, 3.1.2.2).
_LONG = 24
# 40 bits: enough for a code that five tries and ten minutes end.
_SHORT = 8


def new_code() -> str:
    """Return 80 random bits as sixteen characters that survive being typed from paper."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def new_long_code() -> str:
    """Return 120 random bits, likewise, as twenty-four characters."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LONG))


def new_short_code() -> str:
    """Return 40 random bits, likewise, as eight characters: to be typed from a mail."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SHORT))


def repeatable_code(secret_key: str, *parts: object) -> str:
    """Return the code that these parts always have, and that only this service can work out.

    A request sent twice gets the same code although we keep nothing but its SHA-256.
    """
    message = "|".join(str(part) for part in parts).encode()
    digest = hmac.digest(b"waymark.code|" + secret_key.encode(), message, hashlib.sha256)
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_LENGTH])


def as_written(code: str) -> str:
    """Return a code in groups of four, as it is shown to people."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
