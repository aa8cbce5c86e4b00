"""The second factor: six digits that a phone shows for thirty seconds (TOTP, RFC 6238)."""

from datetime import datetime, timedelta
from hmac import compare_digest

import pyotp

from service.errors import NotAllowed

STEP = timedelta(seconds=30)
# One step either way: phones' clocks are not exact, and typing takes time (RFC 6238, 5.2).
_STEPS_OFF = (0, -1, 1)
_ISSUER = "Waymark"


class SecondFactorNeeded(NotAllowed):
    """Staff have to set up a second factor before they see any patient."""

    slug = "second-factor-needed"
    title = "Set up a second factor first."


def new_factor_secret() -> str:
    """Return a new secret, 160 random bits in base 32."""
    return pyotp.random_base32()


def otpauth_uri(secret: str, *, email: str) -> str:
    """Return the address an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the 30-second step a code belongs to; ``None`` if it is no code of about now."""
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    current = int(now.timestamp()) // int(STEP.total_seconds())
    totp = pyotp.TOTP(secret)
    steps = [current + off for off in _STEPS_OFF]
    # All three are compared whatever the first says, so the time tells nothing.
    right = [step for step in steps if compare_digest(totp.generate_otp(step), code)]
    return right[0] if right else None
