"""Running rules over a picture, and what they find."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Self
from uuid import UUID

from service.care.facts.answers import Given
from service.care.picture import Picture
from service.care.records import Record
from service.care.rules.compile import Case, Rule
from service.care.rules.conditions_answers import about_answer
from service.care.rules.evidence import Evidence, Phrase, Seen, merged
from service.care.rules.outcome import Outcome
from service.care.rules.reasons import reason_of

_NOBODY: tuple[None] = (None,)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is true of her, and why.

    Attributes:
        rule: id of the rule.
        version: its version, to be kept with everything it leads to.
        case: which of its cases holds, counted from 0; ``None`` without cases.
        subject: the symptom it is about, for rules asked of each answer, else ``None``.
        records: exactly what made it true, nothing else.
        values: the numbers that made it true; a higher one, or one that was not there before, is
            worse.
        unknown: facts it looked for and did not find.
        outcome: what it leads to.
    """

    rule: str
    version: int
    case: int | None
    subject: str | None
    records: tuple[Record, ...]
    values: Mapping[str, float]
    unknown: tuple[str, ...]
    outcome: Outcome
    rank: tuple[int, ...] = field(repr=False, compare=False)
    _phrases: tuple[Phrase, ...] = field(repr=False, compare=False)
    _zone: str = field(repr=False, compare=False)
    _as_of: datetime = field(repr=False, compare=False)

    @property
    def reason(self) -> str:
        """Why, in plain English made from the evidence."""
        return reason_of(self._phrases, zone=self._zone, as_of=self._as_of)

    def rests_on(self, ids: Collection[UUID | str]) -> bool:
        """Tell whether one of these records is among those that made it true."""
        return any(record.id in ids for record in self.records)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of one rule: what it found, if anything, and which facts it missed."""

    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]


class RuleSet:
    """Rules, compiled, and indexed by the facts they read."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        twice = [name for name, count in Counter(one.id for one in self.rules).items() if count > 1]
        if twice:
            raise ValueError(f"rules stand twice: {', '.join(sorted(twice))}")
        self.by_id: Mapping[str, Rule] = {rule.id: rule for rule in self.rules}
        self._place = {rule.id: number for number, rule in enumerate(self.rules)}
        self._reading: dict[str, list[Rule]] = {}
        for rule in self.rules:
            for fact in rule.reads:
                self._reading.setdefault(fact, []).append(rule)

    def replacing(self, rules: Iterable[Rule]) -> Self:
        """Return a set in which these rules stand for those of the same id, or are added.

        That is how a site's own thresholds come in.
        """
        return type(self)({**self.by_id, **{rule.id: rule for rule in rules}}.values())

    def selected(
        self,
        *,
        purposes: Collection[str] | None = None,
        reading: Collection[str] | None = None,
    ) -> list[Rule]:
        """Return the rules that lead to one of ``purposes`` and read one of the named facts.

        ``None`` is no restriction.  The order is that of the set.
        """
        rules: Iterable[Rule] = self.rules
        if reading is not None:
            chosen = {rule.id for fact in reading for rule in self._reading.get(fact, ())}
            rules = (self.by_id[name] for name in sorted(chosen, key=self._place.__getitem__))
        if purposes is None:
            return list(rules)
        return [rule for rule in rules if not rule.purposes.isdisjoint(purposes)]

    def evaluate(
        self,
        picture: Picture,
        *,
        purposes: Collection[str] | None = None,
        reading: Collection[str] | None = None,
    ) -> list[Finding]:
        """Find every rule that is true of a picture.

        Args:
            picture: of one patient at one moment.
            purposes: run only rules that lead to one of these (``alert``, ``guidance``,
                ``content``, ``reminder``, ``ask``).
            reading: run only rules that read one of these facts, as
                ``picture.facts_of(new_records)`` names them; a rule that reads none of them cannot
                have become true through them.

        Returns:
            Findings, the most pressing first: by severity, then by the policy's precedence, then
            in the order of the files.
        """
        findings = []
        for rule in self._chosen(
            None if purposes is None else frozenset(purposes),
            None if reading is None else frozenset(reading),
        ):
            for given in _subjects(rule, picture):
                seen = Seen(given)
                evidence = rule.when(picture, seen)
                if evidence is not None:
                    finding = _finding(rule, picture, seen, evidence)
                    if finding is not None:
                        findings.append(finding)
        findings.sort(key=attrgetter("rank"))
        return findings

    @lru_cache(maxsize=2048)  # noqa: B019 - sets of rules live as long as the process
    def _chosen(
        self, purposes: frozenset[str] | None, reading: frozenset[str] | None
    ) -> tuple[Rule, ...]:
        return tuple(self.selected(purposes=purposes, reading=reading))

    def explain(self, name: str, picture: Picture) -> Explanation:
        """Run one rule and also say which facts it missed, found or not.

        Raises:
            KeyError: there is no such rule.
        """
        rule = self.by_id[name]
        findings, unknown = [], []
        for given in _subjects(rule, picture):
            seen = Seen(given)
            evidence = rule.when(picture, seen)
            finding = evidence and _finding(rule, picture, seen, evidence)
            unknown += seen.unknown
            if finding:
                findings.append(finding)
        if rule.for_each_answer and picture.newest_report is None:
            unknown.append("symptom.*")
        return Explanation(tuple(findings), tuple(dict.fromkeys(unknown)))


def _subjects(rule: Rule, picture: Picture) -> Sequence[Given | None]:
    if not rule.for_each_answer:
        return _NOBODY
    report = picture.newest_report
    return [Given(report, answer) for answer in report.answers] if report else []


def _finding(rule: Rule, picture: Picture, seen: Seen, evidence: Evidence) -> Finding | None:
    if rule.unless is not None and rule.unless(picture, Seen(seen.answer)) is not None:
        return None
    chosen = _case(rule, picture, seen)
    if chosen is None:
        return None
    number, case, more = chosen
    parts = [evidence] if more is None else [evidence, more]
    if seen.answer is not None:
        parts.insert(0, about_answer(picture, seen))
    whole = merged(parts)
    return Finding(
        rule=rule.id,
        version=rule.version,
        case=number if rule.numbered else None,
        subject=seen.answer.answer["symptom"] if seen.answer is not None else None,
        records=whole.records,
        values=whole.values,
        unknown=tuple(dict.fromkeys(seen.unknown)),
        outcome=case.outcome,
        rank=case.rank,
        _phrases=whole.phrases,
        _zone=picture.records.time_zone,
        _as_of=picture.as_of,
    )


def _case(rule: Rule, picture: Picture, seen: Seen) -> tuple[int, Case, Evidence | None] | None:
    for number, case in enumerate(rule.cases):
        if case.when is None:
            return number, case, None
        evidence = case.when(picture, seen)
        if evidence is not None:
            return number, case, evidence
    return None
