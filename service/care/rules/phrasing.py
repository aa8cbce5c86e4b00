"""What all words about conditions share: names, spans, ranges, lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service.care.facts.vocabulary import Vocabulary
from service.clinical.spans import Span, span_of

_UNITS = {
    "minutes": "minute", "hours": "hour", "days": "day", "weeks": "week",
    "working_hours": "working hour", "working_days": "working day",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrasing:
    """Puts parts of conditions into words, with the names of one vocabulary."""

    vocabulary: Vocabulary

    def symptoms(self, written: Any) -> str:
        """Write symptoms by the names people give them."""
        return either(self.vocabulary.symptoms[key].label for key in as_list(written))

    def red_flags(self, written: Any) -> str:
        """Write warning signs as she is asked about them."""
        return either(f"“{self.vocabulary.red_flags[code]}”" for code in as_list(written))

    def treatments(self, written: Any) -> str:
        """Write treatments of the catalogue by name."""
        return either(self.vocabulary.treatments[code].name for code in as_list(written))

    def questionnaire(self, code: str) -> str:
        """Write a questionnaire by its title."""
        return self.vocabulary.questionnaires[code].title


def as_list(written: Any) -> list[Any]:
    """Return what stands in a rule as one word or as several, as several."""
    return written if isinstance(written, list) else [written]


def either(words: Any) -> str:
    """Join words: "a, b or c"."""
    return _joined([str(word) for word in words], "or")


def listed(words: Any) -> str:
    """Join words: "a, b and c"."""
    return _joined([str(word) for word in words], "and")


def plain(code: Any) -> str:
    """Return a code as words: ``side_effects`` is "side effects"."""
    return str(code).replace("_", " ")


def span_words(text: str) -> str:
    """Write a span as it stands in a rule: "30 min" is "30 minutes"."""
    return counted_span(span_of(text))


def counted_span(span: Span) -> str:
    """Write a span that has been read."""
    return counted(span.amount, _UNITS[span.unit])


def length_words(length: timedelta) -> str:
    """Write a length of time in days, or in hours if it is no whole number of more than one."""
    if length.days > 1 and not length.seconds:
        return counted(length.days, "day")
    return counted(int(length.total_seconds() // 3600), "hour")


def within(spec: Mapping[str, Any], default: timedelta) -> str:
    """Write how far back a condition looks: "in the last 7 days"."""
    asked = span_words(spec["within"]) if "within" in spec else length_words(default)
    return f"in the last {asked}"


def counted(number: int, word: str) -> str:
    """Write a number of things: "1 day", "2 days"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def between(spec: Mapping[str, Any], low: str, high: str, default: int | None = None) -> str:
    """Write a range: ``low`` and ``high`` name its ends; ``high`` may be ``below``."""
    least, most = spec.get(low, default), spec.get(high)
    if most is None:
        return f"at least {_number(least)}" if least is not None else ""
    beyond = f"below {_number(most)}" if high.endswith("below") else f"at most {_number(most)}"
    if least is None:
        return beyond
    if least == most:
        return f"exactly {_number(least)}"
    return f"at least {_number(least)} and {beyond}"


def sentence(*parts: str) -> str:
    """Join the parts of a sentence that are not empty, and begin it with a capital."""
    words = ", ".join(part for part in parts if part)
    return f"{words[:1].upper()}{words[1:]}"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _joined(words: Sequence[str], last: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
