"""What single conditions say of a patient, where the shipped rules do not already show it."""

import pytest

from service.care.rules import compiled
from tests.care.patients import picture_of
from tests.care.test_rule_language import document

BONE = {"metastatic_sites": ["bone"], "er": "positive", "her2": "unknown", "recurrence": "distant"}
TWO_WEEKS = [
    {"answers": {"cough": {"severity": 2, "interference": 0}}},
    {"days_ago": 6, "answers": {"cough": {"severity": 1, "interference": 0}}},
]
COUGH_COMES_AND_GOES = [
    {"answers": {"cough": {"severity": 2, "interference": None}}},
    {"days_ago": 7, "answers": {"cough": {"severity": 1, "interference": None}}},
    {"days_ago": 14, "answers": {"cough": {"severity": 3, "interference": None}}},
]
MISSED = [
    {"days_ago": 1, "treatment": "letrozole", "status": "missed", "reason": "cost"},
    {"days_ago": 2, "treatment": "letrozole", "status": "missed", "reason": "forgot"},
    {"days_ago": 40, "treatment": "letrozole", "status": "missed", "reason": "cost"},
]


@pytest.mark.parametrize(
    ("when", "given", "records"),
    [
        # symptoms by name
        (
            "{symptom: cough, attribute: severity, at_least: 2}",
            {"reports": TWO_WEEKS},
            ["report-0"],
        ),
        ("{symptom: cough, at_least: 2, at_most: 2}", {"reports": TWO_WEEKS}, ["report-0"]),
        ("{symptom: cough, at_least: 1, at_most: 1}", {"reports": TWO_WEEKS}, None),
        ("{symptom: cough, at_least: 2, newly: true}", {"reports": TWO_WEEKS}, ["report-0"]),
        ("{symptom: cough, at_least: 1, newly: true}", {"reports": TWO_WEEKS}, None),
        ("{symptom: cough, new_or_worse: true}", {"reports": TWO_WEEKS}, ["report-0"]),
        ("{symptom: cough, within: 7 days}", {"reports": [TWO_WEEKS[1]]}, ["report-0"]),
        ("{symptom: cough, within: 5 days}", {"reports": [TWO_WEEKS[1]]}, None),
        (
            "{worsened: [nausea, cough]}",
            {
                "reports": [
                    {"answers": {"cough": {"severity": 2, "interference": 2}}},
                    {"days_ago": 6, "answers": {"cough": {"severity": 0}}},
                ]
            },
            ["report-0", "report-1"],
        ),
        ("{worsened: cough}", {"reports": TWO_WEEKS}, None),
        ("{worsened: cough, by: 1}", {"reports": TWO_WEEKS}, ["report-0", "report-1"]),
        # reports one after the other, and reports at all
        (
            "{symptom: cough, at_least: 2, within: 30 days, in_reports: {count: 2}}",
            {"reports": COUGH_COMES_AND_GOES},
            ["report-0", "report-2"],
        ),
        (
            "{symptom: cough, at_least: 2, within: 30 days, in_reports: {count: 2, in_a_row: true}}",
            {"reports": COUGH_COMES_AND_GOES},
            None,
        ),
        (
            "{symptom: cough, at_least: 1, within: 30 days, in_reports: {count: 3, in_a_row: true}}",
            {"reports": COUGH_COMES_AND_GOES},
            ["report-0", "report-1", "report-2"],
        ),
        # of one answer, only of some symptoms
        ("{any_symptom: {answer: severity, only: [cough]}}", {"reports": TWO_WEEKS}, ["report-0"]),
        ("{any_symptom: {answer: severity, only: [nausea]}}", {"reports": TWO_WEEKS}, None),
        ("{any_symptom: {answer: severity, except: [cough]}}", {"reports": TWO_WEEKS}, None),
        # the answer before a skipped one still counts within the week
        (
            "{symptom: cough, attribute: severity}",
            {"reports": [{"answers": {"cough": {"severity": None}}}, TWO_WEEKS[1]]},
            ["report-1"],
        ),
        # treatments
        ("{treatment: {effect: ild}}", {"treatments": [{"code": "ribociclib"}]}, ["treatment-0"]),
        (
            "{treatment: {effect: immune, code: letrozole}}",
            {"treatments": [{"code": "letrozole"}]},
            ["treatment-0"],
        ),
        (
            "{treatment: {modality: targeted}}",
            {"treatments": [{"code": "letrozole"}, {"code": "olaparib"}]},
            ["treatment-1"],
        ),
        (
            "{treatment: {class: aromatase inhibitor, within_days: 0}}",
            {"treatments": [{"code": "letrozole", "ended_days_ago": 1}]},
            None,
        ),
        (
            "{treatment: {code: letrozole, planned: true}}",
            {"treatments": [{"code": "letrozole", "status": "planned"}]},
            ["treatment-0"],
        ),
        (
            "{treatment: {started_within_days: 30}}",
            {"treatments": [{"code": "letrozole", "started_days_ago": 30}]},
            ["treatment-0"],
        ),
        (
            "{treatment: {started_within_days: 30}}",
            {"treatments": [{"code": "letrozole", "started_days_ago": 31}]},
            None,
        ),
        *(
            (
                "{treatment: {code: everolimus, started_days_ago: {at_least: 3, below: 8}}}",
                {"treatments": [{"code": "everolimus", "started_days_ago": days}]},
                records,
            )
            for days, records in (
                (2, None),
                (3, ["treatment-0"]),
                (7, ["treatment-0"]),
                (8, None),
                (None, None),
            )
        ),
        (
            "{treatment: {line_at_least: 2, ever: true}}",
            {"treatments": [{"code": "letrozole", "line": 2, "ended_days_ago": 900}]},
            ["treatment-0"],
        ),
        # stopped, nobody wrote when: the day that was recorded is the last it can have been
        (
            "{treatment: {code: letrozole}}",
            {"treatments": [{"code": "letrozole", "status": "stopped", "days_ago": 30}]},
            ["treatment-0"],
        ),
        (
            "{treatment: {code: letrozole}}",
            {"treatments": [{"code": "letrozole", "status": "stopped", "days_ago": 31}]},
            None,
        ),
        (
            "{procedure: mastectomy, within_days: 10}",
            {"treatments": [{"code": "mastectomy", "started_days_ago": 10, "status": "completed"}]},
            ["treatment-0"],
        ),
        (
            "{procedure: any}",
            {"treatments": [{"code": "mastectomy", "started_days_ago": 5, "status": "planned"}]},
            None,
        ),
        # diagnosis
        ("{diagnosis: {er: positive, metastatic: true}}", {"diagnosis": BONE}, ["diagnosis"]),
        ("{diagnosis: {er: positive, recurrence: local}}", {"diagnosis": BONE}, None),
        ("{diagnosis: {her2: [low, negative]}}", {"diagnosis": BONE}, None),
        (
            "{diagnosis: {metastatic: true}}",
            {"diagnosis": {"recurrence": "distant"}},
            ["diagnosis"],
        ),
        (
            "{diagnosis: {metastatic: true}}",
            {"diagnosis": {"stage_iv_at_diagnosis": True}},
            ["diagnosis"],
        ),
        ("{diagnosis: {metastatic: false}}", {"diagnosis": {"recurrence": "local"}}, ["diagnosis"]),
        (
            "{diagnosis: {recorded_within_days: 30}}",
            {"diagnosis": {"days_ago": 31, **BONE}},
            None,
        ),
        # the person
        ("{age: {at_least: 70}}", {"birth_year": 1956}, ["patient"]),
        ("{age: {at_least: 70}}", {"birth_year": 1957}, None),
        ("{age: {below: 70}}", {}, None),
        ("{prefers: [trials, prognosis]}", {"preferences": {"trials": True}}, ["patient"]),
        ("{prefers: trials}", {"preferences": {"trials": False}}, None),
        ("{days_since_joining: {below: 14}}", {"joined_days_ago": 13}, ["patient"]),
        ("{days_since_joining: {below: 14}}", {"joined_days_ago": 14}, None),
        ("{care: [paused, hospice]}", {"care_status": "hospice"}, []),
        ("{care: active}", {"care_status": "hospice"}, None),
        # doses
        ("{doses_missed: {reason: [cost, supply]}}", {"doses": MISSED}, ["dose-0"]),
        (
            "{doses_missed: {reason: cost, within: 40 days}}",
            {"doses": MISSED},
            ["dose-0", "dose-2"],
        ),
        ("{doses_missed: {in_a_row: 2}}", {"doses": MISSED}, ["dose-0", "dose-1"]),
        ("{doses_missed: {in_a_row: 2, within: 23 h}}", {"doses": MISSED}, None),
        ("{doses_missed: {in_a_row: 2, reason: cost}}", {"doses": MISSED}, None),
        (
            "{doses_missed: {in_a_row: 2, reason: [cost, forgot]}}",
            {"doses": MISSED},
            ["dose-0", "dose-1"],
        ),
        # measures
        ("{measure: weight, above: 80}", {"measurements": [{"code": "weight", "value": 80}]}, None),
        (
            "{measure: weight, above: 80, below: 90}",
            {"measurements": [{"code": "weight", "value": 85}]},
            ["measurement-0"],
        ),
        # questionnaires
        (
            "{questionnaire: {code: gad-7, positive: true}}",
            {
                "responses": [
                    {"questionnaire": "gad-7", "answers": {"1": 3, "2": 3, "3": 3, "4": 1}}
                ]
            },
            ["response-0"],
        ),
    ],
)
def test_a_condition_is_true_of_exactly_these_records(when, given, records):
    found = compiled([document(when)]).evaluate(picture_of(given))

    assert [sorted(one.id for one in finding.records) for finding in found] == (
        [] if records is None else [records]
    )


