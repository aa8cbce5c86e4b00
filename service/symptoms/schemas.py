"""How the symptom diary looks on the wire: shape and range.  What it means is in rules.py."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from service.clinical import knowledge
from service.in_force import InForce
from service.quick import quickly
from service.symptoms.rules import OPT_OUTS, REPORTERS
from service.symptoms.units import MEASUREMENTS
from service.wire import NOTE, Amount, GuidanceOut, Id, In, Moment, Out, Text, Whole, Words

ATTRIBUTES = ("frequency", "severity", "interference", "amount", "presence")
_HIGHEST = {"presence": 1}
MOST_SYMPTOMS = len(knowledge().symptoms)


class AttributeValue(fields.Field[Any]):
    """One attribute of a symptom: 0 to 4 (``presence`` 0 or 1), or why there is no number."""

    def __init__(self, highest: int, **kwargs: Any) -> None:
        super().__init__(
            allow_none=True,
            metadata={
                "description": f"0 to {highest}, null, or one of: {', '.join(sorted(OPT_OUTS))}",
                "oneOf": [
                    {"type": "integer", "minimum": 0, "maximum": highest},
                    {"type": "null"},
                    {"type": "string", "enum": sorted(OPT_OUTS)},
                ],
            },
            **kwargs,
        )
        self._highest = highest

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if isinstance(value, str) and value in OPT_OUTS:
            return value
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= self._highest:
            return value
        raise ValidationError(f"Must be 0 to {self._highest}, null, or an opt-out word.")


class Answer(In):
    """What she said about one symptom."""

    symptom = fields.String(required=True, validate=validate.OneOf(sorted(knowledge().symptoms)))
    frequency = AttributeValue(4)
    severity = AttributeValue(4)
    interference = AttributeValue(4)
    amount = AttributeValue(4)
    presence = AttributeValue(1)


class Answers(fields.List[Any]):
    """What she said about each symptom."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.Nested(Answer), **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> list[Any]:
        if type(value) is list:
            loaded = [quickly(_ANSWER, one) for one in value]
            if None not in loaded:
                return loaded
        return super()._deserialize(value, attr, data, **kwargs)


_ANSWER = Answer()


class GradedAnswer(Answer):
    """What she said about one symptom, and the grade it comes to."""

    grade = fields.Integer(
        allow_none=True,
        metadata={"description": "0 none to 3 severe; null if unknown, never taken for 0"},
    )


class SymptomReportIn(In):
    """A report as the phone sends it."""

    id = Id(required=True)
    reported_at = Moment(required=True)
    answers = Answers(load_default=list, validate=validate.Length(max=MOST_SYMPTOMS))
    temperature_c = Amount(30, 45, load_default=None, allow_none=True)
    stools_over_baseline = Whole(0, 50, load_default=None, allow_none=True)
    glucose_mg_dl = Amount(10, 2000, load_default=None, allow_none=True)
    red_flags = Words(InForce(lambda: knowledge().red_flags), load_default=list)
    body_sites = fields.List(Text(60), load_default=list, validate=validate.Length(max=30))
    note = Text(NOTE, load_default=None, allow_none=True)
    reported_by = fields.String(
        load_default=None, allow_none=True,
        validate=validate.OneOf(REPORTERS),
    )  # fmt: skip
    corrects = Id(load_default=None, allow_none=True)

    def load(self, data: Any, **kwargs: Any) -> Any:
        """Load a report; see ``service.quick``."""
        return quickly(self, data) or super().load(data, **kwargs)


class SymptomReportKept(Out):
    """A report as Waymark keeps it."""

    id = fields.UUID()
    reported_at = Moment()
    received_at = Moment()
    answers = fields.List(fields.Nested(GradedAnswer))
    grading_version = fields.String()
    temperature_c = fields.Float(allow_none=True)
    stools_over_baseline = fields.Integer(allow_none=True)
    glucose_mg_dl = fields.Float(allow_none=True)
    red_flags = fields.List(fields.String())
    body_sites = fields.List(fields.String())
    note = fields.String(allow_none=True)
    reported_by = fields.String(allow_none=True)
    corrects = fields.UUID(allow_none=True)
    corrected_by = fields.UUID(allow_none=True)
    version = fields.Integer()


class SymptomReportOut(SymptomReportKept):
    """A report as Waymark keeps it, and what she was told."""

    guidance = fields.Nested(GuidanceOut)


# Reports go out straight from their columns: dumping fifty of them field by field takes longer
# than reading them.  A test holds both ways of writing a report against each other.
_WIRE_NAMES = tuple(SymptomReportKept().fields)


def wire_form(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report as ``SymptomReportKept`` dumps it, moments and ids left for orjson."""
    return {name: record[name] for name in _WIRE_NAMES}


class SymptomReportPage(Out):
    """A page of reports, newest first."""

    items = fields.List(fields.Nested(SymptomReportKept))
    next_cursor = fields.String(allow_none=True)


class MeasurementIn(In):
    """One measured value."""

    id = Id(required=True)
    code = fields.String(required=True, validate=validate.OneOf(sorted(MEASUREMENTS)))
    value = Amount(-1e6, 1e6, required=True)
    unit = Text(20, required=True)
    measured_at = Moment(required=True)


class MeasurementKept(MeasurementIn):
    """One measured value as kept."""

    received_at = Moment()
    version = fields.Integer()


class MeasurementOut(MeasurementKept):
    """One measured value as kept, and what she was told."""

    guidance = fields.Nested(GuidanceOut)


class MeasurementPage(Out):
    """A page of measurements, newest first."""

    items = fields.List(fields.Nested(MeasurementKept))
    next_cursor = fields.String(allow_none=True)
