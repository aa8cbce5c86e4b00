"""How sync looks on the wire: the WatermelonDB protocol."""

from collections.abc import Mapping
from typing import Any

import orjson
from marshmallow import ValidationError, fields, validate

from service.sync.reading import KINDS
from service.sync.tables import TABLES
from service.wire import GuidanceOut, In, Moment, Out, Query, Whole

MOST_NUMBER = 2**53 - 1
_NOTHING = ("", "null")
_LONGEST = len(str(MOST_NUMBER))
_COLUMNS_OF = {name: ", ".join(one.columns) for name, one in TABLES.items()}


class ChangeNumber(fields.Field[int]):
    """What the phone was told at its last pull; absent, ``null`` and ``0`` mean nothing yet."""

    def __init__(self) -> None:
        super().__init__(
            load_default=lambda: 0,
            metadata={
                "description": "timestamp of the last pull; absent, null or 0: never",
                "type": "string", "pattern": "^(null|[0-9]{0,16})$", "example": "42",
            },
        )  # fmt: skip

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if value in _NOTHING:
            return 0
        if not (isinstance(value, str) and value.isascii() and value.isdigit()):
            raise ValidationError("Not a timestamp of a pull.")
        if len(value) > _LONGEST or int(value) > MOST_NUMBER:
            raise ValidationError("Not a timestamp of a pull.")
        return int(value)


class NewColumns(In):
    """Columns of one table that are new to the phone."""

    table = fields.String(required=True, validate=validate.Length(max=200))
    columns = fields.List(
        fields.String(validate=validate.Length(max=200)), required=True,
        validate=validate.Length(max=500),
    )  # fmt: skip


class MigrationIn(In):
    """What of the phone's own database is new since its last pull, as WatermelonDB says it."""

    since = Whole(0, MOST_NUMBER, data_key="from", required=True)
    tables = fields.List(
        fields.String(validate=validate.Length(max=200)), required=True,
        validate=validate.Length(max=500),
    )  # fmt: skip
    columns = fields.List(
        fields.Nested(NewColumns), required=True, validate=validate.Length(max=500)
    )


class MigrationField(fields.Field[Any]):
    """A migration as JSON in the query string; ``null`` for none."""

    def __init__(self) -> None:
        super().__init__(
            load_default=None,
            metadata={
                "description": 'JSON: {"from": 1, "tables": ["questions"], "columns": '
                '[{"table": "events", "columns": ["place"]}]}; what Waymark has not is passed over',
                "type": "string", "example": "null",
            },
        )  # fmt: skip

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if value in _NOTHING:
            return None
        try:
            read = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise ValidationError("Not JSON.") from None
        return None if read is None else _MIGRATION.load(read)


_MIGRATION = MigrationIn()


class PullQuery(Query):
    """What the phone has, and what it can keep."""

    last_pulled_at = ChangeNumber()
    schema_version = fields.Integer(
        load_default=None, validate=validate.Range(1, MOST_NUMBER),
        metadata={"description": "the version of the phone's own schema; only told"},
    )  # fmt: skip
    migration = MigrationField()


class PushQuery(Query):
    """When the phone pulled last."""

    last_pulled_at = ChangeNumber()


def _changed(of: Any, name: str) -> Any:
    one = type(f"Changed{name.title().replace('_', '')}", (of,), _shape(name))
    return fields.Nested(one, metadata={"description": f"id, {_COLUMNS_OF[name]}"})


def _shape(name: str) -> dict[str, Any]:
    records = fields.List(fields.Dict(), metadata={"description": "raw records"})
    return {
        "__doc__": f"What has changed in {name}: id, {_COLUMNS_OF[name]}.",
        KINDS[0]: records, KINDS[1]: records,
        KINDS[2]: fields.List(fields.String(), metadata={"description": "ids"}),
    }  # fmt: skip


ChangesOut = type(
    "SyncChanges", (Out,),
    {"__doc__": "What has changed, by table.", **{one: _changed(Out, one) for one in TABLES}},
)  # fmt: skip


class PullOut(Out):
    """What has changed, and what to send as ``last_pulled_at`` the next time."""

    changes = fields.Nested(ChangesOut, required=True)
    timestamp = fields.Integer(
        required=True, metadata={"description": "a number of a change, not a clock"}
    )


class RejectionOut(Out):
    """A record that was not taken: what is wrong with it, and under which name."""

    table = fields.String()
    id = fields.String(allow_none=True)
    type = fields.String(metadata={"description": "names the kind of problem"})
    title = fields.String()
    server_time = fields.String(metadata={"description": "of a clock that is wrong"})
    errors = fields.List(fields.Dict())


class ToldOut(Out):
    """What to tell her now about one record, and when that happened."""

    table = fields.String()
    id = fields.UUID()
    at = Moment(allow_none=True)
    guidance = fields.Nested(GuidanceOut)


class PushOut(Out):
    """What became of a push."""

    experimentalRejectedIds = fields.Dict(  # noqa: N815 - WatermelonDB's own name
        keys=fields.String(), values=fields.List(fields.String()), required=True
    )
    rejections = fields.List(fields.Nested(RejectionOut), required=True)
    guidance = fields.List(fields.Nested(ToldOut), required=True)


class SafetyTextOut(Out):
    """One text of the safety card."""

    slug = fields.String()
    level = fields.String(validate=validate.OneOf(("crisis", "emergency")))
    title = fields.String()
    text = fields.String()
    phone = fields.String(allow_none=True)


class SafetyCardOut(Out):
    """What to show in danger without a line: the numbers of her clinic, and the texts."""

    phones = fields.Dict(keys=fields.String(), values=fields.String())
    items = fields.List(fields.Nested(SafetyTextOut))
