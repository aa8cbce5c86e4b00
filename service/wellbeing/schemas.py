"""How wellbeing looks on the wire: shape and range."""

from marshmallow import fields, validate

from service.clinical import knowledge
from service.in_force import InForce
from service.wire import NOTE, Flag, GuidanceOut, Id, In, Moment, Out, Text, Whole, Words

TOPICS = ("body", "feelings", "practical", "family", "meaning")
CONTACTS = ("social_worker", "chaplain", "support_group", "nurse")
STATUSES = ("in-progress", "completed")


class WellbeingCheckIn(In):
    """How she feels, as the phone sends it."""

    id = Id(required=True)
    checked_at = Moment(required=True)
    distress = Whole(0, 10, load_default=None, allow_none=True)
    mood = Whole(1, 5, load_default=None, allow_none=True)
    topics = Words(TOPICS, load_default=list)
    contact_wanted = Words(CONTACTS, load_default=list)
    safe_now = Flag(load_default=None, allow_none=True)
    note = Text(NOTE, load_default=None, allow_none=True)
    note_is_private = Flag(load_default=False)


class WellbeingCheckKept(WellbeingCheckIn):
    """How she felt; the note is left out for everybody she does not share it with."""

    received_at = Moment()
    version = fields.Integer()


class WellbeingCheckOut(WellbeingCheckKept):
    """How she felt, and what she was told."""

    guidance = fields.Nested(GuidanceOut)
    next = fields.String(allow_none=True, metadata={"description": "questionnaire to offer now"})


class WellbeingCheckPage(Out):
    """A page of wellbeing checks, newest first."""

    items = fields.List(fields.Nested(WellbeingCheckKept))
    next_cursor = fields.String(allow_none=True)


class QuestionnaireResponseIn(In):
    """Answers to one questionnaire, as the phone sends them."""

    id = Id(required=True)
    questionnaire = fields.String(required=True, validate=InForce(lambda: knowledge().instruments))
    answers = fields.Dict(
        keys=fields.String(validate=validate.Length(max=20)),
        values=fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(max=100),
    )
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    answered_at = Moment(required=True)


class QuestionnaireResponsePatch(In):
    """What changes in a response; answers merge item by item."""

    answers = fields.Dict(
        keys=fields.String(validate=validate.Length(max=20)),
        values=fields.Raw(allow_none=True),
        validate=validate.Length(max=100),
    )
    status = fields.String(validate=validate.OneOf(STATUSES))
    answered_at = Moment()


class ScoreOut(Out):
    """What a scale comes to, to two places; null where too little of it is answered."""

    name = fields.String()
    raw = fields.Float(allow_none=True)
    score = fields.Float(allow_none=True)
    band = fields.String(allow_none=True)
    positive = fields.Boolean(allow_none=True)


class QuestionnaireResponseKept(Out):
    """A response as kept, with what it comes to."""

    id = fields.UUID()
    questionnaire = fields.String()
    instrument_version = fields.String()
    answers = fields.Dict()
    status = fields.String()
    answered_at = Moment()
    received_at = Moment()
    total = fields.Integer(allow_none=True)
    band = fields.String(allow_none=True)
    positive = fields.Boolean(allow_none=True)
    scores = fields.List(
        fields.Nested(ScoreOut),
        allow_none=True,
        metadata={"description": "of questionnaires with scales or parts; null for the others"},
    )
    version = fields.Integer()


class QuestionnaireResponseOut(QuestionnaireResponseKept):
    """A response as kept, what she was told, and what to offer her now."""

    guidance = fields.Nested(GuidanceOut)
    next = fields.String(allow_none=True)


class QuestionnaireResponsePage(Out):
    """A page of responses, newest first."""

    items = fields.List(fields.Nested(QuestionnaireResponseKept))
    next_cursor = fields.String(allow_none=True)
