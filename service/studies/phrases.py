"""Phrases in one line of a study's text: finding them, and what they say together.  Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_OR = re.compile(r"\bor\b|\band/or\b")
# Hyphens, dashes and the minus sign, and what a typewriter has for them.
_DASHES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | {"\u2265": ">=", "\u2264": "<=", "\u2019": "'"}
)
RECEPTORS = frozenset({"er", "pr", "hr", "her2", "subtype"})


class Found(NamedTuple):
    """One phrase in a line: what it means, and where it stands."""

    means: str
    start: int
    end: int

    @property
    def group(self) -> str:
        """What it is about; receptors belong together, ``HER2-positive or triple negative``."""
        kind = self.means.lstrip("!").partition(":")[0]
        return "receptors" if kind in RECEPTORS else kind


def plain(text: str) -> str:
    """Return a text as phrases are written: small letters, plain hyphens, single spaces."""
    text = unicodedata.normalize("NFKC", text).translate(_DASHES).casefold()
    return " ".join(text.split())


def pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Compile phrases: a space may be a hyphen or nothing, a plural s may follow."""
    parts = []
    for phrase in sorted(set(phrases), key=len, reverse=True):
        body = r"[\s-]*".join(re.escape(word) for word in re.split(r"[\s-](?=\w)", phrase) if word)
        ends_in_sign = not phrase[-1].isalnum() and phrase[-1] != ")"
        parts.append(body + (r"(?![\w+-])" if ends_in_sign else r"s?(?!\w)"))
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")")


def either(phrases: Iterable[str]) -> str:
    """Return the phrases as alternatives of a pattern, longer ones first."""
    longest_first = sorted(phrases, key=len, reverse=True)
    return "|".join(re.escape(one) for one in longest_first)


def key(text: str) -> str:
    """Return a phrase without the spaces and hyphens that may be left out."""
    return re.sub(r"(?<![\s-])[\s-]++(?=\w)", "", text)


def without_overlaps(found: Iterable[Found]) -> list[Found]:
    """Keep the longer of two that overlap, in the order of the line."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: one.start - one.end):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def grouped(found: Sequence[Found], text: str) -> list[list[list[str]]]:
    """Sort terms into what must all hold, and within it into alternatives."""
    groups: dict[str, list[list[str]]] = {}
    last: dict[str, Found] = {}
    for one in found:
        alternatives = groups.setdefault(one.group, [[]])
        before = last.get(one.group)
        if before is not None and _is_alternative(one, text[before.end : one.start]):
            alternatives.append([])
        if one.means not in alternatives[-1]:
            alternatives[-1].append(one.means)
        last[one.group] = one
    return list(groups.values())


def _is_alternative(one: Found, between: str) -> bool:
    """Tell whether a term is another way to fulfil what the one before it says."""
    if one.group in ("stage", "sex", "menopause"):
        # Two stages, or two sexes, cannot both be meant of one person.
        return True
    if one.group == "drug":
        # A list of drugs names some of which one is enough, unless it says "and".
        return re.search(r"\band\b(?!/)", between) is None
    return _OR.search(between) is not None


def ors_between(found: Sequence[Found], text: str) -> bool:
    """Tell whether every "or" of a line stands between two terms about the same."""
    for match in _OR.finditer(text):
        inside = any(one.start <= match.start() < one.end for one in found)
        before = [one for one in found if one.end <= match.start()]
        after = [one for one in found if one.start >= match.end()]
        if not inside and not (before and after and before[-1].group == after[0].group):
            return False
    return True


def gaps(found: Sequence[Found], length: int) -> Iterator[tuple[int, int]]:
    """Yield what of a line no phrase covers, as start and end."""
    at = 0
    for one in found:
        yield at, one.start
        at = one.end
    yield at, length
