"""What was planned is there: every article, a rule that shows it, and every rule of the alerts."""

import json
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
CLINICAL = HERE.parents[1] / "service" / "clinical"
ARTICLES = json.loads((HERE / "content_plan.json").read_text(encoding="utf-8"))
ALERTS = json.loads((HERE / "alert_plan.json").read_text(encoding="utf-8"))
RULES = [
    rule
    for path in sorted((CLINICAL / "rules").glob("*.yaml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))
]

planned = pytest.mark.parametrize("plan", ARTICLES, ids=lambda plan: plan["id"])


def surfaced():
    """Every article that some rule shows."""
    return {
        slug
        for rule in RULES
        for then in (rule["then"], *rule["then"].get("cases", ()))
        for slug in then.get("content", ())
    }


def test_the_plan_is_whole():
    assert len({plan["id"] for plan in ARTICLES}) == len(ARTICLES) == 54


@planned
def test_a_planned_article_is_written(plan):
    path = CLINICAL / "articles" / "en" / f"{plan['id']}.md"
    assert path.is_file()
    front = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n", 2)[1])
    assert sorted(front["audience"]) == plan["audience"]
    assert front["needs"] == plan["needs"]


@planned
def test_a_planned_article_is_surfaced(plan):
    assert plan["id"] in surfaced()


@pytest.mark.parametrize("rule", ALERTS)
def test_a_planned_alert_has_its_rule(rule):
    assert rule in {one["id"] for one in RULES}
