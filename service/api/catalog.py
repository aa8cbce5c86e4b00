"""Routes of the catalogue: treatments, symptoms, red flags, questionnaires, as data."""

from collections.abc import Iterable
from typing import Any

from marshmallow import fields

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.api.scales_shown import scales_shown
from service.clinical import Instrument, Treatment, knowledge, search_treatments
from service.clinical.instruments import Answer
from service.errors import NotFound
from service.wire import Out, Query, Text

blp = ApiBlueprint("catalog", __name__, description="What can be logged, and how it is asked")


class TreatmentSearch(Query):
    """Which treatments."""

    q = Text(100, load_default="", blank=True)
    treatment_class = Text(100, data_key="class", load_default=None)
    modality = Text(20, load_default=None)


class CatalogTreatment(Out):
    """A treatment of the catalogue."""

    code = fields.String()
    name = fields.String()
    brands = fields.List(fields.String())
    kind = fields.String()
    treatment_class = fields.String(data_key="class")
    modality = fields.String()
    route = fields.String(allow_none=True)
    label_schedule = fields.String(allow_none=True)
    schedule = fields.Raw(allow_none=True)
    schedule_note = fields.String(allow_none=True)
    symptoms = fields.List(fields.String())
    effects = fields.List(fields.String())
    rxnorm = fields.String(allow_none=True)
    statuses = fields.Dict()


class Stamped(Out):
    """A list of the catalogue, with its version, source and sign-off."""

    version = fields.Raw()
    source = fields.String()
    review = fields.Dict()
    next_cursor = fields.String(allow_none=True)


class QuestionnaireOut(Out):
    """A questionnaire with its items, credit line and codes; texts only where they may be shown.

    An item with ``answers`` of its own has those instead of the questionnaire's; ``answers`` empty
    means yes or no.  ``unscored`` is asked after the items and is part of no score.  ``scales``
    says what stands under ``scores`` in a response.
    """

    code = fields.String()
    title = fields.String()
    staff_only = fields.Boolean()
    credit = fields.String(allow_none=True)
    minimum = fields.Integer(allow_none=True)
    maximum = fields.Integer(allow_none=True)
    positive_at = fields.Integer(allow_none=True)
    loinc_panel = fields.String(allow_none=True)
    loinc_total = fields.String(allow_none=True)
    version = fields.Raw()
    recall = fields.String(allow_none=True)
    items = fields.List(fields.Dict())
    answers = fields.List(fields.Dict())
    bands = fields.List(fields.Dict())
    unscored = fields.List(fields.Dict())
    scales = fields.List(fields.Dict())
    missing = fields.String()
    origin = fields.String()


class WellbeingFormOut(Stamped):
    """The check in which she says how she feels; ``then`` is the questionnaire asked after it."""

    distress = fields.Dict()
    topics = fields.List(fields.Dict())
    then = fields.String()


class PathwayOut(Stamped):
    """What usually follows a local recurrence, by the first operation."""

    definition = fields.String()
    local = fields.Dict()
    when_unknown = fields.String()


class TreatmentCatalog(Stamped):
    """Treatments, best match first."""

    items = fields.List(fields.Nested(CatalogTreatment))


class AnyCatalog(Stamped):
    """Entries of the catalogue."""

    items = fields.List(fields.Dict())


@blp.route("/catalog/treatments")
@allow(Topic.CATALOG, Do.READ)
@blp.arguments(TreatmentSearch, location="query")
@blp.response(200, TreatmentCatalog)
def search(args: dict[str, Any], *, call: Call) -> Any:
    """Search treatments by generic name or brand."""
    found = search_treatments(args["q"], args["treatment_class"], args["modality"])
    return {"items": [_treatment(one) for one in found], **_stamp("treatments.json")}


@blp.route("/catalog/symptoms")
@allow(Topic.CATALOG, Do.READ)
@blp.response(200, AnyCatalog)
def list_symptoms(*, call: Call) -> Any:
    """List the 80 symptoms with their questions."""
    items = [
        {
            "key": one.key, "term": one.term, "group": one.group, "gate": one.gate,
            "attributes": list(one.attributes),
            "items": [
                {
                    "code": item.code, "attribute": item.attribute, "prompt": item.prompt,
                    "labels": list(item.labels), "opt_outs": list(item.opt_outs),
                }
                for item in one.items
            ],
        }
        for one in knowledge().symptoms.values()
    ]  # fmt: skip
    return {"items": items, **_stamp("symptoms.json")}


