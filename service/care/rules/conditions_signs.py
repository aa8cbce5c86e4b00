"""Conditions about what was measured and about the yes/no warning signs."""

import operator
from collections.abc import Callable, Sequence
from datetime import timedelta

from service.care.facts.measures import MEASURES, Measure, Measured
from service.care.facts.vocabulary import Vocabulary
from service.care.picture import Picture
from service.care.rules.evidence import Condition, Evidence, Phrase, Seen
from service.care.rules.parse import Spec

_COMPARISONS = {"at_least": operator.ge, "above": operator.gt, "below": operator.lt}


def measure(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{measure: temperature_c, at_least | above | below, lasting, within}``.

    What she notices herself (temperature, stools, glucose) counts once at any time in the window;
    of a laboratory value or a weight only the newest counts.  ``above`` and ``at_least`` may stand
    with ``below`` to make a range.  ``lasting: 1 h`` asks for two values at least so far apart,
    with none outside the range between them.
    """
    name = spec.word("measure", MEASURES, "measure")
    limits = {word: spec.number(word) for word in _COMPARISONS if word in spec}
    if not limits:
        raise spec.refuse("a measure needs 'at_least', 'above' or 'below'")
    within = spec.duration("within", vocabulary.windows.measures)
    lasting = spec.duration("lasting", timedelta(0))
    spec.done()
    what = MEASURES[name]
    fact = f"measure.{name}"
    tests = tuple((_COMPARISONS[word], limit) for word, limit in limits.items())

    def holds(value: float) -> bool:
        return all(compare(value, limit) for compare, limit in tests)

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        since = picture.as_of - within
        series = [one for one in picture.measures.get(name, ()) if one.at >= since]
        if not series:
            seen.unknown.append(fact)
            return None
        if lasting:
            pair = _lasting(series, holds, lasting)
            return None if pair is None else _measured(name, what, pair, limits)
        for one in series if what.once else series[:1]:
            if holds(one.value):
                return _measured(name, what, (one,), limits)
        return None

    return Condition(test, frozenset({fact}))


def red_flag(spec: Spec, vocabulary: Vocabulary) -> Condition:
    """Compile ``{red_flag: code | [..], within}``: true when one of them was ticked so recently."""
    codes = spec.words("red_flag", vocabulary.red_flags, "red flag")
    within = spec.duration("within", vocabulary.windows.red_flags)
    spec.done()
    prompts = {
        code: vocabulary.red_flags[code][:1].lower() + vocabulary.red_flags[code][1:]
        for code in codes
    }

    def test(picture: Picture, seen: Seen) -> Evidence | None:
        since = picture.as_of - within
        if not picture.reports or picture.reports[0].at < since:
            seen.unknown.append("red_flags")
            return None
        flags = picture.red_flags
        if not flags:
            return None
        ticked = [
            (code, flags[code][0]) for code in codes if code in flags and flags[code][0].at >= since
        ]
        if not ticked:
            return None
        return Evidence(
            tuple(dict.fromkeys(report.record for _, report in ticked)),
            {code: 1 for code, _ in ticked},
            tuple(Phrase(prompts[code], report.at) for code, report in ticked),
        )

    return Condition(test, frozenset(f"red_flag.{code}" for code in codes))


def _measured(
    name: str, what: Measure, found: tuple[Measured, ...], limits: dict[str, float]
) -> Evidence:
    newest = found[0]
    value: float = newest.value
    key = name
    if set(limits) == {"below"}:  # higher must mean worse: how far below the limit it is
        key, value = f"{name}_below_limit", limits["below"] - newest.value
    unit = f" {what.unit}" if what.unit else ""
    return Evidence(
        tuple(dict.fromkeys(one.source.record for one in found)),
        {key: value},
        tuple(Phrase(f"{what.label} {one.value:g}{unit}", one.at) for one in found),
    )


def _lasting(
    series: Sequence[Measured], holds: Callable[[float], bool], span: timedelta
) -> tuple[Measured, ...] | None:
    """Return the newest and the oldest value of a run in the range that lasts long enough."""
    run: list[Measured] = []
    for one in series:
        if not holds(one.value):
            run = []
            continue
        run.append(one)
        if run[0].at - one.at >= span:
            return run[0], one
    return None
