"""What the contract says of fields that marshmallow knows nothing of, as JSON Schema.

The fields themselves decide; here is said beforehand what they will take, as far as JSON Schema
can say it.  ``tests/abuse`` sends what the contract forbids and what it allows.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from service.accounts.rules import PASSWORD_LEAST, PASSWORD_MOST
from service.accounts.schemas import Email, NewPassword, TimeOfDay
from service.wire import DayOrMoment, Language, Line, LocalMoment, Slug, Telephone, Text

_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
# What only steers a machine: control characters, separators of lines and paragraphs.
_STEERING = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_AROUND_AT = r'[^\s@<>",;:()\[\]\\]+'
_SHAPES: Mapping[type[fields.Field[Any]], Mapping[str, Any]] = {
    LocalMoment: {"pattern": rf"^{_DAY}T{_TIME}$"},
    DayOrMoment: {"pattern": rf"^{_DAY}([Tt]{_TIME}.+)?$"},
    Slug: {"pattern": r"^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 60},
    Language: {"pattern": r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"},
    Email: {"pattern": rf"^\s*{_AROUND_AT}@{_AROUND_AT}\.{_AROUND_AT}\s*$", "maxLength": 254},
    NewPassword: {"minLength": PASSWORD_LEAST, "maxLength": PASSWORD_MOST},
    TimeOfDay: {"pattern": rf"^{_TIME}$"},
    Telephone: {"pattern": r"^\+?[(]?[0-9][0-9 ()./-]*[0-9](,? ?(x|ext\.?) ?[0-9]{1,8})?$"},
}


def shape_of(_converter: Any, field: fields.Field[Any], **_kwargs: Any) -> dict[str, Any]:
    """Return what is to be said of a field besides what apispec finds out by itself."""
    for kind, shape in _SHAPES.items():
        if isinstance(field, kind):
            return {"type": ["string", "null"] if field.allow_none else "string", **shape}
    if isinstance(field, Line) and _refuses(field, " "):
        return {"pattern": f"^[^{_STEERING}]*[^{_STEERING}\\s][^{_STEERING}]*$"}
    if isinstance(field, Text) and _refuses(field, " "):
        return {"pattern": r"\S"}
    for check in field.validators:
        pattern = str(check.regex.pattern) if isinstance(check, validate.Regexp) else ""
        # Python's end of a text, which JSON Schema writes as $.
        if pattern.endswith(r"\Z"):
            return {"pattern": pattern.removesuffix(r"\Z") + "$"}
    if isinstance(field, fields.List) and _refuses_twice(field):
        return {"uniqueItems": True}
    return {}


def _refuses(field: fields.Field[Any], value: Any) -> bool:
    try:
        field.deserialize(value)
    except ValidationError:
        return True
    return False


def _refuses_twice(field: fields.List[Any]) -> bool:
    """Tell whether one of a list's own checks minds that something stands in it twice."""
    for check in field.validators:
        try:
            check(["a"])
            check(["a", "b"])
        except ValidationError:
            continue
        try:
            check(["a", "a"])
        except ValidationError:
            return True
    return False
