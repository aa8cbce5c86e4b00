"""What all schemas share: how text, moments and days look on the wire, and what is refused."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

NAME = 200
NOTE = 10_000
SLUG = 60
LEVELS = ("none", "self_care", "call_today", "call_now", "emergency", "crisis")
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)
# With an extension, if need be; 911 and 988 are numbers too.
_TELEPHONE = re.compile(r"\+?[(]?[0-9][0-9 ()./-]*[0-9](,? ?(x|ext\.?) ?[0-9]{1,8})?", re.ASCII)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Language, script, region: the shape of BCP 47 as far as it tells readers apart.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?", re.ASCII)
# Control characters, and the separators of lines and paragraphs.
_STEERING = frozenset({"Cc", "Zl", "Zp"})
# Finding the names of all zones walks a folder of files: 15 ms each time.
_zones = cache(available_timezones)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class In(Schema):
    """A request body.  Unknown fields are refused."""

    class Meta:
        unknown = RAISE


class Query(Schema):
    """The query string.  Unknown names are ignored, as browsers and proxies add their own."""

    class Meta:
        unknown = EXCLUDE


class Out(Schema):
    """An answer."""


class Text(fields.String):
    """Text of at most ``most`` characters, without U+0000, which no database takes.

    Blank text is refused unless ``blank`` says it may be.
    """

    def __init__(self, most: int = NAME, *, blank: bool = False, **kwargs: Any) -> None:
        checks: list[Any] = [validate.Length(max=most), _no_nul]
        if not blank:
            checks.append(_not_blank)
        super().__init__(validate=checks, **kwargs)


class Line(Text):
    """Text on one line: no line breaks, tabs or other characters that only steer a machine."""

    def __init__(self, most: int = NAME, **kwargs: Any) -> None:
        super().__init__(most, **kwargs)
        self.validators.append(_one_line)


class Telephone(Line):
    """A number to call as people write it: at least two digits, and what goes between them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(40, **kwargs)
        self.validators.append(_a_number_to_call)


class Prose(Text):
    """Text of many lines, however they end; without other control characters."""

    def __init__(self, most: int = NOTE, **kwargs: Any) -> None:
        super().__init__(most, **kwargs)
        self.validators.append(_many_lines)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        return text.replace("\r\n", "\n").replace("\r", "\n")


class Slug(fields.String):
    """A name in links: small letters and digits, joined by hyphens."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=_a_slug, **kwargs)


class Language(fields.String):
    """The tag of a language: ``es``, ``es-MX`` or ``zh-Hant``, as BCP 47 has them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=_a_language, **kwargs)


class Words(fields.List[str]):
    """A list of words from a vocabulary, each at most once."""

    def __init__(self, words: Any, *, least: int = 0, most: int = 100, **kwargs: Any) -> None:
        known = words if isinstance(words, validate.Validator) else validate.OneOf(sorted(words))
        super().__init__(
            fields.String(validate=known),
            validate=[validate.Length(min=least, max=most), no_repeats],
            **kwargs,
        )


class Moment(fields.Field[datetime]):
    """A moment: RFC 3339 with an offset in, UTC with ``Z`` out."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValidationError("Not a moment with an offset, as 2026-01-05T09:00:00-08:00.")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError("There is no such moment.") from None

    def _serialize(
        self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | None:
        return None if value is None else moment_text(value)


class Day(fields.Date):
    """A day, ``YYYY-MM-DD``."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValidationError("Not a day, as 2026-01-05.")
        return super()._deserialize(value, attr, data, **kwargs)


class LocalMoment(fields.String):
    """A wall-clock time without a zone, ``YYYY-MM-DDTHH:MM``."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str) or not _LOCAL.fullmatch(value):
            raise ValidationError("Not a local time without offset, as 2026-01-05T09:00.")
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise ValidationError("There is no such local time.") from None
        return value


class DayOrMoment(fields.Field[Any]):
    """A day of hers, or a moment: ``2026-03-08`` or ``2026-03-08T09:00:00-08:00``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        for kind in (Day(), Moment()):
            try:
                asked = kind.deserialize(value, attr, data)
            except ValidationError:
                continue
            if not 1 < asked.year < 9999:
                # The day after the last one has no date, and neither has the day before the first.
                raise ValidationError("No calendar of ours reaches there.")
            return asked
        raise ValidationError("Neither a day, as 2026-03-08, nor a moment with an offset.")


class Whole(fields.Integer):
    """A whole number between two bounds; ``"2"``, ``2.0`` and ``true`` are not 2."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("Not a whole number.")
        return super()._deserialize(value, attr, data, **kwargs)


class Amount(fields.Float):
    """A finite number between two bounds."""

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValidationError("Not a number.")
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(fields.Boolean):
    """``true`` or ``false``, and nothing that merely looks like it."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class Id(fields.UUID):
    """A UUID as text, in its usual form."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> UUID:
        if not isinstance(value, str) or len(value) != 36:
            raise ValidationError("Not a UUID.")
        found = super()._deserialize(value, attr, data, **kwargs)
        assert isinstance(found, UUID)  # noqa: S101 - tells mypy, not a check
        return found


class TimeZone(fields.String):
    """The IANA name of a time zone."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        if not isinstance(value, str) or value not in _zones():
            raise ValidationError("Not an IANA time zone, as America/Los_Angeles.")
        return value


class GuidanceOut(Out):
    """What to tell her now.  It stands in the answer to everything she reports."""

    level = fields.String(validate=validate.OneOf(LEVELS))
    rules = fields.List(fields.String())
    title = fields.String(allow_none=True)
    text = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)


def moment_text(moment: datetime) -> str:
    """Write a moment in UTC: ``2026-01-05T17:00:00Z``."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _no_nul(text: str) -> None:
    if "\x00" in text:
        raise ValidationError("Must not contain the character U+0000.")


def _not_blank(text: str) -> None:
    if not text.strip():
        raise ValidationError("Must not be blank.")


def _a_number_to_call(text: str) -> None:
    # What is blank has been refused in better words.
    if text.strip() and not _TELEPHONE.fullmatch(text):
        raise ValidationError("Must be a telephone number, as +1 206 555 0100.")


def _a_slug(text: str) -> None:
    if len(text) > SLUG or not _SLUG.fullmatch(text):
        raise ValidationError(f"Small letters and digits, joined by hyphens, at most {SLUG}.")


def _a_language(text: str) -> None:
    if not _LANGUAGE.fullmatch(text):
        raise ValidationError("Not a language, as es, es-MX or zh-Hant.")


def _one_line(text: str) -> None:
    if any(unicodedata.category(character) in _STEERING for character in text):
        raise ValidationError("Must not contain line breaks or other control characters.")


def _many_lines(text: str) -> None:
    _one_line(text.replace("\n", "").replace("\t", ""))


def no_repeats(words: list[str]) -> None:
    """Refuse a list in which something stands twice."""
    if len(set(words)) != len(words):
        raise ValidationError("Must not repeat a word.")
