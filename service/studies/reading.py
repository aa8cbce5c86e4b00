"""What can be made out in the text about whom a study looks for.  Pure.

The text is split into lines of inclusion and exclusion, and in each line the phrases of
``clinical/studies.yaml`` are looked for.  A line that says more than we can read says so.

    reader.criteria(text)      [{"section", "text", "says", "hedged"?}, …]

``says`` are groups that must all hold; a group is a list of alternatives, an alternative a list
of terms as ``er:positive``, ``!site:brain`` or ``lines:chemotherapy:most:1``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from service.clinical.studies import StudyWords
from service.studies.numbers import Numbers
from service.studies.phrases import (
    RECEPTORS,
    Found,
    either,
    gaps,
    grouped,
    key,
    ors_between,
    pattern,
    plain,
    without_overlaps,
)

# Counts how texts are read: what was read by an earlier way is read again.
WAY = 1
INCLUSION, EXCLUSION, UNCLEAR = "inclusion", "exclusion", "unclear"
# So many words before a phrase a negation still turns it round.
_NEAR = 6
_MOST_LINES, _LONGEST_LINE = 300, 2_000
_BULLET = re.compile(
    r"^(?P<indent>\s*)(?P<bullet>(?:[*\-+\u2022\u00b7\u2013]|\(?(?:\d{1,2}|[a-z])[.)])\s+)?"
)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!<>~|])")
_WORD = re.compile(r"[\w/+.<>=]+")
_TOLD_OUTSIDE = RECEPTORS | {"stage"}


class Reader:
    """Reads criteria by the words of one version; built once, used for every study."""

    def __init__(self, words: StudyWords) -> None:
        self.words = words
        self._numbers = Numbers(words)

    @property
    def version(self) -> str:
        """The words and the way of reading, by number: what another one read is out of date."""
        return f"{self.words.version}.{WAY}"

    def criteria(self, text: str) -> list[dict[str, Any]]:
        """Split a text into its lines, each with what it says."""
        lines = []
        for section, line, is_beneath in self._lines(text):
            says, hedged = self.read(line)
            one: dict[str, Any] = {"section": section, "text": line, "says": says}
            if hedged or is_beneath:
                one["hedged"] = True
            lines.append(one)
            if len(lines) == _MOST_LINES:
                break
        return lines

    def read(self, line: str) -> tuple[list[list[list[str]]], bool]:
        """Return what a line says, and whether that is only a hint of all it says."""
        text = self._spelt(plain(line))
        found = self._found(text)
        if not found:
            return [], False
        groups = grouped(found, text)
        return groups, self._is_hedged(text, found)

    def _lines(self, text: str) -> Iterator[tuple[str, str, bool]]:
        """Yield section, line and whether it stands beneath one that names alternatives."""
        section, beneath = UNCLEAR, None
        for raw in text.splitlines():
            start = _BULLET.match(raw)
            assert start is not None  # noqa: S101 - matches everything
            indent = len(start["indent"].expandtabs(4))
            line = _ESCAPED.sub(r"\1", raw[start.end() :]).strip()[:_LONGEST_LINE]
            heading = self._heading(line)
            if heading is not None:
                section, line = heading
                beneath = None
            if not line.strip(":*# "):
                continue
            if beneath is not None and indent <= beneath:
                beneath = None
            yield section, line, beneath is not None
            if beneath is None and self._names_alternatives(line):
                beneath = indent

    def _heading(self, line: str) -> tuple[str, str] | None:
        bare = line.strip("*#_ ")
        for section, heading in self._headings:
            found = heading.match(bare)
            if found:
                # "Inclusion and exclusion criteria:" heads lines of either kind.
                is_both = all(word in found[0].casefold() for word in (INCLUSION, EXCLUSION))
                return UNCLEAR if is_both else section, bare[found.end() :].strip()
        return None

    def about(
        self, title: str, conditions: Sequence[str], keywords: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Read what a study says of receptors and stage outside its criteria.

        Of several conditions, or keywords, one is enough.
        """
        lines = []
        for section, texts in (("title", [title]), ("conditions", conditions), ("words", keywords)):
            groups: dict[str, list[list[str]]] = {}
            hedged = False
            for text in texts:
                says, is_hint = self.read(text)
                hedged = hedged or is_hint
                for group in says:
                    kind = group[0][0].lstrip("!").partition(":")[0]
                    if kind in _TOLD_OUTSIDE:
                        about = "receptors" if kind in RECEPTORS else kind
                        groups.setdefault(about, []).extend(group)
            if groups and not hedged:
                said = {"section": section, "text": "; ".join(texts)[:_LONGEST_LINE]}
                lines.append({**said, "says": list(groups.values())})
        return lines

    @cached_property
    def _headings(self) -> list[tuple[str, re.Pattern[str]]]:
        made = []
        for section, phrases in self.words.headings.items():
            alone, inside = either(phrases), either(one for one in phrases if " " in one)
            # By itself, with words behind it, or within a few words that end in a colon.
            forms = (
                rf"(?:{alone})[\s*_]*(?::[\s*_]*|$)",
                rf"(?:{inside})\b[^.:]{{0,60}}$",
                rf"[^.:]{{0,40}}?\b(?:{inside})\b[^.:]{{0,60}}:[\s*_]*",
            )
            made.append((section, re.compile("|".join(forms), re.IGNORECASE)))
        return made

    def _names_alternatives(self, line: str) -> bool:
        # "Cohort A:" and "one of the following:" head lines that do not hold for everybody.
        return line.rstrip("* ").endswith(":") and bool(self._hedge.search(plain(line)))

    def _spelt(self, text: str) -> str:
        for spelling, instead in self._spellings:
            text = spelling.sub(instead, text)
        return text

    @cached_property
    def _spellings(self) -> list[tuple[re.Pattern[str], str]]:
        return [(pattern([one]), other) for one, other in self.words.spellings.items()]

    def _found(self, text: str) -> list[Found]:
        found = without_overlaps([*self._phrases_in(text), *self._numbers.found(text)])
        about_treatment = self._prior.search(text) is not None
        kept = [one for one in found if one.group != "drug" or about_treatment]
        return [self._turned(one, text) for one in kept]

    def _phrases_in(self, text: str) -> Iterator[Found]:
        for match in self._phrases.finditer(text):
            means = self._meanings[key(match[0])]
            start = match.start()
            if means == "site:brain":
                before = self._brain_words.search(text, max(0, start - 100), start)
                if before is not None and before[0]:
                    means, start = "site:brain_which", before.start()
            yield Found(means, start, match.end())

    @cached_property
    def _meanings(self) -> Mapping[str, str]:
        meanings = {}
        for name, group in self.words.drugs.items():
            for word in group.words:
                meanings[key(self._spelt(plain(word)))] = f"drug:{name}"
        for means, words in self.words.says.items():
            for word in words:
                meanings[key(self._spelt(plain(word)))] = means
        return {one + plural: means for one, means in meanings.items() for plural in ("", "s")}

    @cached_property
    def _phrases(self) -> re.Pattern[str]:
        phrases = [*(w for g in self.words.drugs.values() for w in g.words)]
        phrases += [word for words in self.words.says.values() for word in words]
        return pattern([self._spelt(plain(one)) for one in phrases])

    @cached_property
    def _brain_words(self) -> re.Pattern[str]:
        return re.compile(rf"(?:\b(?:{either(self.words.brain_words)})\b[\s,/-]*)*$")

    @cached_property
    def _prior(self) -> re.Pattern[str]:
        return pattern(self.words.prior)

    @cached_property
    def _hedge(self) -> re.Pattern[str]:
        return pattern(self.words.hedges)

    @cached_property
    def _hedge_of_treatment(self) -> re.Pattern[str]:
        return pattern(self.words.hedges_of_treatment)

    @cached_property
    def _negation(self) -> re.Pattern[str]:
        return pattern(self.words.negations)

    @cached_property
    def _negation_after(self) -> re.Pattern[str]:
        return re.compile(rf"^[\s-]*(?:{'|'.join(self.words.negations_after)})\b")

    def _turned(self, one: Found, text: str) -> Found:
        """Return a term turned round where a negation stands before it, in the same clause."""
        if one.group in ("lines", "ecog", "age"):
            return one
        clause = re.split(r"[,;]|\bbut\b|\band\b|\bor\b", text[: one.start])[-1]
        near = " ".join(clause.split()[-_NEAR:])
        negated = self._negation.search(near) or self._negation_after.search(text[one.end :])
        return one._replace(means=f"!{one.means}") if negated else one

    def _is_hedged(self, text: str, found: list[Found]) -> bool:
        if self._hedge.search(text):
            return True
        groups = {one.group for one in found}
        if groups & {"drug", "lines"} and self._hedge_of_treatment.search(text):
            return True
        between = gaps(found, len(text))
        others = [word for start, end in between for word in _WORD.findall(text[start:end])]
        told = {*self.words.prior, *self.words.fillers}
        if any(word in ("or", "either") for word in others) and not ors_between(found, text):
            return True
        return sum(word not in told for word in others) > self.words.most_other_words
