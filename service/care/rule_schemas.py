"""How the rules in force look on the wire."""

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields, validate

from service.care.rules.outcome import QUEUES, SEVERITIES
from service.care.rules_in_force import ORIGINS
from service.care.rules_shown import REVIEW_WORDS
from service.wire import Moment, Out, Query


class RuleQuery(Query):
    """Which rules: that lead to a queue, in a severity, with a sign-off, of an origin."""

    queue = fields.String(load_default=None, validate=validate.OneOf(QUEUES))
    severity = fields.String(load_default=None, validate=validate.OneOf(SEVERITIES))
    review = fields.String(load_default=None, validate=validate.OneOf(list(REVIEW_WORDS)))
    origin = fields.String(load_default=None, validate=validate.OneOf(ORIGINS))


class ConditionLine(Out):
    """One line of a condition in words; ``depth`` is how deep it stands in the lines above."""

    depth = fields.Integer()
    text = fields.String()


class RuleGuidanceOut(Out):
    """What she is told."""

    level = fields.String()
    text = fields.String()
    title = fields.String()


class RuleArticleOut(Out):
    """What she is given to read."""

    slug = fields.String()
    title = fields.String()


class RuleReminderOut(Out):
    """A reminder that is suggested to her."""

    kind = fields.String()
    title = fields.String()
    about = fields.String()
    recurrence = fields.String(allow_none=True)
    local_time = fields.String(allow_none=True)


class RuleCaseOut(Out):
    """One way a rule turns out; the first whose ``when`` holds, empty for always.

    Times are in words; ``acknowledge_within`` is the policy's where the rule says none.
    """

    when = fields.List(fields.Nested(ConditionLine))
    severity = fields.String(allow_none=True)
    queue = fields.String(allow_none=True)
    high = fields.Boolean()
    acknowledge_within = fields.String(allow_none=True)
    contact_within = fields.String(allow_none=True)
    patient_can_snooze = fields.Boolean()
    also_tell = fields.List(fields.String())
    named_contact_required = fields.Boolean()
    guidance = fields.Nested(RuleGuidanceOut, allow_none=True)
    content = fields.List(fields.Nested(RuleArticleOut))
    reminders = fields.List(fields.Nested(RuleReminderOut))
    ask = fields.List(fields.String())


class RuleReviewOut(Out):
    """How far a rule is signed; ``words`` says it plainly."""

    status = fields.String()
    by = fields.String(allow_none=True)
    on = fields.String(allow_none=True)
    words = fields.String()


class OwnVersionOut(Out):
    """That a version of the clinic's own stands here, in force since when, and for which of ours.

    ``based_on`` is our version when it was begun, ``ours`` the project's or the
    site's today; ``is_outdated``: ours has changed since.
    """

    draft_id = fields.UUID()
    version = fields.Integer()
    based_on = fields.Integer(allow_none=True)
    ours = fields.Integer(allow_none=True)
    since = Moment(allow_none=True)
    is_outdated = fields.Boolean()


class SwitchedOffOut(Out):
    """A rule of ours that the clinic has switched off."""

    id = fields.String()
    about = fields.String()
    own = fields.Nested(OwnVersionOut)


class BrokenOut(Out):
    """A version of the clinic's own that cannot be read any more; ours stands in its place."""

    draft_id = fields.UUID()
    rule = fields.String()
    rule_version = fields.Integer()
    complaint = fields.String()


class RuleOut(Out):
    """A rule in force: what it asks, what follows, where it comes from."""

    id = fields.String()
    version = fields.Integer()
    about = fields.String()
    severity = fields.String(allow_none=True)
    queue = fields.String(allow_none=True)
    when = fields.List(fields.Nested(ConditionLine))
    unless = fields.List(fields.Nested(ConditionLine))
    cases = fields.List(fields.Nested(RuleCaseOut))
    source = fields.String()
    status = fields.String()
    note = fields.String(allow_none=True)
    review = fields.Nested(RuleReviewOut)
    file = fields.String()
    origin = fields.String(metadata={"enum": list(ORIGINS)})
    own = fields.Nested(OwnVersionOut, allow_none=True)


class RulesOut(Out):
    """The rules in force in a clinic, in the order of the files they stand in."""

    items = fields.List(fields.Nested(RuleOut))
    switched_off = fields.List(fields.Nested(SwitchedOffOut))
    broken = fields.List(fields.Nested(BrokenOut))


def on_the_wire(rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rules with their conditions written line by line."""
    return [
        {
            **rule,
            "when": _lines(rule["when"]),
            "unless": _lines(rule["unless"]),
            "cases": [{**case, "when": _lines(case["when"])} for case in rule["cases"]],
        }
        for rule in rules
    ]


def _lines(sentence: Any) -> list[dict[str, Any]]:
    if sentence is None:
        return []
    return [{"depth": depth, "text": text} for depth, text in sentence.lines()]
