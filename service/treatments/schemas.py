"""How treatments look on the wire: shape and range."""

from marshmallow import fields, validate

from service.wire import NOTE, Day, Id, In, Moment, Out, Text, Whole

MODALITIES = (
    "surgery", "chemotherapy", "radiation", "hormonal", "targeted", "immunotherapy",
    "bone_modifying", "supportive", "other",
)  # fmt: skip
STATUSES = ("planned", "active", "held", "stopped", "completed")


class TreatmentIn(In):
    """A treatment as the phone sends it."""

    id = Id(required=True)
    code = Text(60, load_default=None, allow_none=True)
    name = Text(load_default=None, allow_none=True)
    modality = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(MODALITIES)
    )
    body_site = Text(load_default=None, allow_none=True)
    line = Whole(0, 30, load_default=None, allow_none=True)
    started_on = Day(required=True)
    ended_on = Day(load_default=None, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    stop_reason = Text(load_default=None, allow_none=True)
    dose = Text(load_default=None, allow_none=True)
    schedule = fields.Dict(load_default=None, allow_none=True)
    notes = Text(NOTE, load_default=None, allow_none=True)


class TreatmentPatch(In):
    """What changes in a treatment (JSON merge patch)."""

    code = Text(60, allow_none=True)
    name = Text(allow_none=True)
    modality = fields.String(validate=validate.OneOf(MODALITIES))
    body_site = Text(allow_none=True)
    line = Whole(0, 30, allow_none=True)
    started_on = Day()
    ended_on = Day(allow_none=True)
    status = fields.String(validate=validate.OneOf(STATUSES))
    stop_reason = Text(allow_none=True)
    dose = Text(allow_none=True)
    schedule = fields.Dict(allow_none=True)
    notes = Text(NOTE, allow_none=True)


class TreatmentOut(TreatmentIn):
    """A treatment as kept."""

    received_at = Moment()
    version = fields.Integer()


class TreatmentPage(Out):
    """A page of treatments, the latest started first."""

    items = fields.List(fields.Nested(TreatmentOut))
    next_cursor = fields.String(allow_none=True)
