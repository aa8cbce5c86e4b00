"""Ana's first weeks, as the rules see them: what is new at each moment, and what follows."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.care.facts.vocabulary import GUIDANCE_LEVELS
from service.care.picture import Picture
from service.care.records import (
    DiagnosisFacts,
    Records,
    ReportFacts,
    ResponseFacts,
    TreatmentFacts,
    WellbeingFacts,
)
from service.care.rules import Finding, rule_set, vocabulary
from tests.care.patients import graded

JOINED = datetime(2026, 1, 6, 3, 10, tzinfo=UTC)
DIAGNOSIS = DiagnosisFacts(
    id="diagnosis",
    at=datetime(2026, 1, 6, 3, 15, tzinfo=UTC),
    recurrence="distant",
    stage_iv_at_diagnosis=False,
    metastatic_sites=("bone", "liver"),
    er="positive",
    pr="positive",
    her2="negative",
    menopausal_status="post",
    initial_surgery="lumpectomy",
)


def _treatment(code: str, modality: str, status: str, started_on: date) -> TreatmentFacts:
    at = datetime(2026, 1, 6, 16, 3, tzinfo=UTC)
    return TreatmentFacts(
        id=code, at=at, code=code, name=code, modality=modality, status=status, line=1,
        started_on=started_on,
    )  # fmt: skip


TREATMENTS = (
    _treatment("denosumab_120", "bone_modifying", "planned", date(2026, 1, 20)),
    _treatment("ribociclib", "targeted", "active", date(2026, 1, 6)),
    _treatment("letrozole", "hormonal", "active", date(2026, 1, 6)),
)


def _report(
    name: str, at: datetime, answers: dict[str, dict[str, int]], **signs: Any
) -> ReportFacts:
    rows = [
        {"symptom": symptom, "grade": graded(symptom, answer), **answer}
        for symptom, answer in answers.items()
    ]
    return ReportFacts(id=name, at=at, answers=rows, **signs)


JANUARY_12 = _report(
    "january-12",
    datetime(2026, 1, 13, 2, 0, tzinfo=UTC),
    {
        "nausea": {"frequency": 1, "severity": 1},
        "fatigue": {"severity": 1, "interference": 1},
        "general_pain": {"frequency": 1, "severity": 1, "interference": 0},
    },
)
JANUARY_19 = _report(
    "january-19",
    datetime(2026, 1, 20, 2, 0, tzinfo=UTC),
    {
        "nausea": {"frequency": 3, "severity": 3},
        "fatigue": {"severity": 2, "interference": 2},
    },
)
JANUARY_26 = _report(
    "january-26",
    datetime(2026, 1, 26, 15, 30, tzinfo=UTC),
    {"chills": {"frequency": 2, "severity": 2}},
    temperature_c=38.2,
)
FEBRUARY_2 = WellbeingFacts(
    id="february-2",
    at=datetime(2026, 2, 3, 4, 0, tzinfo=UTC),
    distress=7,
    mood=2,
    topics=("feelings", "meaning"),
    contact_wanted=("chaplain",),
)
PHQ_2 = ResponseFacts(
    id="phq-2",
    at=datetime(2026, 2, 3, 4, 5, tzinfo=UTC),
    questionnaire="phq-2",
    answers={"1": 2, "2": 2},
    status="completed",
    total=4,
)
PHQ_9 = ResponseFacts(
    id="phq-9",
    at=datetime(2026, 2, 3, 4, 6, tzinfo=UTC),
    questionnaire="phq-9",
    answers={"1": 2, "2": 2, "3": 1, "4": 1, "9": 1},
    status="in-progress",
)
MARCH_10 = _report(
    "march-10",
    datetime(2026, 3, 10, 15, 0, tzinfo=UTC),
    {"general_pain": {"frequency": 3, "severity": 2, "interference": 2}},
    red_flags=("limb_weakness",),
    body_sites=("back",),
)


def picture_at(moment: datetime, **changed: Any) -> Picture:
    """Take Ana's picture with everything of her story that is on file by then."""
    records = Records(
        patient_id="ana",
        joined_at=JOINED,
        today=moment.date(),
        time_zone="America/Los_Angeles",
        diagnosis=DIAGNOSIS,
        treatments=changed.get("treatments", TREATMENTS),
        symptom_reports=(MARCH_10, JANUARY_26, JANUARY_19, JANUARY_12),
        wellbeing_checks=(FEBRUARY_2,),
        questionnaire_responses=(PHQ_9, PHQ_2),
        last_report_at=MARCH_10.at,
    )
    return Picture.of(records, as_of=moment, knowledge=vocabulary())


def what_follows(new: Any, **changed: Any) -> list[Finding]:
    """Return what a new record leads to, as ``respond`` asks for it."""
    picture = picture_at(new.at, **changed)
    reading = picture.facts_of({new.id})
    found = rule_set().evaluate(picture, purposes={"alert", "guidance", "ask"}, reading=reading)
    return [finding for finding in found if finding.rests_on({new.id})]


