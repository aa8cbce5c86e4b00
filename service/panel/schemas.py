"""How the panel looks on the wire."""

from typing import Any

from marshmallow import fields, post_load, validate

from service.accounts.models import CareStatus
from service.panel.looks import FILTERS, SORTS
from service.wire import Id, In, Moment, Out, Query, Text


class PanelQuery(Query):
    """How the panel is sorted and whom it shows.  A filter or a search has an order of its own."""

    sort = fields.String(load_default=None, validate=validate.OneOf(SORTS))
    kept = fields.String(data_key="filter", load_default=None, validate=validate.OneOf(FILTERS))
    search = Text(100, data_key="q", load_default=None)


class WorstSymptom(Out):
    """A symptom of her latest report."""

    symptom = fields.String()
    grade = fields.Integer()


class SilentOut(Out):
    """How long she has been silent, by her own rhythm; null before she has shown one."""

    missed_check_ins = fields.Integer()
    rhythm_days = fields.Float(allow_none=True)


class PanelRow(Out):
    """One patient; null what the caller's role may not see."""

    patient_id = fields.UUID()
    display_name = fields.String()
    care_status = fields.Enum(CareStatus, by_value=True)
    urgent_alerts = fields.Integer()
    soon_alerts = fields.Integer()
    info_alerts = fields.Integer()
    worst_symptoms = fields.List(fields.Nested(WorstSymptom), allow_none=True)
    last_report_at = Moment(allow_none=True)
    distress = fields.Integer(allow_none=True)
    distress_before = fields.Integer(allow_none=True)
    adherence_percent = fields.Integer(allow_none=True)
    silent = fields.Nested(SilentOut, allow_none=True)


class PanelPage(Out):
    """A page of the panel."""

    items = fields.List(fields.Nested(PanelRow))
    next_cursor = fields.String(allow_none=True)


class ViewQueryIn(In):
    """The panel's own query, as a view keeps it: what is left out narrows nothing down."""

    sort = fields.String(allow_none=True, validate=validate.OneOf(SORTS))
    kept = fields.String(data_key="filter", allow_none=True, validate=validate.OneOf(FILTERS))
    search = Text(100, data_key="q", allow_none=True)

    @post_load
    def _only_what_is_said(self, said: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: said.get(name) for name in ("sort", "kept", "search")}


class ViewIn(In):
    """A name for a way of looking at the panel."""

    name = Text(60, required=True)
    query = fields.Nested(ViewQueryIn, required=True)


class KeptQueryOut(Out):
    """The query of a saved view; what is null is not narrowed down."""

    sort = fields.String()
    filter = fields.String(allow_none=True)
    q = fields.String(allow_none=True)


class ViewOut(Out):
    """A saved view."""

    id = Id()
    name = fields.String()
    query = fields.Nested(KeptQueryOut)
    created_at = Moment()


class ViewsOut(Out):
    """All saved views of whoever calls, by name; there are never more than fit on a page."""

    items = fields.List(fields.Nested(ViewOut))
    next_cursor = fields.String(allow_none=True)
