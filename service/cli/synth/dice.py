"""Each made-up patient's own dice, and the ids drawn from them.

Nothing here knows of another patient, the wall clock or the order of a set: the same seed and
number give the same throws in every process.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SECONDS_A_DAY = 86_400


def stream_of(seed: int, number: int, part: str) -> int:
    """Return what seeds the dice for one part of one patient's life."""
    text = f"waymark/{seed}/{number}/{part}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def dice(seed: int, number: int, part: str) -> Random:
    """Return the dice for one part of one patient's life.

    A part of its own: what changes in how she reports changes nothing in what she has.
    """
    return Random(stream_of(seed, number, part))  # noqa: S311 - stories, not secrets


def id_at(at: datetime, rng: Random) -> str:
    """Return an id that looks as a phone's of that moment would: UUID version 7."""
    milliseconds = (at - _EPOCH) // _MILLISECOND
    drawn = rng.getrandbits(74)
    value = (milliseconds << 80) | 0x7000_8000_0000_0000_0000 | (drawn & 0x3FFF_FFFF_FFFF_FFFF)
    text = f"{value | (drawn >> 62) << 64:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def text_of(at: datetime) -> str:
    """Write a moment in UTC as a phone does: ``2026-01-05T17:00:00Z``."""
    return at.isoformat()[:-6] + "Z"


def moment(day: date, hours: float, zone: ZoneInfo) -> datetime:
    """Return the moment at so many hours of a day on her own clock, to the second, in UTC."""
    seconds = min(int(hours * 3600), _SECONDS_A_DAY - 1)
    at = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    return datetime.combine(day, at, zone).astimezone(UTC)
