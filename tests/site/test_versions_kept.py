"""Every row that a rule makes keeps the rule's id and the version that was in force."""

import json

import pytest
import sqlalchemy as sa

from service.alerts.models import AlertReason
from service.care.models import GuidanceGiven
from service.care.rules import rule_set
from service.cli.startup import keep_rule_texts
from service.db import transaction
from service.reminders.models import Reminder
from service.rulebook.models import RuleText
from service.support.models import Cascade

NOW = "2026-03-02T09:00:00-08:00"


@pytest.fixture
def versions(site):
    """Put every rule in force in a version of the site's, each another; return them by id."""
    entries, versions = [], {}
    for number, rule in enumerate(rule_set().rules):
        versions[rule.id] = 200 + number
        data = {key: value for key, value in rule.data.items() if key != "version"}
        entries.append({**data, "version": versions[rule.id]})
    site.write("rules/all.yaml", json.dumps(entries))
    site.in_force()
    return versions


def rows(app, *columns):
    with app.app_context(), transaction() as session:
        return [tuple(row) for row in session.execute(sa.select(*columns))]


def test_alerts_guidance_suggestions_and_the_cascade_keep_the_version(app, call, clock, versions):
    call("ana", "POST /patients/me/treatments", {
        "id": "01900000-0000-7000-8000-0000000000b1", "code": "denosumab_120", "status": "active",
        "started_on": "2026-02-20", "modality": "bone_modifying",
    })  # fmt: skip
    call("ana", "POST /patients/me/symptom-reports", {
        "id": "01900000-0000-7000-8000-0000000000b2", "reported_at": NOW, "temperature_c": 39.0,
        "answers": [], "red_flags": ["chest_pain", "jaw_pain"],
    })  # fmt: skip
    call("ana", "POST /patients/me/wellbeing-checks", {
        "id": "01900000-0000-7000-8000-0000000000b3", "checked_at": NOW, "distress": 9,
    })  # fmt: skip

    reasons = rows(app, AlertReason.rule, AlertReason.rule_version)
    assert {"EM-RESP", "SN-ONJ", "DIS-7"} <= {rule for rule, _version in reasons}
    assert all(version == versions[rule] for rule, version in reasons)

    told = [one for [rules] in rows(app, GuidanceGiven.rules) for one in rules]
    assert told
    assert all(one["version"] == versions[one["rule"]] for one in told)

    suggested = rows(app, Reminder.rule, Reminder.rule_version)
    assert suggested
    assert all(version == versions[rule] for rule, version in suggested)

    # What the cascade offers, it offers for an alert, whose reasons keep the version.
    [alert_id] = {alert for [alert] in rows(app, Cascade.alert_id)}
    of_alert = [
        (rule, version)
        for alert, rule, version in rows(
            app, AlertReason.alert_id, AlertReason.rule, AlertReason.rule_version
        )
        if alert == alert_id
    ]
    assert ("DIS-7", versions["DIS-7"]) in of_alert


def test_what_those_versions_said_is_on_record_as_the_sites(app, clock, versions):
    with app.app_context():
        keep_rule_texts(clock.now())

    kept = rows(app, RuleText.rule, RuleText.version, RuleText.origin)
    assert sorted(kept) == sorted((rule, version, "site") for rule, version in versions.items())
