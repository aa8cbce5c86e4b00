"""How today's check-in looks on the wire."""

from marshmallow import fields

from service.wire import Moment, Out


class AskedBecauseOut(Out):
    """Why something is asked: a rule, last time, a treatment, or its turn; in her own terms."""

    kind = fields.String(metadata={"enum": ["rule", "last_time", "treatment", "rotation"]})
    text = fields.String()
    records = fields.List(fields.Dict())
    rule = fields.String(allow_none=True)


class WhyOut(Out):
    """Why something is worth measuring."""

    text = fields.String()
    records = fields.List(fields.Dict())


class AskedOptionOut(Out):
    """One answer to choose."""

    value = fields.Integer()
    label = fields.String()


class AttributeOut(Out):
    """One question about a symptom."""

    attribute = fields.String()
    prompt = fields.String()
    options = fields.List(fields.Nested(AskedOptionOut))


class CheckInItem(Out):
    """One symptom to ask about.

    ``gate`` is the question that is asked first: answered 0, the others need not be.  ``options``
    are ways not to answer.
    """

    symptom = fields.String()
    prompt = fields.String()
    gate = fields.String(allow_none=True)
    attributes = fields.List(fields.Nested(AttributeOut))
    options = fields.List(fields.String())
    because = fields.Nested(AskedBecauseOut)


class MeasureOut(Out):
    """Something to measure, by its name in a symptom report."""

    measure = fields.String()
    because = fields.Nested(WhyOut)


class FlagOut(Out):
    """A warning sign to tick."""

    code = fields.String()
    prompt = fields.String()


class DueOut(Out):
    """A questionnaire that is due."""

    code = fields.String()
    because = fields.Nested(AskedBecauseOut)


class SameAsLast(Out):
    """What an app sends as today's report if nothing has changed; never a warning sign."""

    report_id = fields.UUID()
    reported_at = Moment()
    answers = fields.List(fields.Dict())


class TeamNoticeOut(Out):
    """What to say before anything about safety, and on the crisis card, if nobody is told."""

    title = fields.String()
    text = fields.String()
    phone = fields.String(allow_none=True)


class CheckInOut(Out):
    """Today's short form.

    ``team_notice`` is null where the care team is told what she reports.
    """

    day = fields.Date()
    version = fields.Integer()
    items = fields.List(fields.Nested(CheckInItem))
    measures = fields.List(fields.Nested(MeasureOut))
    red_flags = fields.List(fields.Nested(FlagOut))
    questionnaires = fields.List(fields.Nested(DueOut))
    ask_safe_now = fields.Boolean()
    same_as_last = fields.Nested(SameAsLast, allow_none=True)
    answered_today = fields.Boolean()
    team_notice = fields.Nested(TeamNoticeOut, allow_none=True)