@pytest.mark.parametrize(
    ("when", "given", "unknown"),
    [
        ("{diagnosis: {her2: low}}", {"diagnosis": BONE}, ("diagnosis.her2",)),
        ("{age: {below: 70}}", {}, ("birth_year",)),
        ("{prefers: trials}", {}, ("preference.trials",)),
        ("{topic: body}", {}, ("wellbeing",)),
        ("{count_symptoms: {count: 1, attribute: grade}}", {}, ("symptom.*",)),
        ("{worsened: diarrhea}", {}, ("symptom.diarrhea.frequency", "symptom.diarrhea.grade")),
        ("{any_symptom: {answer: grade}}", {}, ("symptom.*",)),
    ],
)
def test_what_is_missing_makes_it_false_and_is_named(when, given, unknown):
    explanation = compiled([document(when)]).explain("X-1", picture_of(given))

    assert explanation.findings == ()
    assert explanation.unknown == unknown


def test_a_value_below_a_limit_is_worse_the_further_below_it_is():
    rules = compiled([document("{measure: anc, below: 500}")])

    (few,) = rules.evaluate(picture_of({"measurements": [{"code": "anc", "value": 100}]}))

    assert few.values == {"anc_below_limit": 400}
    assert few.reason == "Neutrophils 100 cells/µL on 10 March"


