"""Shadow: asked at every report in its transaction, only noted, and never in the way."""

import pytest
import sqlalchemy as sa

from service.care.rules import rule_set
from service.db import transaction
from service.rulebook.models import RuleDraft, ShadowFinding
from tests.counting import statements_counted
from tests.lab.conftest import EARLIER, LATER


@pytest.fixture
def shadowed(drafted, step):
    """Let a draft run in shadow; returns it."""

    def shadowed(text=EARLIER):
        draft = drafted(text)
        answer = step("nora", "shadow", draft["id"], {"on": True})
        assert answer.status_code == 200, answer.json
        return answer.json

    return shadowed


def figures(call, id, who="nora"):
    found = call(who, f"GET /rules/{id}/shadow").json
    return {name: found[name] for name in ("alerts", "both", "only_shadow", "only_in_force")}


def test_it_notes_and_raises_nothing(call, shadowed, report):
    draft = shadowed()
    report(nausea=2)
    report(vomiting=3)
    report(cough=1)

    assert figures(call, draft["id"]) == {
        "alerts": 2, "both": 1, "only_shadow": 1, "only_in_force": 0,
    }  # fmt: skip
    versions = [
        reason["rule_version"]
        for alert in call("nora", "GET /alerts").json["items"]
        for reason in call("nora", f"GET /alerts/{alert['id']}").json["reasons"]
        if reason["rule"] == "SYM-SEV"
    ]
    assert versions == [rule_set().by_id["SYM-SEV"].version]


def test_it_also_notes_what_would_have_been_missed(call, shadowed, report):
    draft = shadowed(LATER)
    report(nausea=3)
    assert figures(call, draft["id"]) == {
        "alerts": 0, "both": 0, "only_shadow": 0, "only_in_force": 1,
    }  # fmt: skip
    assert figures(call, draft["id"], "eva")["only_in_force"] is None


def test_what_it_would_tell_her_is_not_told(call, shadowed, report):
    shadowed()
    assert report(nausea=2)["guidance"]["level"] != "call_today"


def test_once_it_is_over_nothing_is_noted(call, shadowed, step, report):
    draft = shadowed()
    assert step("omar", "shadow", draft["id"], {"on": False}).json["status"] == "draft"
    report(nausea=2)
    assert figures(call, draft["id"])["alerts"] == 0


def test_another_version_takes_its_place(call, shadowed):
    first, second = shadowed(), shadowed(LATER)
    statuses = [
        call("nora", f"GET /rules/drafts/{one['id']}").json["status"] for one in (first, second)
    ]
    assert statuses == ["draft", "shadow"]


def test_a_report_costs_no_statement_more_without_any_and_two_with_a_finding(
    app, clock, shadowed, report
):
    def cost(**levels):
        report(**levels)
        clock.pass_time(hours=1)
        with statements_counted(app) as seen:
            report(**levels)
        return [one for one in seen if "shadow_findings" in one or "rule_drafts" in one]

    assert cost(nausea=2) == []
    shadowed()
    assert cost(cough=0) == []
    assert len(cost(nausea=2)) == 1


def test_one_that_cannot_be_read_or_noted_fails_no_report(app, call, shadowed, report):
    draft = shadowed()
    with app.app_context(), transaction() as session:
        session.execute(sa.update(RuleDraft).values(text="id: [broken"))
        session.execute(sa.text("UPDATE clinics SET rules_release = rules_release + 1"))
    report(nausea=2)
    assert figures(call, draft["id"])["alerts"] == 0


def test_a_table_that_takes_nothing_fails_no_report(app, call, shadowed, report):
    draft = shadowed()
    with app.app_context(), transaction() as session:
        # The draft is gone from under the process that still knows it.
        session.execute(sa.text("DELETE FROM rule_drafts"))
    made = report(nausea=3)
    assert call("ana", f"GET /patients/me/symptom-reports/{made['id']}").status_code == 200
    with app.app_context(), transaction() as session:
        assert session.scalar(sa.select(sa.func.count(ShadowFinding.id))) == 0
    assert call("nora", f"GET /rules/{draft['id']}/shadow").status_code == 404
