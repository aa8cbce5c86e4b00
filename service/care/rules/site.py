"""What a site may not do to the rules of ours that must never be missed."""

from collections.abc import Collection

from service.care.rules.compile import Rule
from service.care.rules.evaluate import RuleSet
from service.care.rules.outcome import SEVERITIES
from service.care.rules.parse import BadRule
from service.clinical import Knowledge
from service.clinical.overlay_rules import NEVER_OFF, WrittenRules


def refuse_weaker(written: WrittenRules, ours: RuleSet, theirs: RuleSet) -> None:
    """Let a site's emergencies past that lead to no less than ours of the same id.

    A threshold may be set anew; an alert or a word to her may not be taken away, nor any way the
    rule turns out made less severe than the least of ours.  To switch such a rule off by another
    name would be the same.

    Raises:
        BadRule: one leads to less.
    """
    for document in written.site:
        for number, row in enumerate(document.data):
            name = row["id"]
            if not name.startswith(NEVER_OFF) or name not in ours.by_id:
                continue
            before, after = ours.by_id[name], theirs.by_id[name]
            lost = (before.purposes & {"alert", "guidance"}) - after.purposes
            if lost:
                complaint = f"must go on leading to {' and '.join(sorted(lost))}, as ours does"
                raise BadRule(document, (number, "then"), complaint, name)
            if _weakest(after) > _weakest(before):
                complaint = f"may not be less than {SEVERITIES[_weakest(before)]!r}, as ours is"
                raise BadRule(document, (number, "then"), complaint, name)


def check_warning_signs(known: Knowledge, rules: Collection[str]) -> None:
    """Let only warning signs past that name rules there are.

    Raises:
        BadKnowledge: one names a rule that is not there.
    """
    signs = known.source.page("red_flags.yaml")
    for place, sign in enumerate(known.red_flags.values()):
        for number, rule in enumerate(sign.rules):
            if rule not in rules:
                at = ("red_flags", place, "rules", number)
                raise signs.refuse(at, f"there is no rule {rule!r}")


def _weakest(rule: Rule) -> int:
    alerts = [case.outcome.alert for case in rule.cases]
    return max(SEVERITIES.index(alert.severity) for alert in alerts if alert is not None)
