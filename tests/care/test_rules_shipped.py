"""The rules that are shipped, as a whole: all there, unsigned, readable, and sparing with work."""

import json
from importlib.resources import files

import jsonschema_rs

from service.care.rules import rule_set, vocabulary
from service.care.rules.compile import CONDITIONS
from service.clinical import knowledge
from service.clinical.reading import read_folder
from tests.care.patients import picture_of, report_of


def test_all_rules_of_the_alert_table_are_there_and_unsigned():
    alerting = [rule for rule in rule_set().rules if not rule.id.startswith(("READ", "SUGGEST"))]

    assert len(alerting) == 41
    assert all(rule.version >= 1 and rule.source and rule.status for rule in alerting)
    assert {rule.review["status"] for rule in rule_set().rules} == {"draft"}


def test_emergencies_and_suicide_alerts_are_never_snoozed():
    for rule in rule_set().rules:
        alerts = [case.outcome.alert for case in rule.cases if case.outcome.alert]
        if rule.id.startswith(("EM-", "SI-")):
            assert not any(alert.patient_can_snooze for alert in alerts), rule.id
        if rule.id.startswith("SI-"):
            assert all(alert.named_contact_required for alert in alerts)
            assert all(alert.also_tell == ("nursing",) for alert in alerts)


def test_every_warning_sign_is_read_by_the_rules_it_names():
    for code, flag in knowledge().red_flags.items():
        for name in flag.rules:
            assert f"red_flag.{code}" in rule_set().by_id[name].reads


def test_every_article_has_a_rule_that_shows_it():
    shown = {
        slug for rule in rule_set().rules for case in rule.cases for slug in case.outcome.content
    }

    assert shown == vocabulary().articles


def test_the_files_fit_their_schema():
    schema = json.loads(
        files("service.clinical").joinpath("schemas/rules.schema.json").read_text("utf-8")
    )
    validator = jsonschema_rs.Draft202012Validator(schema)

    for one in read_folder(files("service.clinical"), "rules", ".yaml"):
        assert [error.message for error in validator.iter_errors(one.data)] == []
    words = schema["$defs"]["condition"]["properties"].keys()
    assert words >= {*CONDITIONS, "all", "any", "not", "at_least_of"}


def test_only_rules_that_read_something_new_are_run():
    everything = sum(rule.tests for rule in rule_set().rules)
    picture = picture_of({"reports": [report_of(cough=(1, 0))], "checks": [{"distress": 2}]})

    check = rule_set().selected(purposes={"alert"}, reading=picture.facts_of({"check-0"}))
    report = rule_set().selected(purposes={"alert"}, reading=picture.facts_of({"report-0"}))

    assert {rule.id for rule in check} == {"SI-9", "DIS-7", "DIS-4", "SPIR", "PRACT"}
    assert "SN-ILD" in {rule.id for rule in report}
    assert "EM-MSCC" not in {rule.id for rule in report}
    assert not any(rule.id.startswith("DOSE") for rule in report)
    assert sum(rule.tests for rule in report) < everything / 4


def test_selecting_by_what_is_new_loses_no_finding_that_rests_on_it():
    given = {
        "reports": [
            report_of(cough=(2, 2), nausea=(3, 3), headache=(2, 2, 1))
            | {"temperature_c": 38.4, "red_flags": ["jaw_pain", "marked_thirst", "drowsiness"]},
            report_of(cough=(0, 0), nausea=(1, 1), headache=(2, 2, 1)) | {"days_ago": 4},
        ],
        "treatments": [{"code": "t_dxd"}, {"code": "denosumab_120"}],
        "diagnosis": {"metastatic_sites": ["bone", "brain"]},
        "measurements": [{"code": "anc", "value": 300}],
        "checks": [{"distress": 8, "topics": ["meaning"], "safe_now": False}],
        "doses": [
            {"days_ago": days, "treatment": "t_dxd", "status": "missed", "reason": "cost"}
            for days in range(3)
        ],
        "responses": [{"questionnaire": "phq-9", "answers": {"1": 3, "2": 3, "3": 3, "9": 2}}],
    }
    picture = picture_of(given)
    everything = rule_set().evaluate(picture)
    ids = {record.id for finding in everything for record in finding.records}

    assert len(everything) > 30
    for one in ids - {"patient"}:
        chosen = rule_set().evaluate(picture, reading=picture.facts_of({one}))
        assert [finding for finding in chosen if finding.rests_on({one})] == [
            finding for finding in everything if finding.rests_on({one})
        ]
