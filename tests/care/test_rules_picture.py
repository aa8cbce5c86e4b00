"""The picture: what counts as of a moment, and how it is written out."""

import json
from datetime import timedelta

from service.care.rules import rule_set
from tests.care.patients import NOW, picture_of, report_of


def test_what_was_logged_later_does_not_count():
    given = {
        "reports": [report_of(nausea=(3, 3)), report_of(nausea=(1, 1)) | {"days_ago": 3}],
        "treatments": [{"code": "ribociclib", "days_ago": 1}],
        "diagnosis": {"metastatic_sites": ["bone"], "days_ago": 1},
        "checks": [{"distress": 9}],
        "responses": [{"questionnaire": "phq-9", "answers": {"9": 3}}],
        "measurements": [{"code": "anc", "value": 100}],
        "doses": [{"treatment": "letrozole", "status": "missed", "reason": "cost"}],
    }

    picture = picture_of(given, as_of=NOW - timedelta(days=2))

    assert [report.id for report in picture.reports] == ["report-1"]
    assert picture.treatments == ()
    assert picture.diagnosis is None
    assert picture.distress == []
    assert picture.responses == {}
    assert picture.measures == {}
    assert picture.doses == {}
    assert rule_set().evaluate(picture, purposes={"alert"}) == []


def test_the_present_moment_counts():
    assert picture_of({"reports": [{}]}).newest_report is not None


def test_an_old_report_is_not_how_she_is_now():
    assert picture_of({"reports": [{"days_ago": 7}]}).newest_report is not None
    assert picture_of({"reports": [{"days_ago": 7, "hours_ago": 1}]}).newest_report is None


def test_a_drug_ending_today_is_still_on():
    states = picture_of(
        {
            "treatments": [
                {"code": "letrozole", "status": "active", "ended_days_ago": 0},
                {"code": "letrozole", "status": "active", "ended_days_ago": 1},
                {"code": "letrozole", "status": "held"},
                {"code": "letrozole", "status": "stopped"},
            ]
        }
    ).treatments

    assert [course.state for course in states] == ["on", "over", "on", "over"]


def test_a_treatment_in_her_own_words_is_taken_for_its_class():
    chemotherapy, pills = picture_of(
        {
            "treatments": [
                {"name": "something red", "modality": "chemotherapy"},
                {"name": "vitamins", "modality": "supportive"},
            ]
        }
    ).treatments

    assert "myelosuppressive" in chemotherapy.effects
    assert pills.effects == frozenset()


def test_silence_is_counted_from_the_last_report_also_one_beyond_the_window():
    assert picture_of({"last_report_days_ago": 90}).silent_since == NOW - timedelta(days=90)
    assert picture_of({"joined_days_ago": 5}).silent_since == NOW - timedelta(days=5)
    newest = picture_of({"reports": [{"days_ago": 2}], "last_report_days_ago": 2})
    assert newest.silent_since == NOW - timedelta(days=2)


def test_the_facts_of_a_record_are_named_as_rules_name_them():
    picture = picture_of(
        {
            "reports": [
                report_of(nausea=(1, 1)) | {"temperature_c": 37.0, "red_flags": ["rigors"]}
            ],
            "measurements": [{"code": "anc", "value": 3000}],
            "checks": [{"distress": 1}],
            "responses": [{"questionnaire": "phq-2", "answers": {}}],
            "treatments": [{"code": "letrozole"}],
            "diagnosis": {"er": "positive"},
            "doses": [{"treatment": "letrozole"}],
        }
    )

    assert picture.facts_of({"report-0"}) == {
        "symptom.nausea",
        "symptom.*",
        "red_flag.rigors",
        "measure.temperature_c",
        "silence",
    }
    assert picture.facts_of({"measurement-0", "check-0"}) == {"measure.anc", "wellbeing"}
    assert picture.facts_of({"response-0", "treatment-0", "diagnosis", "patient"}) == {
        "questionnaire.phq-2",
        "treatment",
        "diagnosis",
        "patient",
    }
    assert picture.facts_of({"dose-0"}) == {"dose"}
    assert picture.facts_of({"somebody else's"}) == frozenset()


def test_the_picture_is_written_out_with_the_records_behind_each_fact():
    picture = picture_of(
        {
            "birth_year": 1960,
            "reports": [
                report_of(nausea=(3, 2)) | {"temperature_c": 38.2, "red_flags": ["rigors"]},
                report_of(nausea=(1, 1)) | {"days_ago": 5},
            ],
            "treatments": [{"code": "ribociclib"}],
            "diagnosis": {"metastatic_sites": ["bone"], "er": "unknown"},
            "checks": [{"distress": 4, "topics": ["body"]}],
            "responses": [{"questionnaire": "phq-9", "answers": {"9": 0}, "status": "in-progress"}],
        }
    )

    facts = {one["fact"]: one for one in json.loads(json.dumps(picture.as_facts()))}

    assert facts["symptom.nausea"] == {
        "fact": "symptom.nausea",
        "value": {
            "last": {"frequency": 3, "severity": 2},
            "grade": 2,
            "previous": {"frequency": 1, "severity": 1},
        },
        "records": [
            {"type": "symptom_report", "id": "report-0", "at": "2026-03-10T16:00:00Z"},
            {"type": "symptom_report", "id": "report-1", "at": "2026-03-05T16:00:00Z"},
        ],
    }
    assert facts["measure.temperature_c"]["value"] == {"value": 38.2, "unit": "°C"}
    assert facts["red_flag.rigors"]["value"] is True
    assert facts["treatment.ribociclib"]["value"]["effects"] == [
        "ild",
        "myelosuppressive",
        "thrombosis",
    ]
    assert facts["treatment.ribociclib"]["value"]["days_since_start"] == 45
    assert facts["diagnosis.metastatic"]["value"] is True
    assert "diagnosis.er" not in facts
    assert facts["distress"]["value"] == 4
    assert facts["topics"]["value"] == ["body"]
    assert facts["questionnaire.phq-9"]["value"]["total"] is None
    assert facts["birth_year"]["value"] == 1960
    assert facts["days_since_joining"]["value"] == 60
    assert all(one["records"] for one in facts.values())


def test_doses_are_written_out_by_treatment():
    missed = {"treatment": "letrozole", "status": "missed"}
    picture = picture_of(
        {
            "doses": [
                missed | {"reason": "forgot"},
                {"days_ago": 1, "treatment": "letrozole", "status": "held"},
                {"days_ago": 1, "treatment": "her own pills"},
                missed | {"days_ago": 2, "reason": "cost"},
                *({"days_ago": days, "treatment": "letrozole"} for days in range(3, 10)),
            ]
        }
    )

    facts = {one["fact"]: one for one in picture.as_facts() if one["fact"].startswith("dose")}

    assert facts["dose.letrozole"]["value"] == {
        "name": "letrozole",
        "last": ["missed", "held", "missed", "taken", "taken", "taken", "taken"],
        "missed_in_a_row": 2,
        "reasons": ["cost", "forgot"],
    }
    assert [one["id"] for one in facts["dose.letrozole"]["records"]][:3] == [
        "dose-0",
        "dose-1",
        "dose-3",
    ]
    assert facts["dose.her own pills"]["value"]["missed_in_a_row"] == 0
