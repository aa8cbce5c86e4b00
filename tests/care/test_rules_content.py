"""Which articles and which reminders a patient's situation brings up, and which no longer."""

import pytest

from service.care.rules import rule_set
from tests.care.patients import picture_of, report_of

# Joined long ago, nothing on file: what remains is for her family, or asked for by silence.
ALWAYS = {"caregiver", "log-why"}
# What these situations are about; articles of the other files have cases beside their rules.
ABOUT = {
    slug
    for rule in rule_set().rules
    if rule.file == "rules/content.yaml"
    for case in rule.cases
    for slug in case.outcome.content
}


METASTATIC = {"recurrence": "distant"}


def shown(given) -> set[str]:
    found = rule_set().evaluate(picture_of(given), purposes={"content"})
    assert all(finding.records and finding.reason for finding in found)
    return {slug for finding in found for slug in finding.outcome.content} & ABOUT


@pytest.mark.parametrize(
    ("given", "articles"),
    [
        ({"joined_days_ago": 0}, {"abc-what", "app-limits", "log-why"}),
        (
            {"joined_days_ago": 8, "reports": [{}], "diagnosis": {"recurrence": "distant"}},
            {"abc-what", "app-limits", "log-why", "hope"},
        ),
        (
            {"joined_days_ago": 8, "reports": [{}], "diagnosis": {"recurrence": "local"}},
            {"abc-what", "app-limits", "log-why", "local-rec"},
        ),
        ({"joined_days_ago": 8, "reports": [{}]}, {"abc-what", "app-limits", "log-why"}),
        (
            {"diagnosis": {"recurrence": "local"}, "reports": [{}]},
            {"abc-what", "local-rec"},
        ),
        (
            {"diagnosis": {"metastatic_sites": ["bone"]}, "reports": [{}]},
            {"abc-what", "bone-met", "mscc-card"},
        ),
        (
            {"diagnosis": {"metastatic_sites": ["brain"], "days_ago": 30}, "reports": [{}]},
            {"abc-what", "brain-met", "group"},
        ),
        (
            {"treatments": [{"code": "denosumab_120", "status": "planned"}], "reports": [{}]},
            {"bone-met", "deno-start", "onj"},
        ),
        (
            {"treatments": [{"code": "zoledronic_acid", "ended_days_ago": 183}], "reports": [{}]},
            {"onj"},
        ),
        ({"treatments": [{"code": "zoledronic_acid", "ended_days_ago": 184}], "reports": [{}]}, set()),
        (
            {"treatments": [{"code": "t_dxd", "ended_days_ago": 30}], "reports": [{}]},
            {"tdxd-ild"},
        ),
        ({"treatments": [{"code": "ribociclib", "ended_days_ago": 1}], "reports": [{}]}, set()),
        (
            {"treatments": [{"code": "abemaciclib", "line": 1}], "reports": [{}]},
            {"cdk", "chemo-fever", "trial-101"},
        ),
        (
            {"treatments": [{"code": "capecitabine", "line": 2}], "reports": [{}]},
            {"chemo-fever", "trial-101", "phase1"},
        ),
        ({"joined_days_ago": 14, "reports": [{}]}, set()),
        ({"joined_days_ago": 6, "reports": [{}]}, {"abc-what", "app-limits", "log-why"}),
        (
            {"joined_days_ago": 7, "reports": [{}], "diagnosis": {"stage_iv_at_diagnosis": True}},
            {"abc-what", "app-limits", "log-why", "hope"},
        ),
        ({"joined_days_ago": 60, "reports": [{"days_ago": 13}]}, set()),
        ({"diagnosis": {"metastatic_sites": ["liver"], "days_ago": 31}, "reports": [{}]},
         {"abc-what"}),
        (
            {
                "diagnosis": {"metastatic_sites": ["bone"]},
                "reports": [
                    report_of(general_pain=(1, 2, 0), urinary_frequency=(2, 0), constipation=(1,))
                ],
            },
            {"abc-what", "bone-met", "mscc-card", "bone-pain", "hypercalc"},
        ),
        (
            {
                "diagnosis": {"metastatic_sites": ["bone"]},
                "reports": [report_of(general_pain=(1, 1, 0), constipation=(2,))],
            },
            {"abc-what", "bone-met", "mscc-card", "hypercalc"},
        ),
        ({"treatments": [{"code": "denosumab_120", "ended_days_ago": 1}], "reports": [{}]}, {"onj"}),
        ({"treatments": [{"code": "pamidronate", "ended_days_ago": 1}], "reports": [{}]}, {"onj"}),
        ({"treatments": [{"code": "pertuzumab"}], "reports": [{}]}, {"trast"}),
        ({"treatments": [{"code": "pertuzumab", "ended_days_ago": 1}], "reports": [{}]}, set()),
        ({"treatments": [{"code": "t_dxd", "ended_days_ago": 31}], "reports": [{}]}, set()),
        ({"reports": [{"temperature_c": 38.0}]}, {"chemo-fever"}),
        ({"reports": [report_of(headache=(1, 3, 0))]}, {"brain-met"}),
        ({"reports": [report_of(headache=(1, 2, 0))]}, set()),
        (
            {"reports": [report_of(headache=(1, 3, 0))], "diagnosis": {"recurrence": "local"}},
            {"abc-what", "local-rec"},
        ),
        (
            {
                "reports": [report_of(headache=(1, 3, 0))],
                "diagnosis": {"recurrence": "local", "metastatic_sites": ["liver"]},
            },
            {"abc-what", "local-rec", "brain-met"},
        ),
        (
            {
                "reports": [{}],
                "treatments": [{"code": "zoledronic_acid"}],
                "diagnosis": {"recurrence": "local"},
            },
            {"abc-what", "local-rec", "zol-start", "onj"},
        ),
        ({"reports": [report_of(nausea=(2, 1))]}, {"nausea"}),
        ({"reports": [report_of(nausea=(1, 1))]}, set()),
        ({"reports": [{}], "checks": [{"distress": 3}]}, set()),
        ({"reports": [{}], "checks": [{"distress": 4}]}, {"sw", "group"}),
        *(
            ({"reports": [{}], "checks": [{"distress": distress}], "diagnosis": METASTATIC},
             {"abc-what", "sw", "group"} | more)
            for distress, more in ((4, {"hope"}), (6, {"hope"}), (7, set()))
        ),
        (
            {"reports": [{}], "checks": [{"distress": 5}], "diagnosis": {"recurrence": "local"}},
            {"abc-what", "local-rec", "sw", "group"},
        ),
        (
            {
                "reports": [{}],
                "responses": [
                    {"questionnaire": "phq-9", "answers": {"1": 2, "2": 3}},
                    {"questionnaire": "gad-7", "answers": {"1": 2, "2": 3}},
                ],
            },
            {"dep", "anx"},
        ),
        (
            {
                "reports": [{}],
                "responses": [
                    {"questionnaire": "phq-9", "answers": {"1": 2, "2": 2, "9": 0}},
                    {"questionnaire": "gad-7", "answers": {"1": 2, "2": 2}},
                ],
            },
            set(),
        ),
        (
            {
                "reports": [{}],
                "responses": [
                    {"questionnaire": "phq-9", "answers": {"1": 3, "2": 3, "3": 3, "9": 1}}
                ],
            },
            {"dep", "sw", "crisis"},
        ),
        (
            {
                "reports": [{}],
                "responses": [
                    {"questionnaire": "gad-7", "answers": {"1": 3, "2": 3, "3": 3, "4": 1}}
                ],
            },
            {"anx", "sw"},
        ),
        (
            {
                "reports": [{}],
                "responses": [
                    {"questionnaire": "phq-9", "answers": {str(n): 3 for n in range(1, 6)}}
                ],
            },
            {"sw"},
        ),
        ({"preferences": {"trials": True}, "reports": [{}]}, {"trial-101"}),
        ({"reports": [report_of(vomiting=(1, 0))]}, {"nausea"}),
        ({"reports": [report_of(fatigue=(2, 0))]}, {"fatigue"}),
        ({"reports": [report_of(anxious=(2, 1, 1))]}, {"anx"}),
        ({"reports": [report_of(sad=(2, 1, 1))]}, {"dep", "group"}),
        ({"reports": [report_of(general_pain=(1, 3, 1))]}, {"pall"}),
        (
            {
                "reports": [
                    report_of(nausea=(3, 3)),
                    report_of(cough=(4, 4)) | {"days_ago": 29},
                ]
            },
            {"nausea", "pall"},
        ),
        ({"reports": [{}], "checks": [{"distress": 8, "days_ago": 8}]}, set()),
        ({"reports": [{}], "checks": [{"distress": 1, "topics": ["practical"]}]}, {"sw"}),
        ({"reports": [{}], "checks": [{"contact_wanted": ["chaplain"]}]}, {"chaplain"}),
        ({"reports": [{}], "checks": [{"safe_now": False}]}, {"crisis"}),
    ],
)  # fmt: skip
def test_a_situation_brings_these_articles_and_no_others(given, articles):
    assert shown(given) - ALWAYS == articles - ALWAYS
    assert ("log-why" in shown(given)) is ("log-why" in articles)


@pytest.mark.parametrize(
    ("code", "status", "kinds"),
    [
        ("denosumab_120", "planned", ["dental", "medication", "appointment"]),
        ("denosumab_120", "active", ["dental", "medication", "appointment"]),
        ("zoledronic_acid", "planned", ["dental", "appointment"]),
        ("pamidronate", "active", ["dental", "appointment"]),
        ("denosumab_120", "stopped", []),
        ("ribociclib", "active", ["lab"]),
        ("letrozole", "active", []),
    ],
)
def test_a_treatment_suggests_these_reminders(code, status, kinds):
    picture = picture_of({"reports": [{}], "treatments": [{"code": code, "status": status}]})

    found = rule_set().evaluate(picture, purposes={"reminder"})

    assert [one.kind for finding in found for one in finding.outcome.reminders] == kinds
    assert all(finding.records[0].id == "treatment-0" for finding in found)
