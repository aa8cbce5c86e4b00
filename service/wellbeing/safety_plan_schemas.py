"""How safety plans look on the wire."""

from marshmallow import fields, validate

from service.accounts.models import Role
from service.wire import In, Moment, Out, Text

# Long enough for names and numbers, short enough to be read in a bad hour.
_MOST = 4_000


class SafetyPlanIn(In):
    """Her own words by heading; the headings stand in the answer to ``GET``."""

    sections = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        values=Text(_MOST, blank=True, allow_none=True),
        required=True,
        validate=validate.Length(max=50),
    )


class PlanHeadingOut(Out):
    """A heading, and what belongs under it."""

    key = fields.String()
    title = fields.String()
    hint = fields.String()


class SafetyPlanOut(Out):
    """The plan that holds; ``number`` 0 and no sections where none has been made yet."""

    number = fields.Integer()
    sections = fields.Dict(keys=fields.String(), values=fields.String())
    made_at = Moment(allow_none=True)
    by_role = fields.Enum(Role, by_value=True, allow_none=True)
    headings = fields.List(fields.Nested(PlanHeadingOut))
    crisis_line = fields.String(allow_none=True)
    emergency_number = fields.String(allow_none=True)


class PlanVersionOut(Out):
    """One version of her plan."""

    number = fields.Integer()
    sections = fields.Dict(keys=fields.String(), values=fields.String())
    made_at = Moment()
    by_role = fields.Enum(Role, by_value=True)
    superseded_at = Moment(allow_none=True)


class PlanVersions(Out):
    """The versions of her plan, the newest first; at most fifty."""

    items = fields.List(fields.Nested(PlanVersionOut))
