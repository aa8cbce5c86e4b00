"""Loading a hot request's body without what a schema spends on fields that are not there.

The fields themselves read and check what is there, so nothing means anything else than it does to
the schema; whatever is not plain is left to the schema, and with it every error.
"""

from typing import Any

from marshmallow import Schema, ValidationError, missing


def quickly(schema: Schema, data: Any) -> dict[str, Any] | None:
    """Return what a schema loads, or ``None`` if it has to look itself.

    For schemas without hooks, whose fields load under their own names.
    """
    if type(data) is not dict:
        return None
    known = schema.load_fields
    loaded: dict[str, Any] = {}
    try:
        for name, value in data.items():
            loaded[name] = known[name].deserialize(value)
    except (KeyError, ValidationError):
        return None
    for name, field in known.items():
        if name not in loaded:
            if field.required:
                return None
            default = field.load_default
            if default is not missing:
                loaded[name] = default() if callable(default) else default
    return loaded
