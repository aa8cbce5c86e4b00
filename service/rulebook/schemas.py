"""How a clinic's own rules and its tries look on the wire."""

from marshmallow import ValidationError, fields, validate, validates_schema

from service.rulebook.queries import SIDES, STATES, STATUSES
from service.wire import Day, Flag, Id, In, Line, Moment, Out, Prose, Query, Text

TEXT = 20_000
WHY = 2_000
SEVERITIES = ("urgent", "soon", "info")


class RuleDraftPatch(In):
    """What can be changed of a draft."""

    text = Prose(TEXT, metadata={"description": "YAML of one rule; the server numbers it"})
    why = Prose(WHY, allow_none=True)


class RuleDraftIn(RuleDraftPatch):
    """A new version of a rule: its text, or ``off`` with the id of a rule to switch off."""

    id = Id(required=True)
    text = Prose(TEXT, load_default="", blank=True)
    off = Line(40, load_default=None, allow_none=True)
    why = Prose(WHY, load_default=None, allow_none=True)

    @validates_schema
    def one_of_the_two(self, data: dict[str, object], **_kwargs: object) -> None:
        """Refuse a body that says both, or neither."""
        if bool(data.get("text")) == bool(data.get("off")):
            raise ValidationError("Either the text of a rule, or which is to be off.", "text")


class RuleShadowIn(In):
    """Whether a draft is asked at every report and only noted."""

    on = Flag(required=True)


class RuleReplayIn(In):
    """Which days of the clinic's to look at: the last 90 if nothing is said."""

    first = Day(load_default=None, allow_none=True)
    last = Day(load_default=None, allow_none=True)
    as_of = Moment(
        load_default=None, allow_none=True,
        metadata={"description": "Nothing that came later counts; now by default"},
    )  # fmt: skip


class RuleDraftQuery(Query):
    """Which versions: of a rule, in a state."""

    rule = Text(60, load_default=None)
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))


class RunQuery(Query):
    """Which runs: about one draft or article."""

    subject = fields.UUID(load_default=None)


class FindingQuery(Query):
    """Which findings: of one side alone, of both, or what would have been missed."""

    side = fields.String(load_default=None, validate=validate.OneOf(SIDES))


class RuleDraftOut(Out):
    """One version of a rule of the clinic's own.

    ``based_on`` is our version when it was begun, ``None`` for a new rule.
    """

    id = fields.UUID()
    rule = fields.String()
    rule_version = fields.Integer()
    based_on = fields.Integer(allow_none=True)
    status = fields.String(metadata={"enum": list(STATUSES)})
    off = fields.Boolean(attribute="is_off")
    text = fields.String()
    why = fields.String(allow_none=True)
    written_by = fields.UUID()
    written_at = Moment()
    changed_at = Moment()
    shadow_since = Moment(allow_none=True)
    activated_by = fields.UUID(allow_none=True)
    activated_at = Moment(allow_none=True)
    retired_by = fields.UUID(allow_none=True)
    retired_at = Moment(allow_none=True)
    version = fields.Integer()


class RuleDraftPage(Out):
    """A page of versions, newest first."""

    items = fields.List(fields.Nested(RuleDraftOut))
    next_cursor = fields.String(allow_none=True)


class ReplaySeverities(Out):
    """Alerts by severity; a number too small to show is ``None``."""

    urgent = fields.Integer(allow_none=True)
    soon = fields.Integer(allow_none=True)
    info = fields.Integer(allow_none=True)


class ReplaySideOut(Out):
    """What one of the two versions would have raised.

    ``told`` leaves out what joins an open alert unchanged and so tells nobody.  The last rate is
    a week for each person on the roster.
    """

    alerts = fields.Integer(allow_none=True)
    told = fields.Integer(allow_none=True)
    patients = fields.Integer(allow_none=True)
    a_day = fields.Float(allow_none=True)
    a_week = fields.Float(allow_none=True)
    a_person_and_week = fields.Float(allow_none=True)
    by_severity = fields.Nested(ReplaySeverities)


