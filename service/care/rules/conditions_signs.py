"""Conditions about what was measured and about the yes/no warning signs."""

import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial

from service.care.facts.answers import Given
from service.care.facts.measures import MEASURES, Measure, Measured
from service.care.facts.vocabulary import Vocabulary
from service.care.picture import Picture
from service.care.rules.evidence import Condition, Evidence, Phrase
from service.care.rules.parse import Spec

# Turned round, because the limit is given first: at_least asks whether limit <= value.
_COMPARISONS = {"at_least": operator.le, "above": operator.lt, "below": operator.gt}
_Fits = Callable[[float], bool]
_Found = Callable[[Picture], Sequence[Measured]]


def measure(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """What was measured lies in a range.

    `at_least` and `below` or `above` and `below` make a range; one of the three is needed. What she
    notices herself (temperature, stools, glucose) counts once at any time in the window; of a
    laboratory value or a weight only the newest counts. `lasting: 1 h` asks for two values at least
    so far apart, with none outside the range between them.
    """
    name = spec.word("measure", MEASURES, "measure")
    what = MEASURES[name]
    limits = {word: spec.number(word, unit=what.unit) for word in _COMPARISONS if word in spec}
    if not limits:
        raise spec.refuse("a measure needs 'at_least', 'above' or 'below'", "measure")
    within = spec.duration("within", vocabulary.windows.measures)
    lasting = spec.duration("lasting", timedelta(0))
    spec.done()
    fact = f"measure.{name}"
    recent = _recent(name, None if within == vocabulary.windows.measures else within)
    found = _found(recent, _fits(limits), what, lasting)

    def holds(picture: Picture, given: Given | None) -> Sequence[Measured]:
        return found(picture)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        _measured(told, name, what, found(picture), limits)

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        return () if recent(picture) else (fact,)

    return Condition(holds, says, frozenset({fact}), missed)


def red_flag(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """She ticked a warning sign, or one of several."""
    codes = spec.words("red_flag", vocabulary.red_flags, "red flag")
    usual = vocabulary.windows.red_flags
    within = spec.duration("within", usual)
    spec.done()
    wanted = frozenset(codes)
    prompts = {
        code: vocabulary.red_flags[code][:1].lower() + vocabulary.red_flags[code][1:]
        for code in codes
    }

    def ticked_now(picture: Picture, given: Given | None) -> bool:
        return not wanted.isdisjoint(picture.flags_now)

    def ticked(picture: Picture, given: Given | None) -> bool:
        flags, since = picture.red_flags, picture.as_of - within
        return any(code in flags and flags[code][0].at >= since for code in codes)

    def says(picture: Picture, given: Given | None, told: Evidence) -> None:
        flags, since = picture.red_flags, picture.as_of - within
        found = {
            code: flags[code][0] for code in codes if code in flags and flags[code][0].at >= since
        }
        told.add(
            (report.record for report in found.values()),
            dict.fromkeys(found, 1),
            lambda: (Phrase(prompts[code], report.at) for code, report in found.items()),
        )

    def missed(picture: Picture, given: Given | None) -> Iterable[str]:
        reported = picture.reports and picture.reports[0].at >= picture.as_of - within
        return () if reported else ("red_flags",)

    reads = frozenset(f"red_flag.{code}" for code in codes)
    return Condition(ticked_now if within == usual else ticked, says, reads, missed)


def _recent(name: str, within: timedelta | None) -> _Found:
    """Choose where the values of a window are; those of the usual one, ``None``, are at hand."""
    if within is None:
        return lambda picture: picture.measures_now.get(name, ())

    def recent(picture: Picture) -> Sequence[Measured]:
        since = picture.as_of - within
        return [one for one in picture.measures.get(name, ()) if one.at >= since]

    return recent


def _fits(limits: dict[str, float]) -> _Fits:
    tests: list[_Fits] = [partial(_COMPARISONS[word], limit) for word, limit in limits.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda value: all(test(value) for test in tests)


def _found(recent: _Found, fits: _Fits, what: Measure, lasting: timedelta) -> _Found:
    """Return what gives the values that make it true, newest first; none when it is not."""

    def once(picture: Picture) -> Sequence[Measured]:
        for one in recent(picture):
            if fits(one.value):
                return (one,)
        return ()

    def newest(picture: Picture) -> Sequence[Measured]:
        series = recent(picture)[:1]
        return series if series and fits(series[0].value) else ()

    if lasting:
        return lambda picture: _lasting(recent(picture), fits, lasting)
    return once if what.once else newest


def _lasting(series: Sequence[Measured], fits: _Fits, span: timedelta) -> Sequence[Measured]:
    """Return the newest and the oldest value of a run in the range that lasts long enough."""
    run: list[Measured] = []
    for one in series:
        if not fits(one.value):
            run = []
            continue
        run.append(one)
        if run[0].at - one.at >= span:
            return run[0], one
    return ()


def _measured(
    told: Evidence, name: str, what: Measure, found: Sequence[Measured], limits: dict[str, float]
) -> None:
    newest = found[0]
    value: float = newest.value
    key = name
    if set(limits) == {"below"}:  # higher must mean worse: how far below the limit it is
        key, value = f"{name}_below_limit", limits["below"] - newest.value
    unit = f" {what.unit}" if what.unit else ""
    told.add(
        [one.source.record for one in found],
        {key: value},
        lambda: (Phrase(f"{what.label} {one.value:g}{unit}", one.at) for one in found),
    )
