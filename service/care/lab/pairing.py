"""What two versions of a rule say about one record, side by side.  Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from service.care.rules import Finding, RuleSet
from service.care.rules.outcome import SEVERITIES, Alert


class Pair(NamedTuple):
    """What each version raises about a record, or a symptom of it; ``None`` for nothing."""

    subject: str | None
    draft: Finding | None
    in_force: Finding | None

    @property
    def finding(self) -> Finding:
        """The draft's, if it speaks, else that of the version in force."""
        found = self.draft or self.in_force
        assert found is not None  # noqa: S101 - a pair has one of the two
        return found

    @property
    def text(self) -> str:
        """Why, in the words of the draft if it speaks."""
        return self.finding.reason[:500]


def alert_of(finding: Finding) -> Alert:
    """Return the alert a finding leads to; only for findings that have one."""
    alert = finding.outcome.alert
    assert alert is not None  # noqa: S101 - tells mypy, not a check
    return alert


def severity_of(finding: Finding | None) -> str | None:
    """Return the severity of a finding's alert, ``None`` without a finding."""
    return None if finding is None else alert_of(finding).severity


def are_alike(one: RuleSet, other: RuleSet) -> bool:
    """Tell whether all the rules of two sets are asked of the same: each answer, or the whole."""
    return len({rule.for_each_answer for rule in (*one.rules, *other.rules)}) < 2


def paired(draft: Sequence[Finding], in_force: Sequence[Finding], *, alike: bool) -> list[Pair]:
    """Pair what two versions found about the same record, in the order of symptoms.

    Args:
        draft: findings of one version.
        in_force: of the other.
        alike: both are asked of each answer, or both are not; else only the gravest of each
            counts, as what they are about cannot be compared.
    """
    ours, theirs = _by_subject(draft, alike), _by_subject(in_force, alike)
    return [
        Pair(subject or None, ours.get(subject), theirs.get(subject))
        for subject in sorted(ours.keys() | theirs.keys())
    ]


def _by_subject(findings: Sequence[Finding], alike: bool) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for finding in findings:
        if finding.outcome.alert is None:
            continue
        subject = (finding.subject or "") if alike else ""
        known = found.get(subject)
        if known is None or _place(finding) < _place(known):
            found[subject] = finding
    return found


def _place(finding: Finding) -> int:
    return SEVERITIES.index(alert_of(finding).severity)
