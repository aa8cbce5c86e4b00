"""How a patient looks on the wire."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from service.accounts.models import CareStatus
from service.wire import Amount, Day, Flag, In, Moment, Out, Telephone, Text, TimeZone, Whole

INFORMATION = ("prognosis", "statistics", "side_effects", "trials", "end_of_life", "sexual", "kids")


class Place(In):
    """Where she lives, for the way to a study."""

    lat = Amount(-90, 90, required=True)
    lon = Amount(-180, 180, required=True)


class PatientPatch(In):
    """What changes about a patient (JSON merge patch).  Staff alone change the care status."""

    display_name = Text()
    birth_year = Whole(1900, 2100, allow_none=True)
    sex = fields.String(allow_none=True, validate=validate.OneOf(["female", "male", "other"]))
    time_zone = TimeZone()
    locale = Text(20)
    information_preferences = fields.Dict(
        keys=fields.String(validate=validate.OneOf(INFORMATION)), values=Flag(allow_none=True)
    )
    phone = Telephone(allow_none=True)
    home = fields.Nested(Place, allow_none=True)
    ecog = Whole(0, 4, allow_none=True)
    what_matters = Text(2_000, allow_none=True)
    care_status = fields.Enum(CareStatus, by_value=True)
    died_on = Day()
    confirm = Flag()

    @validates_schema
    def _a_day_of_death_is_of_a_death(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data.get("care_status") is not CareStatus.DECEASED:
            for name in ("died_on", "confirm"):
                if name in data:
                    raise ValidationError("Only with the care status deceased.", name)


class PatientOut(Out):
    """A patient.  What matters to her, in her own words, is left out for her family."""

    id = fields.UUID()
    display_name = fields.String()
    birth_year = fields.Integer(allow_none=True)
    sex = fields.String(allow_none=True)
    time_zone = fields.String()
    locale = fields.String()
    clinic_id = fields.UUID()
    care_status = fields.Enum(CareStatus, by_value=True)
    died_on = fields.Date(allow_none=True)
    information_preferences = fields.Dict()
    phone = fields.String(allow_none=True)
    home = fields.Dict(allow_none=True)
    ecog = fields.Integer(allow_none=True)
    what_matters = fields.String(allow_none=True)
    joined_at = Moment()
    version = fields.Integer()