def _alerts(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    return {
        finding.rule: (finding.outcome.alert.severity, finding.outcome.alert.queue)
        for finding in findings
        if finding.outcome.alert
    }


def _level(findings: list[Finding]) -> str:
    levels = [finding.outcome.guidance.level for finding in findings if finding.outcome.guidance]
    return max(levels, key=GUIDANCE_LEVELS.index, default="none")


def test_bone_metastases_and_a_planned_injection_bring_their_articles_and_reminders():
    found = rule_set().evaluate(
        picture_at(datetime(2026, 1, 6, 16, 4, tzinfo=UTC)), purposes={"content", "reminder"}
    )

    shown = {slug for finding in found for slug in finding.outcome.content}
    kinds = {one.kind for finding in found for one in finding.outcome.reminders}
    assert {"bone-met", "deno-start", "cdk", "mscc-card"} <= shown
    assert {"dental", "medication", "lab", "appointment"} == kinds
    assert all(finding.reason and finding.records for finding in found)


def test_mild_symptoms_open_nothing():
    found = what_follows(JANUARY_12)

    assert _alerts(found) == {}
    assert _level(found) in ("none", "self_care")


def test_severe_and_worse_by_two_goes_to_the_nurse():
    found = what_follows(JANUARY_19)

    assert _alerts(found)["SYM-SEV"] == ("soon", "nursing")
    assert _alerts(found)["SYM-WORSE"] == ("soon", "nursing")
    assert found[0].rule == "SYM-SEV"
    assert found[0].values == {"frequency": 3, "severity": 3}
    assert _level(found) == "call_today"
    worse = next(finding for finding in found if finding.rule == "SYM-WORSE")
    assert worse.reason == (
        "Nausea (frequency 3, severity 3) on 19 January, nausea frequency up from 1 to 3,"
        " nausea severity up from 1 to 3, nausea grade up from 1 to 3"
    )


def test_fever_on_a_cdk4_6_inhibitor_is_urgent():
    found = what_follows(JANUARY_26)

    assert _alerts(found)["EM-FEVER"] == ("urgent", "nursing")
    assert found[0].rule == "EM-FEVER"
    assert found[0].reason == (
        "Temperature 38.2 °C and chills severity 2 on 26 January, on ribociclib"
    )
    assert {record.id for record in found[0].records} == {"january-26", "ribociclib"}
    assert _level(found) == "call_now"


def test_high_distress_goes_to_the_social_worker_and_the_wish_to_the_chaplain():
    found = what_follows(FEBRUARY_2)

    assert _alerts(found) == {
        "DIS-7": ("soon", "social_work"),
        "DIS-4": ("soon", "social_work"),
        "SPIR": ("soon", "chaplaincy"),
    }
    feed = rule_set().evaluate(picture_at(FEBRUARY_2.at), purposes={"content"})
    assert {"group", "chaplain"} <= {slug for one in feed for slug in one.outcome.content}


def test_a_positive_screen_asks_for_the_long_form_and_alerts_nobody():
    found = what_follows(PHQ_2)

    assert [finding.rule for finding in found] == ["SCR-2"]
    assert found[0].outcome.next == "phq-9"


def test_item_nine_acts_on_a_form_that_is_not_finished():
    found = what_follows(PHQ_9)

    assert _alerts(found) == {"SI-9": ("urgent", "social_work")}
    assert _level(found) == "crisis"
    assert found[0].outcome.alert.also_tell == ("nursing",)


def test_back_pain_and_a_weak_leg_is_an_emergency():
    found = what_follows(MARCH_10)

    assert _alerts(found)["EM-MSCC"] == ("urgent", "nursing")
    assert found[0].rule == "EM-MSCC"
    assert _level(found) == "emergency"


@pytest.mark.parametrize("new", [JANUARY_19, JANUARY_26, MARCH_10])
def test_what_was_said_before_is_not_said_again(new):
    later = ReportFacts(id="later", at=new.at.replace(minute=59), answers=())
    picture = picture_at(later.at)
    with_later = Records(
        patient_id="ana",
        joined_at=JOINED,
        today=later.at.date(),
        time_zone="America/Los_Angeles",
        diagnosis=DIAGNOSIS,
        treatments=TREATMENTS,
        symptom_reports=(later, *picture.reports),
        last_report_at=later.at,
    )
    picture = Picture.of(with_later, as_of=later.at, knowledge=vocabulary())

    found = rule_set().evaluate(picture, purposes={"alert"})

    assert not [finding.rule for finding in found if finding.rests_on({"later"})]


def test_a_new_drug_makes_a_fever_of_this_morning_new():
    drug = TreatmentFacts(
        id="new-drug", at=JANUARY_26.at.replace(hour=18), code="paclitaxel", name="paclitaxel",
        modality="chemotherapy", status="active", started_on=date(2026, 1, 26),
    )  # fmt: skip

    found = what_follows(drug, treatments=(drug,))

    assert [finding.rule for finding in found] == ["EM-FEVER"]
