"""How the diagnosis looks on the wire: shape and range."""

from marshmallow import fields, validate

from service.wire import Day, Flag, In, Moment, Out, Text, Words

SITES = ("bone", "liver", "lung", "brain", "lymph_node", "chest_wall", "skin", "other")


def _one_of(*words: str) -> fields.String:
    return fields.String(load_default=None, allow_none=True, validate=validate.OneOf(words))


class DiagnosisIn(In):
    """What is known of the disease.  What is left out is not known."""

    recurrence = _one_of("local", "distant", "none")
    stage_iv_at_diagnosis = Flag(load_default=None, allow_none=True)
    diagnosed_on = Day(load_default=None, allow_none=True)
    recurred_on = Day(load_default=None, allow_none=True)
    initial_surgery = _one_of("lumpectomy", "mastectomy", "none", "unknown")
    metastatic_sites = Words(SITES, load_default=list)
    er = _one_of("positive", "negative", "unknown")
    pr = _one_of("positive", "negative", "unknown")
    her2 = _one_of("positive", "low", "ultralow", "negative", "unknown")
    mutations = fields.List(Text(40), load_default=list, validate=validate.Length(max=50))
    menopausal_status = _one_of("pre", "peri", "post", "unknown")


class DiagnosisOut(DiagnosisIn):
    """What is known of the disease; self-reported while ``confirmed_by`` is null.

    ``received_at`` is null before anybody has said anything.
    """

    confirmed_by = fields.String(allow_none=True)
    confirmed_at = Moment(allow_none=True)
    metastatic = fields.Boolean()
    received_at = Moment(allow_none=True)


class DiagnosisHistory(Out):
    """The diagnosis that holds, and those before it, newest first."""

    items = fields.List(fields.Nested(DiagnosisOut))
