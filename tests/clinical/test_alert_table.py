"""The alert table, row by row: who is told, how soon, and what she is told to do.

A row names, for every way the rule can turn out: severity ("high" beside it), queue, time to the
first contact and level of the guidance.  The times are the shorter end of the table's; "immediately"
is 30 minutes, "same day" 8 hours, and an urgent case without a time an hour (project choices).
"""

from datetime import timedelta

import pytest

from service.care.rules import rule_set
from service.clinical import knowledge
from service.clinical.spans import span_of

ROWS = {
    "EM-FEVER": [
        ("urgent", "nursing", "30 min", "call_now"),
        ("soon", "nursing", "24 h", "call_today"),  # any other treatment, or a procedure
    ],
    "EM-FEVER2": [("urgent", "nursing", "30 min", "none")],
    "EM-MSCC": [("urgent", "nursing", "30 min", "emergency")],
    "SN-SPINE": [("soon", "nursing", "24 h", "call_today")],
    "EM-BRAIN": [("urgent", "nursing", "30 min", "emergency")],
    "SN-BRAIN": [("soon", "nursing", "24 h", "none")],
    "EM-RESP": [("urgent", "nursing", "30 min", "emergency")],
    "SN-ILD": [
        ("urgent", "nursing", "4 h", "call_today"),  # T-DXd
        ("soon", "nursing", "24 h", "call_today"),
    ],
    "EM-HCALC": [
        ("urgent", "nursing", "30 min", "call_now"),  # confusion or drowsiness
        ("soon", "nursing", "8 h", "call_today"),
    ],
    "SN-HYPOCA": [
        ("urgent", "nursing", "1 h", "call_now"),  # spasm or seizure
        ("soon", "nursing", "24 h", "call_today"),
    ],
    "SN-ONJ": [
        ("soon", "nursing", "24 h", "call_today"),  # swelling or fever
        ("soon", "nursing", "3 working days", "call_today"),
    ],
    "SN-DIARR-G2": [("soon", "nursing", "24 h", "self_care")],
    "EM-DIARR-G3": [("urgent", "nursing", "1 h", "call_now")],
    "SN-DIARR-ICI": [("urgent", "nursing", "8 h", "call_now")],
    "SN-VOMIT": [("urgent", "nursing", "4 h", "call_now")],
    "SN-MUCO": [
        ("soon", "nursing", "8 h", "call_today"),  # no drinking
        ("soon", "nursing", "24 h", "self_care"),
    ],
    "SN-CARDIO": [
        ("urgent", "nursing", "1 h", "emergency"),  # breathless at rest, or fainting
        ("soon", "nursing", "24 h", "call_today"),
    ],
    "EM-VTE": [
        ("urgent", "nursing", "30 min", "emergency"),  # chest
        ("urgent", "nursing", "8 h", "call_now"),  # limb
    ],
    "SN-HYPERGLY": [
        ("urgent", "nursing", "1 h", "call_now"),  # vomiting or confusion
        ("soon", "nursing", "24 h", "call_today"),
    ],
    "EM-HFS": [
        ("urgent", "nursing", "1 h", "call_now"),  # fever
        ("soon", "nursing", "24 h", "self_care"),
    ],
    "SYM-SEV": [("soon", "nursing", "48 h", "call_today")],
    "SYM-WORSE": [("soon", "nursing", "48 h", "none")],
    "SYM-MOD2": [("soon", "nursing", "48 h", "none")],
    "SYM-MOD1": [("info", "nursing", None, "self_care")],
    "SYM-MISS": [("info", "coordination", None, "none")],
    "SI-9": [
        ("urgent", "social_work", "1 h", "crisis"),  # 2 or more, or not safe now
        ("urgent", "social_work", "24 h", "crisis"),
    ],
    "SI-CSSRS": [("urgent", "social_work", "30 min", "crisis")],
    "SI-CSSRS-M": [("urgent", "social_work", "8 h", "crisis")],
    "DIS-4": [("soon", "social_work", "3 working days", "self_care")],
    "DIS-7": [("soon high", "social_work", "1 working day", "self_care")],
    "DEP-MOD": [("soon", "social_work", "7 days", "self_care")],
    "DEP-SEV": [("soon high", "social_work", "1 working day", "none")],
    "ANX-MOD": [("soon", "social_work", "7 days", "self_care")],
    "ANX-SEV": [("soon high", "social_work", "1 working day", "none")],
    "SCR-2": [(None, None, None, "none")] * 3,  # opens no alert, it only asks
    "SPIR": [("soon", "chaplaincy", "3 working days", "self_care")],
    "PRACT": [("soon", "social_work", "5 working days", "self_care")],
}
OURS = {"DOSE-COST", "DOSE-EFFECTS", "DOSE-ROW-NURSING", "DOSE-ROW-SOCIAL"}


def test_the_table_has_37_rows_and_beside_it_stand_only_the_doses():
    alerting = {rule.id for rule in rule_set().selected(purposes={"alert"})}

    assert len(ROWS) == 37
    assert alerting - OURS == ROWS.keys() - {"SCR-2"}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_the_table_is_what_the_rule_leads_to(name):
    assert [_row(case.outcome) for case in rule_set().by_id[name].cases] == ROWS[name]


def _row(outcome):
    alert, level = outcome.alert, outcome.guidance.level if outcome.guidance else "none"
    if alert is None:
        return None, None, None, level
    within = next(
        (text for row in ROWS.values() for _, _, text, _ in row
         if text and span_of(text) == alert.contact_within), None,
    )  # fmt: skip
    return f"{alert.severity}{' high' if alert.high else ''}", alert.queue, within, level


def test_the_windows_and_the_precedence_are_those_of_the_table():
    policy = knowledge().policy
    effects = policy.treatment_windows

    assert effects.of_effect("myelosuppressive") == timedelta(days=42)
    assert effects.of_effect("onj") is None
    assert effects.of_effect("ild") == effects.after_end == timedelta(days=30)
    assert effects.procedures == timedelta(days=42)
    assert (policy.worsening.delta, policy.worsening.gap) == (2, timedelta(days=14))
    assert policy.severe_symptom.variant == "composite_or_attribute"
    order = ["EM-X", "SI-X", "SYM-SEV", "SYM-WORSE", "SYM-MOD2", "SYM-MOD1"]
    assert sorted(order, key=policy.rank) == order


def test_every_anti_her2_drug_and_anthracycline_of_the_catalogue_is_one_for_the_heart():
    named = [
        one
        for one in knowledge().treatments.values()
        if "HER2" in one.treatment_class.replace("HER2-", "") or one.code.endswith("rubicin")
    ]

    assert len(named) >= 10
    assert all("cardiotoxic" in one.effects for one in named)


@pytest.mark.parametrize("name", ["EM-", "SI-"])
def test_emergencies_and_suicide_alerts_are_never_held_back(name):
    for rule in rule_set().selected(purposes={"alert"}):
        if rule.id.startswith(name):
            assert not any(case.outcome.alert.patient_can_snooze for case in rule.cases), rule.id
