"""The text of a clinic's own rule: what is wrong with it, and what it may not do."""

import re
from typing import NamedTuple

import yaml

from service.care.lab import refusals
from service.care.rules import Rule
from service.care.rules.outcome import SEVERITIES
from service.care.rules_in_force import InForce, compiled_draft, shipped
from service.clinical.reading import BadKnowledge

# About emergencies and suicidal thoughts: never off, and always calling for a person.
NEVER_OFF = ("EM-", "SI-")
# As alerts keep it.
_RULE_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
_LONGEST_ID = 40


class Said(NamedTuple):
    """What a version says: the text of one rule, or which rule is to be off."""

    text: str
    off: str | None
    why: str | None


def text_of(rule: Rule, *, numbered: bool = True) -> str:
    """Write a rule out as an editor begins with it, with its version or without."""
    said = {word: value for word, value in rule.data.items() if numbered or word != "version"}
    text: str = yaml.dump(
        said, Dumper=_WrittenOut, sort_keys=False, allow_unicode=True, width=96,
        default_flow_style=False,
    )  # fmt: skip
    return text


class _WrittenOut(yaml.SafeDumper):
    """Writes what stands twice twice: our files share parts by name, an editor's text may not."""

    def ignore_aliases(self, data: object) -> bool:
        """Never write one."""
        return True


def read_rule(text: str, *, version: int | None) -> Rule:
    """Read the text of one rule; without a ``version`` given by the server any will do.

    Raises:
        RuleUnusable: it is no rule; the errors say where, which word, and what was meant.
    """
    try:
        rule = compiled_draft(text, version=version or 1)
    except BadKnowledge as bad:
        raise refusals.RuleUnusable(
            errors=[("/text", complaint_of(bad))], extra={"line": bad.line}
        ) from None
    if len(rule.id) > _LONGEST_ID or not _RULE_ID.fullmatch(rule.id):
        said = f"The id is capital letters and digits joined by hyphens, at most {_LONGEST_ID}."
        raise refusals.RuleUnusable(errors=[("/text", said)])
    return rule


def complaint_of(bad: BadKnowledge) -> str:
    """Say what is wrong with a text: line, place and word, without the name of a file."""
    where = [f"line {bad.line}" if bad.line else "", bad.place]
    place = ", ".join(part for part in where if part)
    words = f"{place}: {bad.complaint}" if place else bad.complaint
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?")) else ".")


def check_use(held: InForce, rule_id: str, said: Said, version: int) -> None:
    """Refuse what a clinic may not do to a rule.

    Raises:
        RuleNeverOff: an emergency rule would be off, or no longer call for a person.
        RuleUnusable: a rule would be switched off that is not in force.
    """
    if said.off is not None:
        if rule_id.startswith(NEVER_OFF):
            raise refusals.RuleNeverOff
        if rule_id not in held.rules.by_id:
            raise refusals.RuleUnusable(errors=[("/off", "No such rule is in force.")])
        return
    if rule_id.startswith(NEVER_OFF):
        _check_calls(rule_id, read_rule(said.text, version=version))


def _check_calls(rule_id: str, rule: Rule) -> None:
    """Refuse an emergency rule that no longer calls for a person as soon as ours does."""
    ours = shipped().rules.by_id.get(rule_id)
    alerts = [case.outcome.alert for case in rule.cases]
    wanted = [case.outcome.alert for case in ours.cases] if ours else []
    least = max((SEVERITIES.index(one.severity) for one in wanted if one), default=0)
    if any(one is None or SEVERITIES.index(one.severity) > least for one in alerts):
        raise refusals.RuleNeverOff


def known_version(held: InForce, rule: str) -> int:
    """Return the highest version of a rule that is in force or shipped, 0 if it is new."""
    everywhere = (held.rules.by_id, shipped().rules.by_id)
    return max((rules[rule].version for rules in everywhere if rule in rules), default=0)
