"""Routes: the rules in force, to be read."""

from typing import Any

from service.accounts import queries as people
from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.care.rule_schemas import RuleOut, RuleQuery, RulesOut, on_the_wire
from service.care.rules_in_force import InForce, in_force
from service.care.rules_shown import chosen, rule_shown, switched_off

blp = ApiBlueprint("rules", __name__, description="The rules in force")


@blp.route("/rules")
@allow(Topic.RULES, Do.READ)
@blp.arguments(RuleQuery, location="query")
@blp.response(200, RulesOut)
def list_rules(which: dict[str, Any], *, call: Call) -> Any:
    """List the rules in force in the clinic in plain words, whole: its own among ours."""
    held = held_by(call)
    return {
        "items": on_the_wire(chosen(held, **which)),
        "switched_off": switched_off(held),
        "broken": held.broken,
    }


@blp.route("/rules/<string:rule_id>")
@allow(Topic.RULES, Do.READ)
@blp.response(200, RuleOut)
def read_rule(rule_id: str, *, call: Call) -> Any:
    """Read one rule in force in the clinic."""
    [found] = on_the_wire([rule_shown(held_by(call), rule_id)])
    return found


def held_by(call: Call) -> InForce:
    """Return what holds in the caller's clinic; staff have one."""
    assert call.viewer.clinic_id is not None  # noqa: S101 - tells mypy, not a check
    clinic = people.clinic(call.session, call.viewer.clinic_id)
    return in_force(call.session, clinic.id, clinic.rules_release)
