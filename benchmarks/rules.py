"""The whole rule set for one patient, beside the same rules written by hand in Python.

    .venv/bin/python -m benchmarks.rules [--slices 60] [--calls 40]

The two take turns over the same pictures in slices of some milliseconds, counted in processor
time; the ratio is the median of the ratios of neighbouring slices.  Like is set beside like: which
rules are true, beside ``benchmarks.rules_by_hand``; which, and the records and numbers each rests
on, beside ``benchmarks.rules_by_hand_why``.  ``tests/care/test_rules_by_hand.py`` proves that both
find the same.  The reasons in words are made when somebody reads them, and have no twin.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

from benchmarks.rules_by_hand_self import by_hand
from benchmarks.rules_by_hand_why import by_hand_with_evidence
from service.care.picture import Picture
from service.care.records import Records
from service.care.rules import Finding, RuleSet, compiled, rule_set, vocabulary
from service.clinical.reading import Document
from tests.care.patients import NOW, records_of, report_of

ALERT = frozenset({"alert"})
MANY = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=60)
    parser.add_argument("--calls", type=int, default=40)
    options = parser.parse_args()
    rules = rule_set()
    alerting = len(rules.selected(purposes=ALERT))
    for name, given in (("typical", TYPICAL), ("ill", ILL)):
        records = records_of(given)
        picture = picture_of(records)
        found = len(rules.evaluate(picture, purposes=ALERT))
        print(f"\n{name} patient, {alerting} rules, {found} of them true")
        for kind, take in (
            ("a picture that is there", lambda picture=picture: picture),
            ("a fresh picture each time", lambda records=records: picture_of(records)),
        ):
            print(f"  {kind}")
            _compare(
                "which are true", options,
                lambda take=take: rules.evaluate(take(), purposes=ALERT),
                lambda take=take: by_hand(take()),
            )  # fmt: skip
            _compare(
                "and what they rest on", options,
                lambda take=take: _with_evidence(rules.evaluate(take(), purposes=ALERT)),
                lambda take=take: by_hand_with_evidence(take()),
            )  # fmt: skip
        read = _slices(lambda picture=picture: _read(rules, picture), options)
        print(f"  with every reason read: {statistics.median(read):.1f} µs")
    _many(rules, options)


def _with_evidence(findings: Sequence[Finding]) -> None:
    for one in findings:
        assert one.records
        assert one.values is not None


def _read(rules: RuleSet, picture: Picture) -> None:
    for one in rules.evaluate(picture, purposes=ALERT):
        assert one.reason


def _many(rules: RuleSet, options: argparse.Namespace) -> None:
    """Measure 200 rules: ours over and over, each time with other thresholds."""
    many = replicated(rules, MANY)
    picture = picture_of(records_of(TYPICAL))
    new = picture.facts_of({"report-0"})
    chosen = len(many.selected(purposes=ALERT, reading=new))
    print(f"\n{len(many.rules)} rules, typical patient")
    for name, reading in ((f"all {MANY}", None), (f"the {chosen} a report bears on", new)):
        one = _slices(lambda r=reading: many.evaluate(picture, purposes=ALERT, reading=r), options)
        print(f"  {name:28} {statistics.median(one):7.1f} µs")


def replicated(rules: RuleSet, count: int) -> RuleSet:
    """Return so many rules: the alerting ones, again and again, with thresholds moved."""
    written = [dict(rule.data) for rule in rules.selected(purposes=ALERT)]
    rows = [
        {**written[number % len(written)], "id": f"COPY-{number}"}
        | {"when": _moved(written[number % len(written)]["when"], number // len(written))}
        for number in range(count)
    ]
    return compiled([Document("copies", "", rows)], vocabulary())


def _moved(value: object, by: int) -> object:
    """Return a condition with its thresholds of measures moved up by tenths."""
    if isinstance(value, list):
        return [_moved(one, by) for one in value]
    if not isinstance(value, dict):
        return value
    moved = {key: _moved(one, by) for key, one in value.items()}
    if "measure" in moved:
        moved = {
            key: one + by / 10 if key in ("at_least", "above", "below") else one
            for key, one in moved.items()
        }
    return moved


def picture_of(records: Records) -> Picture:
    return Picture.of(records, as_of=NOW, knowledge=vocabulary())


def _compare(
    name: str, options: argparse.Namespace, ours: Callable[[], object], hand: Callable[[], object]
) -> None:
    pairs = [(_slice(ours, options.calls), _slice(hand, options.calls)) for _ in range(3)]
    pairs = [
        (_slice(ours, options.calls), _slice(hand, options.calls)) for _ in range(options.slices)
    ]
    ratios = sorted(one / other for one, other in pairs)
    low, high = ratios[len(ratios) // 10], ratios[-1 - len(ratios) // 10]
    print(
        f"    {name:26} {statistics.median(one for one, _ in pairs):7.1f} µs, by hand"
        f" {statistics.median(other for _, other in pairs):7.1f} µs:"
        f" {statistics.median(ratios):.2f} ({low:.2f} to {high:.2f})"
    )


def _slices(call: Callable[[], object], options: argparse.Namespace) -> list[float]:
    return [_slice(call, options.calls) for _ in range(options.slices)][3:]


def _slice(call: Callable[[], object], calls: int) -> float:
    """Return the microseconds of processor a call takes, over so many; others may be at work."""
    before = time.thread_time_ns()
    for _ in range(calls):
        call()
    return (time.thread_time_ns() - before) / calls / 1000


TYPICAL = {
    "diagnosis": {"metastatic_sites": ["bone"], "er": "positive", "her2": "negative"},
    "treatments": [
        {"code": "ribociclib"},
        {"code": "letrozole"},
        {"code": "denosumab_120"},
        {"code": "paclitaxel", "ended_days_ago": 200},
        {"code": "lumpectomy", "started_days_ago": 900, "ended_days_ago": 900},
    ],
    "reports": [
        {"days_ago": 7 * week}
        | report_of(
            fatigue=(2, 2), nausea=(1, 1), general_pain=(1, 1, 1), diarrhea=(1,), cough=(0, 0),
            insomnia=(1, 1), hot_flashes=(2, 1), joint_pain=(1, 1, 0),
        )
        | {"temperature_c": 36.7}
        for week in range(4)
    ],
    "checks": [{"days_ago": 7 * week, "distress": 3, "topics": ["family"]} for week in range(4)],
    "responses": [{"days_ago": 3, "questionnaire": "phq-2", "answers": {"1": 1, "2": 0}}],
    "doses": [{"days_ago": day, "treatment": "ribociclib"} for day in range(14)],
}  # fmt: skip
"""Some months into her first line: mild symptoms, one of them moderate, nothing new."""

ILL = TYPICAL | {
    "reports": [
        report_of(nausea=(4, 4), fatigue=(4, 4), chills=(3, 3), shortness_of_breath=(2, 2))
        | {"temperature_c": 38.6, "red_flags": ["breathless_at_rest", "marked_thirst"]},
        *TYPICAL["reports"][1:],
    ],
    "checks": [{"distress": 8, "topics": ["meaning"], "safe_now": False}],
}
"""The same woman on her worst day."""


if __name__ == "__main__":
    main()
