"""Trying out the rules of a body of knowledge with the cases that stand beside them."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.care.rule_cases.case import Case, cases_in, gaps, untried
from service.care.rules import BadRule, rule_set_of, vocabulary_of
from service.clinical import Knowledge, load
from service.clinical.reading import TESTS, Document, read_folder

_FOLDER = f"rules/{TESTS}"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying: how many cases hold, every fault, and which rules want cases.

    ``gaps`` are of rules that alert or ask, ``untried`` those of any kind without a case.
    """

    held: int
    faults: tuple[BadRule, ...]
    gaps: tuple[str, ...]
    untried: tuple[str, ...]

    def told(self) -> Iterator[str]:
        """Say what came of it, in lines."""
        yield f"tests of rules: {self.held} hold"
        yield from self.gaps
        if self.untried:
            yield f"rules without a test: {len(self.untried)} ({', '.join(self.untried)})"


def trial_of(known: Knowledge) -> Trial:
    """Run the cases beside the rules: ours on what is ours, a site's on what is in force there.

    A site that sets a threshold anew has not broken our rule, so our cases are not asked of it.

    Raises:
        BadRule: a case itself cannot be read, by file, line and word.
    """
    source = known.source
    ours = known if source.site is None else load(source.ours)
    shipped = _cases(list(read_folder(source.ours, _FOLDER, ".yaml")), ours)
    own: list[Case] = []
    if source.site is not None:
        kept_in = str(source.site)
        own = _cases(list(read_folder(source.site, _FOLDER, ".yaml", kept_in=kept_in)), known)
    tried = [*_tried(shipped, ours), *_tried(own, known)]
    return Trial(
        held=sum(not faults for faults in tried),
        faults=tuple(fault for faults in tried for fault in faults),
        gaps=tuple(gaps([*shipped, *own], rule_set_of(known))),
        untried=tuple(untried([*shipped, *own], rule_set_of(known))),
    )


def _cases(documents: list[Document], known: Knowledge) -> list[Case]:
    words, rules = vocabulary_of(known), rule_set_of(known).by_id
    return [case for one in documents for case in cases_in(one, rules, words, known)]


def _tried(cases: list[Case], known: Knowledge) -> list[list[BadRule]]:
    rules, words = rule_set_of(known), vocabulary_of(known)
    return [list(case.faults(rules, words)) for case in cases]