@pytest.mark.parametrize(
    ("when", "given", "reason"),
    [
        (
            "{any: [{red_flag: [rigors, seizure]}, {symptom: cough, attribute: severity}]}",
            {"reports": [{"red_flags": ["rigors", "seizure"]}, TWO_WEEKS[1]]},
            "Shaking chills and a seizure or fit on 10 March; cough severity 1 on 4 March",
        ),
        (
            "{all: [{diagnosis: {metastatic_site: bone}}, {distress: {rise: 3}}]}",
            {"diagnosis": BONE, "checks": [{"distress": 6}, {"days_ago": 7, "distress": 1}]},
            "Distress 6 of 10 (before: 1) on 10 March, metastases: bone",
        ),
        (
            "{treatment: {ever: true, planned: true}}",
            {
                "treatments": [
                    {"code": "letrozole"},
                    {"code": "olaparib", "status": "planned"},
                    {"code": "paclitaxel", "ended_days_ago": 400},
                    {"code": "docetaxel", "ended_days_ago": 800},
                ]
            },
            "On letrozole, olaparib planned, after paclitaxel, 1 more",
        ),
        (
            "{questionnaire: {code: phq-9, total_at_least: 4}}",
            {"responses": [{"questionnaire": "phq-9", "answers": {"1": 3, "2": 3}}]},
            "PHQ-9 total at least 6 on 10 March",
        ),
        (
            "{any: [{doses_missed: {in_a_row: 2}}, {doses_missed: {reason: side_effects}}]}",
            {
                "doses": [
                    {"treatment": "her own pills", "status": "missed", "reason": "side_effects"},
                    *MISSED,
                ]
            },
            "2 doses of letrozole missed in a row (cost, forgot), the last on 9 March;"
            " a dose of her own pills missed (side effects) on 10 March",
        ),
        (
            "{doses_missed: {in_a_row: 2}}",
            {"doses": [MISSED[0], {**MISSED[1], "reason": None}]},
            "2 doses of letrozole missed in a row (cost, no reason given), the last on 9 March",
        ),
        (
            "{doses_missed: {in_a_row: 1}}",
            {"doses": [{**MISSED[0], "reason": None}]},
            "A dose of letrozole missed on 9 March",
        ),
        ("{symptom: cough, within: 90 days}", {"reports": [TWO_WEEKS[0] | {"days_ago": 69}]},
         "Cough severity 2 on 31 December 2025"),
    ],
)  # fmt: skip
def test_a_reason_is_made_from_the_evidence(when, given, reason):
    (found,) = compiled([document(when)]).evaluate(picture_of(given))

    assert found.reason == reason