class ReplayMissedOut(Out):
    """How the missed alerts were answered, by outcome; what did not occur is left out."""

    advice_given = fields.Integer(allow_none=True)
    spoken_to = fields.Integer(allow_none=True)
    seen = fields.Integer(allow_none=True)
    referred = fields.Integer(allow_none=True)
    admitted = fields.Integer(allow_none=True)


class ReplayWeekOut(Out):
    """Alerts of one week, from Monday."""

    week = fields.String()
    draft = fields.Integer(allow_none=True)
    in_force = fields.Integer(allow_none=True)


class RuleReplayOut(Out):
    """What a replay came to.  ``None`` stands for a number too small to show to the reader.

    ``missed``: alerts in force that staff answered with a contact and the draft would not have
    raised.
    """

    rule = fields.String()
    draft_version = fields.Integer()
    in_force_version = fields.Integer(allow_none=True)
    queue = fields.String(allow_none=True)
    staff = fields.Integer(metadata={"description": "people on the roster of the queue"})
    first = fields.String(attribute="from", data_key="from")
    to = fields.String()
    days = fields.Integer()
    patients = fields.Integer(allow_none=True)
    records = fields.Integer(allow_none=True)
    draft = fields.Nested(ReplaySideOut)
    in_force = fields.Nested(ReplaySideOut)
    both = fields.Integer(allow_none=True)
    only_draft = fields.Integer(allow_none=True)
    only_in_force = fields.Integer(allow_none=True)
    other_severity = fields.Integer(allow_none=True)
    answered_with_contact = fields.Integer(allow_none=True)
    missed = fields.Integer(allow_none=True)
    missed_patients = fields.Integer(allow_none=True)
    missed_outcomes = fields.Nested(ReplayMissedOut)
    weeks = fields.List(fields.Nested(ReplayWeekOut))


class LabRunOut(Out):
    """A question asked of the clinic's history, how far it is, and its report once it is done.

    ``digest`` is the SHA-256 of the report: the same question of the same history has the same.
    """

    id = fields.UUID()
    kind = fields.String()
    subject_id = fields.UUID()
    rule = fields.String(allow_none=True)
    draft_version = fields.Integer(allow_none=True)
    state = fields.String(metadata={"enum": list(STATES)})
    first = Day(allow_none=True)
    last = Day(allow_none=True)
    as_of = Moment()
    asked_by = fields.UUID()
    asked_at = Moment()
    ended_at = Moment(allow_none=True)
    patients = fields.Integer()
    done = fields.Integer()
    findings = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)
    digest = fields.String(allow_none=True)
    report = fields.Raw(allow_none=True, metadata={"description": "See the route of the report"})


class LabRunPage(Out):
    """A page of runs, newest first."""

    items = fields.List(fields.Nested(LabRunOut))
    next_cursor = fields.String(allow_none=True)


class LabFindingOut(Out):
    """One alert of a replay: what each version would have raised, ``None`` for nothing.

    ``outcome`` is how staff closed the alert of that day.
    """

    number = fields.Integer()
    patient_id = fields.UUID()
    at = Moment()
    record_type = fields.String()
    record_id = fields.UUID()
    subject = fields.String(allow_none=True)
    by_draft = fields.String(allow_none=True, metadata={"enum": list(SEVERITIES)})
    in_force = fields.String(allow_none=True, metadata={"enum": list(SEVERITIES)})
    outcome = fields.String(allow_none=True)
    text = fields.String()


class LabFindingPage(Out):
    """A page of what a run found, in its order."""

    items = fields.List(fields.Nested(LabFindingOut))
    next_cursor = fields.String(allow_none=True)


class RuleShadowOut(Out):
    """What a rule in shadow has noted so far, beside the version in force."""

    since = Moment(allow_none=True)
    alerts = fields.Integer(allow_none=True)
    in_force = fields.Integer(allow_none=True)
    both = fields.Integer(allow_none=True)
    only_shadow = fields.Integer(allow_none=True)
    only_in_force = fields.Integer(allow_none=True)
    by_severity = fields.Nested(ReplaySeverities)
