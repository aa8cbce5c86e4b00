"""Every rule, case by case: what is given stands beside what is expected, in ``cases/*.yaml``."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from service.care.rules import Finding, rule_set
from service.clinical.spans import span_of
from tests.care.patients import picture_of

CASES = [
    case
    for path in sorted(Path(__file__).with_name("cases").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rule']}: {case['case']}")
def test_a_rule_says_what_the_case_expects(case):
    explanation = rule_set().explain(case["rule"], picture_of(case["given"]))
    expected = case["expect"]

    if expected.get("unknown") is not None:
        assert set(expected["unknown"]) <= set(explanation.unknown)
    assert bool(explanation.findings) is expected.get("fires", True)
    if "subjects" in expected:
        assert [finding.subject for finding in explanation.findings] == expected["subjects"]
    for finding in explanation.findings[:1]:
        seen = _seen(finding)
        assert {name: seen[name] for name in expected if name in seen} == {
            name: _as_seen(name, value) for name, value in expected.items() if name in seen
        }


def test_every_alert_rule_has_a_case_that_fires_one_that_does_not_and_one_that_lacks_a_fact():
    for rule in rule_set().selected(purposes={"alert", "ask"}):
        expected = [case["expect"] for case in CASES if case["rule"] == rule.id]
        assert any(one.get("fires", True) for one in expected), rule.id
        assert any(one.get("fires") is False and "unknown" not in one for one in expected), rule.id
        assert any(one.get("unknown") is not None for one in expected), rule.id


def test_a_case_names_only_what_can_be_seen():
    known = {"fires", "unknown", "subjects", *_seen_names()}

    assert {name for case in CASES for name in case["expect"]} <= known


def _seen_names() -> set[str]:
    names = "severity queue high contact also_tell named_contact_required level guidance case"
    return {*names.split(), "records", "values", "next", "ask"}


def _seen(finding: Finding) -> dict[str, Any]:
    alert, guidance = finding.outcome.alert, finding.outcome.guidance
    return {
        "severity": alert.severity if alert else None,
        "queue": alert.queue if alert else None,
        "high": alert.high if alert else None,
        "contact": alert.contact_within if alert else None,
        "also_tell": list(alert.also_tell) if alert else None,
        "named_contact_required": alert.named_contact_required if alert else None,
        "level": guidance.level if guidance else "none",
        "guidance": guidance.text if guidance else None,
        "case": finding.case,
        "records": sorted(str(record.id) for record in finding.records),
        "values": dict(finding.values),
        "next": finding.outcome.next,
        "ask": list(finding.outcome.ask),
    }


def _as_seen(name: str, value: Any) -> Any:
    if name == "contact":
        return span_of(value)
    return sorted(value) if name == "records" else value
