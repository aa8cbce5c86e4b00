"""The rules beside the same rules written by hand in Python: the same findings, for anybody."""

from collections import Counter

import pytest

from benchmarks.rules_by_hand_self import EACH, RULES, by_hand
from benchmarks.rules_by_hand_why import WHY, by_hand_with_evidence
from service.care.rules import rule_set
from tests.care.patients import picture_of
from tests.care.random_patients import given

SEEDS = range(600)


def found(picture):
    return sorted(
        (one.rule, one.case or 0, one.subject or "")
        for one in rule_set().evaluate(picture, purposes={"alert"})
    )


def whole(finding):
    records = [record.as_json() for record in finding.records]
    return repr((finding, records, finding.values, finding.reason))


@pytest.mark.parametrize("first", SEEDS[::100])
def test_whoever_she_is_both_find_the_same(first):
    for seed in range(first, first + 100):
        picture = picture_of(given(seed))
        expected = sorted((rule, case, subject or "") for rule, case, subject in by_hand(picture))
        assert found(picture) == expected, seed


def test_both_say_that_it_rests_on_the_same_records_and_numbers():
    seen = set()
    for seed in SEEDS[::3]:
        picture = picture_of(given(seed))
        expected = {
            (rule, subject): (sorted(why.records), why.values)
            for (rule, _, subject), why in by_hand_with_evidence(picture)
        }
        ours = {
            (one.rule, one.subject): (sorted(one.records), one.values)
            for one in rule_set().evaluate(picture, purposes={"alert"})
            if one.rule in WHY
        }
        assert ours == expected, seed
        seen |= {rule for rule, _ in ours}
    assert seen == WHY.keys()


def test_the_random_patients_make_every_rule_and_every_case_true_and_false():
    seen = Counter(
        (rule, case) for seed in SEEDS for rule, case in {one[:2] for one in found(picture_of(given(seed)))}
    )  # fmt: skip
    alerting = rule_set().selected(purposes={"alert"})
    assert {name for name, _ in (*RULES, *EACH)} == {rule.id for rule in alerting}
    for rule in alerting:
        for case in range(len(rule.cases)):
            assert 0 < seen[rule.id, case] < len(SEEDS), (rule.id, case)


def test_what_a_finding_rests_on_is_gathered_once_somebody_looks_and_only_once():
    picture = picture_of({"reports": [{"red_flags": ["limb_weakness"]}]})
    (finding,) = rule_set().evaluate(picture, purposes={"alert"})
    assert "red_flags" not in vars(picture)  # whose reports only evidence names
    assert finding.records == (picture.reports[0].record,)
    assert "red_flags" in vars(picture)
    assert finding.evidence is finding.evidence


def test_a_finding_can_rest_on_another_record_and_says_the_same():
    picture = picture_of({"reports": [{"red_flags": ["limb_weakness"]}]})
    (finding,) = rule_set().evaluate(picture, purposes={"alert"})
    moved = finding.resting_on(picture.records.patient)
    assert moved.records == (picture.records.patient,)
    assert (moved.values, moved.reason) == (finding.values, finding.reason)
    assert finding.records == (picture.reports[0].record,)


def test_what_is_true_has_its_records_and_reason_and_is_what_explain_finds():
    for seed in SEEDS[::6]:
        picture = picture_of(given(seed))
        everything = rule_set().evaluate(picture)
        explained = [
            finding
            for rule in rule_set().rules
            for finding in rule_set().explain(rule.id, picture).findings
        ]
        assert sorted(map(whole, everything)) == sorted(map(whole, explained))
        assert all(finding.records and finding.reason for finding in everything)
