"""How the entries of a clinic look on the wire: whom patients can turn to."""

import re
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from service.support.entries_queries import KINDS, STATUSES
from service.wire import (
    Day,
    In,
    Language,
    Line,
    LocalMoment,
    Moment,
    Out,
    Prose,
    Query,
    Slug,
    TimeZone,
    Whole,
    no_repeats,
)

ABOUT = 2_000
URL = 500
_MOST = 30
_PHONE = re.compile(r"\+?[\d(][\d ()./-]{1,30}( ?(ext\.?|x) ?\d{1,6})?", re.ASCII)


def _a_phone(text: str) -> None:
    if not _PHONE.fullmatch(text) or sum(character.isdigit() for character in text) < 3:
        raise ValidationError("Not a phone number, as 206-555-0100.")


def _a_day(text: str) -> None:
    Day().deserialize(text)


def _an_address(text: str) -> None:
    try:
        parts = urlsplit(text)
        is_plain = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        is_plain = False
    good = text.isascii() and text.isprintable() and " " not in text and len(text) <= URL
    if not (is_plain and good and text.startswith("https://")):
        raise ValidationError("Not an address that begins with https://.")


class MeetsIn(In):
    """When a group meets, on the wall clock of the place it meets in."""

    local_start = LocalMoment(required=True)
    minutes = Whole(5, 24 * 60, required=True)
    recurrence = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=200),
        metadata={"description": "RFC 5545, as FREQ=WEEKLY;BYDAY=TU; null: it meets once"},
    )
    time_zone = TimeZone(
        load_default=None, allow_none=True, metadata={"description": "null: the clinic's"}
    )
    not_on = fields.List(
        fields.String(validate=_a_day), load_default=list, validate=validate.Length(max=100)
    )


class MeetsOut(Out):
    """When a group meets."""

    local_start = fields.String()
    minutes = fields.Integer()
    recurrence = fields.String(allow_none=True)
    time_zone = fields.String()
    not_on = fields.List(fields.String())


class EntryPatch(In):
    """What can be changed of a draft."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    name = Line(required=True)
    about = Prose(ABOUT, required=True)
    languages = fields.List(
        Language(), required=True,
        validate=[validate.Length(min=1, max=_MOST), no_repeats],
    )  # fmt: skip
    phone = fields.String(allow_none=True, validate=_a_phone)
    url = fields.String(allow_none=True, validate=_an_address)
    when = Line(allow_none=True)
    faiths = fields.List(fields.String(), validate=[validate.Length(max=_MOST), no_repeats])
    meets = fields.Nested(MeetsIn, allow_none=True)


class EntryIn(EntryPatch):
    """A new version of an entry."""

    slug = Slug(required=True)
    phone = fields.String(allow_none=True, load_default=None, validate=_a_phone)
    url = fields.String(allow_none=True, load_default=None, validate=_an_address)
    when = Line(allow_none=True, load_default=None)
    faiths = fields.List(
        fields.String(), load_default=list, validate=[validate.Length(max=_MOST), no_repeats]
    )
    meets = fields.Nested(MeetsIn, allow_none=True, load_default=None)


class EntryFilter(Query):
    """Which versions."""

    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))


class EntryOut(Out):
    """One version of an entry."""

    id = fields.UUID()
    slug = fields.String()
    number = fields.Integer()
    status = fields.String(metadata={"enum": list(STATUSES)})
    kind = fields.String()
    name = fields.String()
    about = fields.String()
    languages = fields.List(fields.String())
    phone = fields.String(allow_none=True)
    url = fields.String(allow_none=True)
    when = fields.String(allow_none=True)
    faiths = fields.List(fields.String())
    meets = fields.Nested(MeetsOut, allow_none=True)
    written_by = fields.UUID()
    written_at = Moment()
    published_by = fields.UUID(allow_none=True)
    published_at = Moment(allow_none=True)
    version = fields.Integer()


class EntryPage(Out):
    """A page of versions, newest first."""

    items = fields.List(fields.Nested(EntryOut))
    next_cursor = fields.String(allow_none=True)
