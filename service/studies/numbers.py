"""Numbers in criteria: earlier lines of treatment, the scale of daily activity, ages, stages."""

import re
from collections.abc import Iterator
from functools import cached_property

from service.clinical.studies import StudyWords
from service.studies.phrases import Found, either

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_STAGE = re.compile(
    r"\bstages?\s+(?P<first>0|iv|i{1,3}|[1-4])[abc]?(?P<others>"
    r"(?:\s*(?:-|to|through|or|and|,|/)\s*(?:stage\s+)?(?:iv|i{1,3}|[1-4])[abc]?\b)*)(?!\w)"
)
_STEP = re.compile(r"iv|i{1,3}|[0-4]")
_AGE = re.compile(
    r"(?:\bage[ds]?\b[^.;0-9]{0,20}?(?P<sign>>=|>|at least|over)?\s*(?P<age>\d{2})\b"
    r"(?:\s*(?:-|to)\s*(?P<to>\d{2,3})\b)?"
    r"|(?P<sign2>>=|>|at least|over)\s*(?P<age2>\d{2})\s*years"
    r"|\b(?P<age3>\d{2})\s*years?\s*(?:of age\s*)?(?:or|and)\s*(?:older|over|above))"
    r"(?:\s*years?)?(?:\s*(?:of age|old))?(?:\s*(?:or|and)\s*(?:older|over|above))?"
)
_OF = ("chemotherapy", "endocrine", "systemic")


class Numbers:
    """Finds numbers by the words of one version."""

    def __init__(self, words: StudyWords) -> None:
        self._words = words

    def found(self, text: str) -> Iterator[Found]:
        """Yield every number of a line that has a meaning for us."""
        yield from self._lines_in(text)
        yield from self._activity_in(text)
        yield from _stages_in(text)
        yield from _ages_in(text)

    def _lines_in(self, text: str) -> Iterator[Found]:
        for match in self._line.finditer(text):
            numbers = [self._number(match[name]) for name in ("low", "high") if match[name]]
            of = next((kind for kind in _OF[:2] if kind[:8] in match[0]), _OF[2])
            kind = self._bound(match["bound"], numbers)
            for bound, number in kind:
                if number >= 0:
                    yield Found(f"lines:{of}:{bound}:{number}", match.start(), match.end())
                    break

    def _bound(self, said: str | None, numbers: list[int]) -> list[tuple[str, int]]:
        lines, first, last = self._words.lines, numbers[0], numbers[-1]
        if said in lines["at_most"]:
            return [("most", last)]
        if said in lines["below"]:
            return [("most", last - 1)]
        if said in lines["at_least"]:
            return [("least", first)]
        if said in lines["above"]:
            return [("least", first + 1)]
        if len(numbers) == 2:
            return [("most", last)] if first == 0 else [("between", first * 100 + last)]
        return [("least", first)]

    def _activity_in(self, text: str) -> Iterator[Found]:
        for match in self._activity.finditer(text):
            steps = [int(one) for one in re.findall(r"[0-4]", match["steps"])]
            most = max(steps) - (match["sign"] == "<")
            if match["sign"] in (">=", ">"):
                yield Found(f"ecog:over:{min(steps) - (match['sign'] == '>=')}", *match.span())
            else:
                yield Found(f"ecog:most:{most}", *match.span())

    def _number(self, text: str) -> int:
        return int(text) if text.isdigit() else self._words.numerals[text]

    @cached_property
    def _line(self) -> re.Pattern[str]:
        bounds = either(
            bound for name in ("at_most", "below", "at_least", "above")
            for bound in self._words.lines[name]
        )  # fmt: skip
        number = rf"(?:\d{{1,2}}|{either(self._words.numerals)})"
        kinds = r"(?:\w+[\s-]+){0,4}?"
        of = r"\s+of(?:\s+prior)?(?:\s+\w+)?\s+(?:chemo)?(?:therapy|treatment)\w*"
        what = rf"(?:lines?|regimens?)\b(?:{of})?"
        return re.compile(
            rf"(?:(?P<bound>{bounds})\s*)?\b(?P<low>{number})"
            rf"(?:\s*(?:-|to|or)\s*(?P<high>{number}))?(?:\s+or\s+more)?"
            rf"\s+{kinds}{what}"
        )

    @cached_property
    def _activity(self) -> re.Pattern[str]:
        names = either(self._words.performance)
        return re.compile(
            rf"(?:{names})[^.;0-9<>=]{{0,60}}(?P<sign><=|>=|<|>)?\s*"
            r"(?P<steps>[0-4](?:\s*(?:-|to|or|and|,|/)+\s*[0-4])*)(?!\d)"
        )


def _stages_in(text: str) -> Iterator[Found]:
    for match in _STAGE.finditer(text):
        named = _STEP.findall(match["first"] + " " + match["others"])
        steps = {_ROMAN[one] if one in _ROMAN else int(one) for one in named}
        means = "stage:metastatic" if 4 in steps else "stage:early"
        if 4 in steps and len(steps) > 1:
            means = "stage:any"
        yield Found(means, match.start(), match.end())


def _ages_in(text: str) -> Iterator[Found]:
    for match in _AGE.finditer(text):
        age = int(match["age"] or match["age2"] or match["age3"])
        yield Found(f"age:{age}:{match['to'] or ''}", match.start(), match.end())
