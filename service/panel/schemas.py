"""How the panel looks on the wire."""

from marshmallow import fields, validate

from service.accounts.models import CareStatus
from service.panel.queries import SORTS
from service.wire import Moment, Out, Query, Text


class PanelQuery(Query):
    """How the panel is sorted and whom it shows."""

    sort = fields.String(load_default="risk", validate=validate.OneOf(SORTS))
    kept = fields.String(
        data_key="filter", load_default=None, validate=validate.OneOf(["alerts", "silent"])
    )
    search = Text(100, data_key="q", load_default=None)


class WorstSymptom(Out):
    """A symptom of her latest report."""

    symptom = fields.String()
    grade = fields.Integer()


class PanelRow(Out):
    """One patient."""

    patient_id = fields.UUID()
    display_name = fields.String()
    care_status = fields.Enum(CareStatus, by_value=True)
    urgent_alerts = fields.Integer()
    soon_alerts = fields.Integer()
    info_alerts = fields.Integer()
    worst_symptoms = fields.List(fields.Nested(WorstSymptom))
    last_report_at = Moment(allow_none=True)
    distress = fields.Integer(allow_none=True)
    distress_before = fields.Integer(allow_none=True)


class PanelPage(Out):
    """A page of the panel."""

    items = fields.List(fields.Nested(PanelRow))
    next_cursor = fields.String(allow_none=True)
