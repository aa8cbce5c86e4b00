"""How those who work for a clinic, their rosters and the clinic itself look on the wire."""

from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from service.accounts.models import STAFF
from service.accounts.roster_actions import DUTIES
from service.accounts.rules import DAYS
from service.accounts.schemas import Email, TimeOfDay
from service.wire import (
    Day,
    Flag,
    Id,
    In,
    Moment,
    Out,
    Query,
    Telephone,
    Text,
    TimeZone,
    Whole,
    Words,
)

ROLES = sorted(role.value for role in STAFF)
PHONES = ("oncology_line", "emergency_number", "crisis_line")
_HOLIDAYS_MOST = 400
_PEOPLE_MOST = 10_000


def _role(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(ROLES), **kwargs)


class StaffIn(In):
    """Somebody is invited to work for the clinic, in a role and on rosters."""

    email = Email(required=True)
    display_name = Text(required=True)
    role = _role(required=True)
    duties = Words(DUTIES, load_default=[])


class StaffPatch(In):
    """What an administrator may change of somebody; what is left out stays."""

    display_name = Text()
    role = _role()
    disabled = Flag()


class StaffOut(Out):
    """Somebody who works for the clinic.

    The address, and whether there is a second factor, is shown to administrators only.
    ``away_until`` is when she is back, null if she is here.
    """

    id = Id()
    display_name = fields.String()
    role = fields.String()
    duties_today = fields.List(fields.String())
    away_until = Moment(allow_none=True)
    disabled = fields.Boolean()
    email = fields.String()
    second_factor = fields.Boolean()
    version = fields.Integer()


class StaffPage(Out):
    """A page of staff, by name."""

    items = fields.List(fields.Nested(StaffOut))
    next_cursor = fields.String(allow_none=True)


class RosterQuery(Query):
    """Which roster."""

    duty = fields.String(load_default=None, validate=validate.OneOf(DUTIES))


class ShiftIn(In):
    """When somebody answers; null, or left out, is always."""

    position = Whole(0, _PEOPLE_MOST)
    starts_at = Moment(allow_none=True)
    ends_at = Moment(allow_none=True)
    days = Words(DAYS, allow_none=True)
    from_time = TimeOfDay(allow_none=True)
    to_time = TimeOfDay(allow_none=True)

    @validates_schema
    def _refuse_no_day(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("days") == []:
            raise ValidationError("Name a day, or leave it out for every day.", "days")


class RosterIn(ShiftIn):
    """Somebody is put on a roster.  ``position`` counts from 0; left out it is last."""

    duty = fields.String(required=True, validate=validate.OneOf(DUTIES))
    account_id = Id(required=True)


class RosterPatch(ShiftIn):
    """What may change of an entry; what is left out stays."""

    account_id = Id()


class RosterOut(Out):
    """One entry of a roster: who, in which place, and when."""

    id = Id()
    duty = fields.String()
    position = fields.Integer()
    account_id = Id()
    starts_at = Moment(allow_none=True)
    ends_at = Moment(allow_none=True)
    days = fields.List(fields.String(), allow_none=True)
    from_time = fields.String(allow_none=True)
    to_time = fields.String(allow_none=True)
    version = fields.Integer()


class RostersOut(Out):
    """Rosters in their order, and who is on duty now: of each, the first to be told first."""

    items = fields.List(fields.Nested(RosterOut))
    on_duty_now = fields.Dict(keys=fields.String(), values=fields.List(fields.UUID()))


class AbsenceIn(In):
    """Somebody is away; without a stand-in the next on each of her rosters moves up."""

    account_id = Id(required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    stand_in_id = Id(allow_none=True, load_default=None)


class AbsenceOut(Out):
    """An absence."""

    id = Id()
    account_id = Id()
    starts_at = Moment()
    ends_at = Moment()
    stand_in_id = Id(allow_none=True)
    entered_by = Id()
    entered_at = Moment()


class AbsencesOut(Out):
    """The absences that are not over, the first to begin first."""

    items = fields.List(fields.Nested(AbsenceOut))


class OpeningHours(fields.Field[dict[str, list[str]]]):
    """When a clinic is open: ``{"mon": ["08:00", "17:00"]}``; a day left out is closed."""

    def __init__(self, **kwargs: Any) -> None:
        # Described for the contract: a field of our own has no type otherwise.
        super().__init__(
            metadata={
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError('Not hours, as {"mon": ["08:00", "17:00"]}.')
        unknown = [day for day in value if day not in DAYS]
        if unknown:
            raise ValidationError("Days are mon, tue, wed, thu, fri, sat and sun.")
        return {day: _span(value[day]) for day in DAYS if day in value}

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return value


class ClinicPhones(In):
    """The numbers that guidance names; those left out stay."""

    oncology_line = Telephone()
    emergency_number = Telephone()
    crisis_line = Telephone()


class ClinicIn(In):
    """What may change of a clinic; what is left out stays."""

    name = Text()
    time_zone = TimeZone()
    hours = OpeningHours()
    holidays = fields.List(Day(), validate=validate.Length(max=_HOLIDAYS_MOST))
    phones = fields.Nested(ClinicPhones)


class ClinicFullOut(Out):
    """A clinic as its staff see it."""

    id = Id()
    name = fields.String()
    time_zone = fields.String()
    hours = OpeningHours()
    holidays = fields.List(fields.String())
    phones = fields.Dict(keys=fields.String(), values=fields.String())
    version = fields.Integer()


class ClinicsOut(Out):
    """The clinics one works for."""

    items = fields.List(fields.Nested(ClinicFullOut))


def kept_holidays(days: list[date]) -> list[str]:
    """Return holidays as they are stored: in their order, each once."""
    return [day.isoformat() for day in sorted(set(days))]


def _span(value: Any) -> list[str]:
    field = TimeOfDay()
    if not isinstance(value, list) or len(value) != 2:
        raise ValidationError("A day has a time it opens at and one it closes at.")
    opens, closes = (str(field.deserialize(one)) for one in value)
    if opens >= closes:
        raise ValidationError("A day opens before it closes.")
    return [opens, closes]
