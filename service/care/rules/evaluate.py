"""Running rules over a picture, and what they find."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from operator import attrgetter
from typing import Self
from uuid import UUID

from service.care.facts.answers import Given
from service.care.picture import Picture
from service.care.records import Record
from service.care.rules.compile import Case, Rule
from service.care.rules.conditions_answers import about_answer
from service.care.rules.evidence import Evidence, Holds
from service.care.rules.outcome import Outcome
from service.care.rules.reasons import reason_of

_NOBODY: tuple[None] = (None,)


@dataclass(slots=True)
class Finding:
    """A rule that is true of her, and why: gathered when somebody first looks, then kept.

    Attributes:
        rule: id of the rule.
        version: its version, to be kept with everything it leads to.
        case: which of its cases holds, counted from 0; ``None`` without cases.
        subject: the symptom it is about, for rules asked of each answer, else ``None``.
        outcome: what it leads to.
        why: gathers the evidence.
    """

    rule: str
    version: int
    case: int | None
    subject: str | None
    outcome: Outcome
    rank: tuple[int, ...] = field(repr=False, compare=False)
    why: Callable[[], Evidence] = field(repr=False, compare=False)
    _picture: Picture = field(repr=False, compare=False)
    _gathered: Evidence | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def evidence(self) -> Evidence:
        """Everything that made it true."""
        if self._gathered is None:
            self._gathered = self.why()
        return self._gathered

    @property
    def records(self) -> tuple[Record, ...]:
        """Exactly what made it true, nothing else."""
        return tuple(self.evidence.records)

    @property
    def values(self) -> Mapping[str, float]:
        """The numbers that made it true; a higher or a new one is worse."""
        return self.evidence.values

    @property
    def reason(self) -> str:
        """Why, in plain English made from the evidence."""
        picture = self._picture
        return reason_of(
            self.evidence.phrases(), zone=picture.records.time_zone, as_of=picture.as_of
        )

    def resting_on(self, record: Record) -> Self:
        """Return the same finding with one record in place of those that made it true."""
        told = Evidence()
        told.add((record,), self.values, self.evidence.phrases)
        return replace(self, why=lambda: told)

    def rests_on(self, ids: Collection[UUID | str]) -> bool:
        """Tell whether one of these records is among those that made it true."""
        for record in self.evidence.records:  # noqa: SIM110 - a generator costs more
            if record.id in ids:
                return True
        return False


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
        chosen = self._chosen(
            None if purposes is None else frozenset(purposes),
            None if reading is None else frozenset(reading),
        )
        answers = _answers(picture)
        for holds, rule in chosen:
            for given in answers if rule.for_each_answer else _NOBODY:
                if holds(picture, given):
                    finding = _finding(rule, picture, given)
                    if finding is not None:
                        findings.append(finding)
        findings.sort(key=attrgetter("rank"))
        return findings

    @lru_cache(maxsize=2048)  # noqa: B019 - sets of rules live as long as the process
    def _chosen(
        self, purposes: frozenset[str] | None, reading: frozenset[str] | None
    ) -> tuple[tuple[Holds, Rule], ...]:
        chosen = self.selected(purposes=purposes, reading=reading)
        return tuple((rule.when.holds, rule) for rule in chosen)

    def explain(self, name: str, picture: Picture) -> Explanation:
        """Run one rule and also say which facts it missed, found or not.

        Raises:
            KeyError: there is no such rule.
        """
        rule = self.by_id[name]
        findings: list[Finding] = []
        unknown: list[str] = []
        for given in _answers(picture) if rule.for_each_answer else _NOBODY:
            finding = _finding(rule, picture, given) if rule.when.holds(picture, given) else None
            unknown += _missed(rule, picture, given)
            if finding:
                findings.append(finding)
        if rule.for_each_answer and picture.newest_report is None:
            unknown.append("symptom.*")
        return Explanation(tuple(findings), tuple(dict.fromkeys(unknown)))


def _answers(picture: Picture) -> Sequence[Given]:
    report = picture.newest_report
    return [Given(report, answer) for answer in report.answers] if report else ()


def _finding(rule: Rule, picture: Picture, given: Given | None) -> Finding | None:
    """Say what a rule leads to that is true, unless something holds it back."""
    if rule.unless is not None and rule.unless.holds(picture, given):
        return None
    for number, case in enumerate(rule.cases):
        if case.when is None or case.when.holds(picture, given):
            return Finding(
                rule=rule.id,
                version=rule.version,
                case=number if rule.numbered else None,
                subject=given.answer["symptom"] if given is not None else None,
                outcome=case.outcome,
                rank=case.rank,
                why=partial(_why, rule, case, picture, given),
                _picture=picture,
            )
    return None


def _why(rule: Rule, case: Case, picture: Picture, given: Given | None) -> Evidence:
    told = Evidence()
    if given is not None:
        about_answer(picture, given, told)
    rule.when.says(picture, given, told)
    if case.when is not None:
        case.when.says(picture, given, told)
    return told


def _missed(rule: Rule, picture: Picture, given: Given | None) -> Iterator[str]:
    yield from rule.when.missed(picture, given)
    if not rule.when.holds(picture, given):
        return
    for case in rule.cases:
        if case.when is not None:
            yield from case.when.missed(picture, given)
            if case.when.holds(picture, given):
                return
