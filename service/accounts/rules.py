"""What is true of people: which passwords are too easy, when a clinic is open."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Waymark is for adults: what a child may decide, and who decides with her, is not worked out here.
LEAST_AGE = 18
# NIST SP 800-63B-4, 3.1.1.2: so many characters where a second factor always stands beside the
# password, as it does for staff, and so many where it stands alone.  At least 64 are to be taken.
PASSWORD_LEAST = 8
PASSWORD_LEAST_ALONE = 15
PASSWORD_MOST = 128

# What people chose who were robbed of it: the list of zxcvbn 4.5 (MIT licence), from six
# characters on, and the keyboard's own.
_COMMON = frozenset(
    (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").split()
)
# What somebody who knows only that this is Waymark would try first.
_CONTEXT = ("waymark", "breastcancer", "breast", "cancer", "password", "passwort", "welcome")
_RUNS = ("0123456789012345678", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_OWN_WORD_LEAST = 4
_LETTERS_LEFT_LEAST = 4
_SPAN = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)",
    re.ASCII,
)
_REPEATED = re.compile(r"(.+?)\1+")
_WORD = re.compile(r"\w+")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_LOOKALIKES = str.maketrans("OIL", "011", " -")


class BadHours(ValueError):
    """Opening hours are not written as ``Mon-Fri 08:00-17:00, Sat 09:00-12:00``."""


def email_key(email: str) -> str:
    """Return how an address is compared: differing in case alone, two are one."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


def is_easily_guessed(password: str, *, email: str, names: Sequence[str] = ()) -> bool:
    """Tell whether a password is among the first that anybody would try.

    That is: one of the most common ones, once or repeated, one character or one pair repeated, a
    run along the keyboard or the alphabet, or little besides words of this service, the person's
    own address and ``names``: hers, and her clinic's.
    """
    folded = password.casefold()
    squeezed = "".join(character for character in folded if character.isalnum())
    repeated = _REPEATED.fullmatch(squeezed)
    said_once = repeated[1] if repeated else squeezed
    if not _COMMON.isdisjoint({folded, squeezed, said_once}) or len(set(said_once or folded)) < 3:
        return True
    if any(said_once in run or said_once in run[::-1] for run in _RUNS if said_once):
        return True
    own = [email_key(email).partition("@")[0], *_WORD.findall(" ".join(names).casefold())]
    words = (*_CONTEXT, *(word for word in own if len(word) >= _OWN_WORD_LEAST))
    left = folded
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return left != folded and sum(map(str.isalpha, left)) < _LETTERS_LEFT_LEAST


def normal_code(code: str) -> str:
    """Return an invitation code as we write it, however somebody has typed it from a letter."""
    return code.upper().translate(_LOOKALIKES)


def is_time_of_day(text: str) -> bool:
    """Tell whether a text is a time of day, ``HH:MM``."""
    return _TIME.fullmatch(text) is not None


def parse_hours(text: str) -> dict[str, list[str]]:
    """Read opening hours: ``Mon-Fri 08:00-17:00`` or several such, separated by commas.

    Returns:
        ``{"mon": ["08:00", "17:00"], …}``; a day that is not named is closed.

    Raises:
        BadHours: the text says something else, closes before it opens, or names a day twice.
    """
    hours: dict[str, list[str]] = {}
    for part in text.split(","):
        found = _SPAN.fullmatch(part.strip().lower())
        if found is None:
            raise BadHours(f"{part.strip()!r} is not written as 'Mon-Fri 08:00-17:00'")
        opens, closes = found["opens"], found["closes"]
        if not (is_time_of_day(opens) and is_time_of_day(closes) and opens < closes):
            raise BadHours(f"{opens}-{closes} are no hours of a day")
        for day in _days(found["first"], found["last"] or found["first"]):
            if day in hours:
                raise BadHours(f"{day.title()} is named twice")
            hours[day] = [opens, closes]
    return {day: hours[day] for day in DAYS if day in hours}


def _days(first: str, last: str) -> tuple[str, ...]:
    if first not in DAYS or last not in DAYS or DAYS.index(first) > DAYS.index(last):
        raise BadHours(f"{first.title()}-{last.title()} are no days of a week, Monday to Sunday")
    return DAYS[DAYS.index(first) : DAYS.index(last) + 1]


def hours_text(hours: Mapping[str, Sequence[str]]) -> str:
    """Write opening hours as ``parse_hours`` reads them: days alike in a row become one span."""
    spans: list[list[str]] = []
    for day, before in zip(DAYS, (None, *DAYS), strict=False):
        if day not in hours:
            continue
        if spans and spans[-1][-1] == before and hours[day] == hours[spans[-1][0]]:
            spans[-1].append(day)
        else:
            spans.append([day])
    return ", ".join(
        f"{'-'.join(dict.fromkeys((days[0].title(), days[-1].title())))}"
        f" {hours[days[0]][0]}-{hours[days[0]][1]}"
        for days in spans
    )