@blp.route("/catalog/red-flags")
@allow(Topic.CATALOG, Do.READ)
@blp.response(200, AnyCatalog)
def list_red_flags(*, call: Call) -> Any:
    """List the warning signs she can tick."""
    items = [{"code": one.code, "prompt": one.prompt} for one in knowledge().red_flags.values()]
    return {"items": items, **_stamp("red_flags.yaml")}


@blp.route("/catalog/questionnaires")
@allow(Topic.CATALOG, Do.READ)
@blp.response(200, AnyCatalog)
def list_questionnaires(*, call: Call) -> Any:
    """List the questionnaires."""
    items = [_questionnaire(one) for one in knowledge().instruments.values()]
    return {"items": items, "version": None, "source": "", "review": {}, "next_cursor": None}


@blp.route("/catalog/questionnaires/<code>")
@allow(Topic.CATALOG, Do.READ)
@blp.response(200, QuestionnaireOut)
def read_questionnaire(code: str, *, call: Call) -> Any:
    """Read one questionnaire with its items, credit line and codes."""
    found = knowledge().instruments.get(code)
    if found is None:
        raise NotFound
    return {
        **_questionnaire(found),
        "recall": found.recall,
        "items": [
            {
                "n": one.n, "text": one.text, "loinc": one.loinc,
                "answers": _answers(one.answers) or None,
            }
            for one in found.items
        ],
        "answers": _answers(found.answers),
        "bands": [{"from": one.low, "to": one.high, "name": one.name} for one in found.bands],
        "unscored": [
            {
                "key": one.key, "text": one.text, "loinc": one.loinc,
                "answers": _answers(one.answers),
            }
            for one in found.unscored
        ],
        "scales": scales_shown(found),
        "missing": found.missing,
        "origin": knowledge().origins[f"instruments/{code}.yaml"],
    }  # fmt: skip


@blp.route("/catalog/wellbeing-check")
@allow(Topic.CATALOG, Do.READ)
@blp.response(200, WellbeingFormOut)
def read_wellbeing_form(*, call: Call) -> Any:
    """Read the words of the wellbeing check: a number from 0 to 10, and topics to tap."""
    form = knowledge().wellbeing_form
    return {
        "distress": {
            "prompt": form.distress.prompt, "minimum": 0, "maximum": 10,
            "low": form.distress.low, "high": form.distress.high,
        },
        "topics": [{"key": one.key, "label": one.label} for one in form.topics],
        "then": form.questionnaire,
        **_stamp("wellbeing_check.yaml"),
    }  # fmt: skip


@blp.route("/catalog/pathway")
@allow(Topic.CATALOG, Do.READ)
@blp.response(200, PathwayOut)
def read_pathway(*, call: Call) -> Any:
    """Read what usually follows a local recurrence: information, never advice."""
    found = knowledge().pathway
    local = {
        surgery: [{"treatments": list(step.treatments), "text": step.text} for step in steps]
        for surgery, steps in found.local.items()
    }
    return {
        "definition": found.definition, "local": local, "when_unknown": found.when_unknown,
        **_stamp("pathway.yaml"),
    }  # fmt: skip


def _treatment(one: Treatment) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in CatalogTreatment._declared_fields}
    schedule = None if one.schedule is None else plain(one.schedule)
    return shown | {"effects": sorted(one.effects), "schedule": schedule}


def plain(value: Any) -> Any:
    """Return frozen knowledge as plain JSON values."""
    if hasattr(value, "items"):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


def _questionnaire(one: Instrument) -> dict[str, Any]:
    return {
        "code": one.code, "title": one.title, "staff_only": one.staff_only, "credit": one.credit,
        "minimum": one.minimum, "maximum": one.maximum, "positive_at": one.positive_at,
        "loinc_panel": one.loinc_panel, "loinc_total": one.loinc_total,
        "version": one.stamp.version,
    }  # fmt: skip


def _answers(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    return [{"value": one.value, "label": one.label, "loinc": one.loinc} for one in answers]


def _stamp(name: str) -> dict[str, Any]:
    stamp = knowledge().stamps[name]
    review = {"status": stamp.review.status, "by": stamp.review.by, "on": stamp.review.on}
    return {
        "version": stamp.version, "source": stamp.source, "review": review, "next_cursor": None,
    }  # fmt: skip
