"""One case: what is given, what is expected, and what came instead."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.care.facts.vocabulary import Vocabulary
from service.care.picture import Picture
from service.care.records import Records
from service.care.rule_cases.given import NOW, records_of
from service.care.rules import Explanation, Finding, RuleSet
from service.care.rules.parse import BadRule, Spec, short
from service.clinical import Knowledge
from service.clinical.reading import Document

NOTHING = "nothing"
SEEN = (
    "severity", "queue", "high", "contact", "also_tell", "named_contact_required", "level",
    "guidance", "content", "reminders", "case", "records", "values", "next", "ask",
)  # fmt: skip
"""What may be expected of a finding; ``contact`` is the time to the first contact."""

_ABOUT_ALL = ("fires", "unknown", "subjects", "also", "not")


@dataclass(frozen=True, slots=True)
class Case:
    """A case, read.

    Attributes:
        rule: id of the rule it is about.
        name: the case in one line.
        given: her records.
        fires: whether the rule is true of her.
        seen: what is expected of the first finding, by the words of ``SEEN``.
        unknown: facts that must be among those it missed, ``None`` if nothing is said of them.
        subjects: symptoms it must be about, in their order, ``None`` if nothing is said of them.
        also: other rules that must be true of her.
        never: other rules that must not.
    """

    rule: str
    name: str
    given: Records
    fires: bool
    seen: Mapping[str, Any]
    unknown: tuple[str, ...] | None
    subjects: tuple[str, ...] | None
    also: tuple[str, ...]
    never: tuple[str, ...]
    spec: Spec

    def faults(self, rules: RuleSet, words: Vocabulary) -> Iterator[BadRule]:
        """Run the case and yield what is not as expected, by file, line, rule and word."""
        picture = Picture.of(self.given, as_of=NOW, knowledge=words)
        explained = rules.explain(self.rule, picture)
        for key, complaint in self._complaints(explained, rules, picture):
            place = ("expect",) if key is None else ("expect", key)
            at = (*self.spec.place, *place)
            yield BadRule(self.spec.document, at, f"{self.name!r}: {complaint}", self.rule)

    def _complaints(
        self, explained: Explanation, rules: RuleSet, picture: Picture
    ) -> Iterator[tuple[str | None, str]]:
        found = explained.findings
        if bool(found) is not self.fires:
            yield None, f"expected {_expected(self)}; came {_came(explained)}"
        elif found:
            yield from _differences(self, found)
        lacking = [fact for fact in self.unknown or () if fact not in explained.unknown]
        if lacking:
            missed = ", ".join(explained.unknown) or NOTHING
            yield "unknown", f"expected {', '.join(lacking)} to be missed; missed was {missed}"
        for word, names, wanted in (("also", self.also, True), ("not", self.never, False)):
            for name in names:
                other = rules.explain(name, picture)
                if bool(other.findings) is not wanted:
                    expected = name if wanted else f"not {name}"
                    yield word, f"expected {expected}; came {_came(other)}"


def cases_in(
    document: Document, rules: Iterable[str], words: Vocabulary, known: Knowledge
) -> list[Case]:
    """Read the cases of one file.

    Args:
        document: a file of cases.
        rules: ids of the rules there are.
        words: what a case may name.
        known: for the grades.

    Raises:
        BadRule: the first fault found, by file, line, rule and word.
    """
    if not isinstance(document.data, list):
        raise Spec({}, document, (), None).refuse("a file of cases is a list of cases")
    ids = tuple(rules)
    return [
        _case(Spec(row, document, (number,), _rule_of(row)), ids, words, known)
        for number, row in enumerate(document.data)
    ]


def gaps(cases: Iterable[Case], rules: RuleSet) -> list[str]:
    """Name what is not tried out of rules that alert or ask, one line each.

    Each of them needs a case in which it fires, one in which it just does not, and one in which a
    fact is missing.
    """
    by_rule: dict[str, list[Case]] = {}
    for case in cases:
        by_rule.setdefault(case.rule, []).append(case)
    lines = []
    for rule in rules.selected(purposes={"alert", "ask"}):
        tried = by_rule.get(rule.id, [])
        kinds = {
            "fires": any(one.fires for one in tried),
            "just does not": any(not one.fires and one.unknown is None for one in tried),
            "lacks a fact": any(one.unknown is not None for one in tried),
        }
        lacking = [f"in which it {kind}" for kind, there in kinds.items() if not there]
        if lacking:
            lines.append(f"{rule.id} has no case {', none '.join(lacking)}")
    return lines


def untried(cases: Iterable[Case], rules: RuleSet) -> list[str]:
    """Name the rules that have no case at all."""
    tried = {case.rule for case in cases}
    return [rule.id for rule in rules.rules if rule.id not in tried]


def _rule_of(row: Any) -> str | None:
    name = row.get("rule") if isinstance(row, Mapping) else None
    return name if isinstance(name, str) else None


def _case(spec: Spec, rules: tuple[str, ...], words: Vocabulary, known: Knowledge) -> Case:
    rule, name = spec.word("rule", rules, "rule"), spec.text("case")
    given = records_of(spec.part("given"), words, known)
    if spec.raw("expect") == NOTHING:
        spec.done()
        return Case(rule, name, given, False, {}, None, None, (), (), spec)
    expect = spec.part("expect")
    fires = expect.flag("fires", default=True)
    seen = {key: expect.raw(key) for key in SEEN if key in expect}
    if seen and not fires:
        raise expect.refuse("nothing follows from a rule that does not fire", next(iter(seen)))
    if "contact" in seen and seen["contact"] is not None:
        seen["contact"] = expect.span("contact")
    case = Case(
        rule=rule,
        name=name,
        given=given,
        fires=fires,
        seen=seen,
        unknown=_list(expect, "unknown"),
        subjects=_list(expect, "subjects"),
        also=expect.words("also", rules, "rule") if "also" in expect else (),
        never=expect.words("not", rules, "rule") if "not" in expect else (),
        spec=spec,
    )
    expect.done()
    spec.done()
    return case


def _list(expect: Spec, key: str) -> tuple[str, ...] | None:
    if key not in expect:
        return None
    value = expect.raw(key)
    if not isinstance(value, list):
        raise expect.refuse(f"{key!r} needs a list", key)
    return tuple(value)


def _differences(case: Case, found: tuple[Finding, ...]) -> Iterator[tuple[str, str]]:
    subjects = tuple(finding.subject or "" for finding in found)
    if case.subjects is not None and subjects != case.subjects:
        wanted = ", ".join(case.subjects)
        yield "subjects", f"expected subjects {wanted}; came {', '.join(subjects)}"
    came = _as_seen(found[0])
    for key, expected in case.seen.items():
        asked = sorted(expected) if key == "records" else expected
        if came[key] != asked:
            because = f" (because: {found[0].reason})" if found[0].reason else ""
            yield key, f"expected {key} {_shown(asked)}; came {_shown(came[key])}{because}"


def _as_seen(finding: Finding) -> Mapping[str, Any]:
    alert, guidance = finding.outcome.alert, finding.outcome.guidance
    return {
        "severity": alert and alert.severity,
        "queue": alert and alert.queue,
        "high": alert and alert.high,
        "contact": alert and alert.contact_within,
        "also_tell": list(alert.also_tell) if alert else None,
        "named_contact_required": alert and alert.named_contact_required,
        "level": guidance.level if guidance else "none",
        "guidance": guidance and guidance.text,
        "content": list(finding.outcome.content),
        "reminders": [one.kind for one in finding.outcome.reminders],
        "case": finding.case,
        "records": sorted(str(record.id) for record in finding.records),
        "values": dict(finding.values),
        "next": finding.outcome.next,
        "ask": list(finding.outcome.ask),
    }


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {one}" for name, one in value.items()) or NOTHING
    return f"{value.amount} {value.unit}" if hasattr(value, "unit") else short(value).strip("'")


def _expected(case: Case) -> str:
    if not case.fires:
        return NOTHING
    severity = case.seen.get("severity")
    return str(severity) if severity else "it to fire"


def _came(explained: Explanation) -> str:
    if not explained.findings:
        missed = f", missed: {', '.join(explained.unknown)}" if explained.unknown else ""
        return f"{NOTHING}{missed}"
    first = explained.findings[0]
    alert = first.outcome.alert
    what = (
        f"{alert.severity} for {alert.queue}"
        if alert
        else ", ".join(sorted(first.outcome.purposes))
    )
    return f"{what} (because: {first.reason})"
