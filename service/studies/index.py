"""A clinic's shown studies, as much of them in memory as it takes to put them in order.  Pure.

Most lines say the same as lines of other studies, and most sites lie in the same towns: each
meaning is judged, each distance worked out, once a request.  Texts stay in the database.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from heapq import nsmallest
from typing import Any, NamedTuple

from service.clinical.studies import StudyWords
from service.studies import rules
from service.studies.terms import Herself, truth_of

Key = tuple[int, int, float, str]
UNKNOWN_KM = 99_999.0
_VERDICTS = {rules.MET: 0, rules.ASK: 1, rules.NOT_MET: 2}


class Indexed(NamedTuple):
    """What is kept of one study; ``lines`` and ``places`` are numbers of meanings and points."""

    nct_id: str
    title: str
    phases: tuple[str, ...]
    imported_at: datetime
    status_rank: int
    tab: str
    is_phase_1: bool
    sex: str
    least: int | None
    most: int | None
    lines: "array[int]"
    places: "array[int]"


class Ranked(NamedTuple):
    """One study as it stands to her; ``key`` is its place in the list."""

    key: Key
    study: Indexed

    @property
    def fit(self) -> str:
        """How it stands to her."""
        return rules.FITS[self.key[0]]


class StudyIndex:
    """The shown studies of one clinic as of one import."""

    def __init__(self, rows: Iterable[Any], words: StudyWords) -> None:
        self._words = words
        self._meanings: dict[tuple[Any, ...], int] = {}
        # Which studies a line of each meaning stands in, by the bits of their numbers.
        self._bearing: list[int] = []
        self._points: dict[tuple[float, float], int] = {}
        self._towns: list[str | None] = []
        ranks = {status: rank for rank, status in enumerate(words.shown)}
        self._studies = tuple(self._indexed(row, ranks) for row in rows)
        self._note_bearing()
        self.by_id = {study.nct_id: study for study in self._studies}

    def __len__(self) -> int:
        return len(self._studies)

    def ranked(
        self, her: Herself, *, phase_1: bool | None, tab: str | None, without: frozenset[str]
    ) -> list[Ranked]:
        """Return the studies that age and sex do not leave out, in the order she sees them.

        Args:
            her: for whom.
            phase_1: those of phase 1, the others, or (``None``) both.
            tab: treatment, supportive or observational only; ``None`` for all.
            without: the numbers of studies she has put away.
        """
        judged = self._judged(her)
        far = self._distances(her)
        found = [
            Ranked(_key(study, judged, far, her), study)
            for study in self._studies
            if phase_1 in (None, study.is_phase_1)
            and tab in (None, study.tab)
            and study.nct_id not in without
            and not rules.is_left_out(study.sex, study.least, study.most, her)
        ]
        found.sort()
        return found

    def fitting(self, her: Herself, *, without: frozenset[str], limit: int) -> list[Ranked]:
        """Return the first studies that may fit, those of phase 1 after the others.

        Every meaning is judged and not every study: a study with a line that is not met, or has to
        be asked, drops out together with all others that have such a line.

        Args:
            her: for whom.
            without: the numbers of studies that are not to be among them.
            limit: so many at most.
        """
        judged = self._judged(her)
        left, doubtful = 0, 0
        for bits, code in zip(self._bearing, judged, strict=True):
            left |= bits
            doubtful |= bits if code else 0
        left &= ~doubtful
        found = [study for study in self._numbered(left) if study.nct_id not in without]
        far = self._far_for(found, her)
        ranked = (
            Ranked(_key(study, judged, far, her), study)
            for study in found
            if not rules.is_left_out(study.sex, study.least, study.most, her)
        )
        may_fit = (one for one in ranked if one.fit == rules.FITS[0])
        return nsmallest(limit, may_fit, key=lambda one: (one.study.is_phase_1, one.key))

    def reasons(self, study: Indexed, her: Herself) -> list[rules.Verdict]:
        """Return what speaks for a study: what its lines ask and is on file, each once.

        What title and conditions say comes last: it is mostly said again in the lines.
        """
        meanings = list(self._meanings)
        asked = sorted((meanings[one] for one in study.lines), key=lambda m: m[0] in rules.OUTSIDE)
        verdicts = (
            rules.verdict_of(section, says, hedged, lambda term: truth_of(term, her, self._words))
            for section, hedged, says in asked
        )
        met = [one for one in verdicts if one.verdict == rules.MET and one.because]
        return list({one.because: one for one in met}.values())

    def nearest(self, study: Indexed, her: Herself) -> tuple[str | None, float] | None:
        """Return the town of the nearest site that takes people, and the kilometres to it.

        ``None`` where nobody knows where she lives, or where such a site is.
        """
        far = self._far_for([study], her)
        if her.home is None or not far:
            return None
        place = min(far, key=far.__getitem__)
        return self._towns[place], far[place]

    def _numbered(self, bits: int) -> Iterator[Indexed]:
        while bits:
            lowest = bits & -bits
            yield self._studies[lowest.bit_length() - 1]
            bits ^= lowest

    def _far_for(self, studies: Iterable[Indexed], her: Herself) -> Mapping[int, float]:
        places = {place for study in studies for place in study.places}
        if her.home is None:
            return dict.fromkeys(places, UNKNOWN_KM)
        home, points = her.home, list(self._points)
        return {place: round(rules.km_between(home, points[place]), 1) for place in places}

    def _note_bearing(self) -> None:
        numbers: list[list[int]] = [[] for _ in self._meanings]
        for number, study in enumerate(self._studies):
            for line in study.lines:
                numbers[line].append(number)
        for bearing in numbers:
            bits = bytearray(len(self._studies) // 8 + 1)
            for number in bearing:
                bits[number // 8] |= 1 << number % 8
            self._bearing.append(int.from_bytes(bits, "little"))

    def _judged(self, her: Herself) -> Sequence[int]:
        @cache
        def truth(term: str) -> Any:
            return truth_of(term, her, self._words)

        return [
            _VERDICTS[rules.verdict_of(section, says, hedged, truth).verdict]
            for section, hedged, says in self._meanings
        ]

    def _distances(self, her: Herself) -> Sequence[float]:
        if her.home is None:
            return [UNKNOWN_KM] * len(self._points)
        home = her.home
        return [round(rules.km_between(home, point), 1) for point in self._points]

    def _indexed(self, row: Any, ranks: Mapping[str, int]) -> Indexed:
        return Indexed(
            nct_id=row.nct_id, title=row.title, phases=tuple(row.phases),
            imported_at=row.imported_at, status_rank=ranks.get(row.status, len(ranks)), tab=row.tab,
            is_phase_1=row.is_phase_1, sex=row.sex, least=row.minimum_age_days,
            most=row.maximum_age_days, lines=array("I", self._lines(row.criteria)),
            places=array("I", self._places(row.sites)),
        )  # fmt: skip

    def _lines(self, criteria: Iterable[Mapping[str, Any]]) -> Iterator[int]:
        for line in criteria:
            if line["says"]:
                says = tuple(tuple(tuple(terms) for terms in group) for group in line["says"])
                meaning = (line["section"], bool(line.get("hedged")), says)
                yield self._meanings.setdefault(meaning, len(self._meanings))

    def _places(self, sites: Iterable[Mapping[str, Any]]) -> Iterator[int]:
        for site in sites:
            if site["status"] == self._words.recruiting_site and site["lat"] is not None:
                point = (site["lat"], site["lon"])
                if point not in self._points:
                    self._towns.append(site["city"])
                yield self._points.setdefault(point, len(self._points))


def _key(
    study: Indexed, judged: Sequence[int], far: Sequence[float] | Mapping[int, float], her: Herself
) -> Key:
    """Return the place of a study in her list: how it stands to her comes first.

    One line that is not met: probably not.  One that has to be asked, or nothing that could be
    read: ask.  Lines in which nothing could be read are in nearly every study and do not count.
    """
    codes = [judged[line] for line in study.lines]
    for _text, found in rules.registry_criteria(study.sex, study.least, study.most, her):
        # That her age is right says nothing about the cancer: only a doubt counts.
        if found.verdict != rules.MET:
            codes.append(_VERDICTS[found.verdict])
    fit = max(codes) if codes else 1
    km = min((far[place] for place in study.places), default=UNKNOWN_KM)
    return fit, study.status_rank, km, study.nct_id
