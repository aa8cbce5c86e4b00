"""How she is: distress and mood over time, what weighs on her, screening, whom she asked for."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from service.care.records import Record
from service.care.visit.words import Line, Span, counted, line, listed, plain
from service.clinical import knowledge

_MOST_REQUESTS = 3
_STANDS = {
    "received": "waiting for somebody", "claimed": "somebody is on it",
    "contacted": "somebody has been in touch", "closed": "closed",
}  # fmt: skip
_ASKED_FOR = {
    "social_worker": "a social worker", "chaplain": "a chaplain", "nurse": "a nurse",
    "support_group": "a support group", "bereavement": "support for her family",
}  # fmt: skip


def check_lines(checks: Sequence[Any], span: Span) -> list[Line]:
    """Return what her wellbeing checks say, oldest first given: safety, distress, mood, topics."""
    lines = []
    unsafe = [one for one in checks if one.safe_now is False]
    if unsafe:
        again = f", {len(unsafe)} times in this time" if len(unsafe) > 1 else ""
        text = f"Did not feel safe on {span.day(unsafe[-1].at)}{again}."
        lines.append(line(text, _check(unsafe[-1])))
    for name, label, most in (("distress", "Distress", 10), ("mood", "Mood", 5)):
        lines += _course(name, label, most, checks, span)
    topics = Counter(topic for one in checks for topic in one.topics)
    if topics:
        words = [
            plain(topic) if times == 1 else f"{plain(topic)} ({times} times)"
            for topic, times in topics.most_common()
        ]
        last = [one for one in checks if one.topics][-1]
        lines.append(line(f"Weighs on her: {listed(words)}.", _check(last)))
    return lines


def _course(
    name: str, label: str, most: int, checks: Sequence[Any], span: Span
) -> list[Line]:  # fmt: skip
    said = [(one, getattr(one, name)) for one in checks if getattr(one, name) is not None]
    if not said:
        return []
    (first, was), (last, now) = said[0], said[-1]
    text = f"{label}: {now} of {most} on {span.day(last.at)}"
    if len(said) == 1:
        return [line(f"{text}, said once.", _check(last))]
    way = "up from" if now > was else "down from" if now < was else "the same as"
    text += f", {way} {was} on {span.day(first.at)}"
    # Of mood the low end is the bad one.
    pick = max if name == "distress" else min
    worst, value = pick(reversed(said), key=lambda one: one[1])
    if value not in (was, now):
        end = "highest" if name == "distress" else "lowest"
        text += f", {end} {value} on {span.day(worst.at)}"
    return [line(f"{text}.", _check(last), _check(first), _check(worst))]


def screening_lines(
    responses: Sequence[Any], span: Span, *, for_staff: bool
) -> list[Line]:  # fmt: skip
    """Return what each questionnaire came to last, and before; responses oldest first."""
    by_code: dict[str, list[Any]] = {}
    for one in responses:
        instrument = knowledge().instruments.get(one.questionnaire)
        if instrument is not None and (for_staff or not instrument.staff_only):
            by_code.setdefault(one.questionnaire, []).append(one)
    return [_screening(code, found, span) for code, found in sorted(by_code.items())]


def _screening(code: str, found: Sequence[Any], span: Span) -> Line:
    title = knowledge().instruments[code].title
    scored = [one for one in found if one.total is not None or _of_scales(one)]
    if not scored:
        last = found[-1]
        what = "answered" if last.status == "completed" else "begun and not finished"
        return line(f"{title}: {what} on {span.day(last.at)}.", _response(last))
    last = scored[-1]
    text = f"{title}: {_result(last)} on {span.day(last.at)}"
    if len(scored) > 1:
        text += f", before it {_result(scored[-2])} on {span.day(scored[-2].at)}"
    return line(f"{text}.", *(_response(one) for one in scored[:-3:-1]))


def _result(one: Any) -> str:
    if one.total is None:
        return ", ".join(_of_scales(one))
    most = knowledge().instruments[one.questionnaire].maximum
    words = f"{one.total} of {most}"
    if one.band:
        words += f" ({plain(one.band)})"
    elif one.positive is not None:
        words += " (positive)" if one.positive else " (negative)"
    return words


def _of_scales(one: Any) -> list[str]:
    """Return what each scale came to, if it came to anything: ``"Outdoors 83.33 (many)"``."""
    titles = {
        scale.name: scale.title for scale in knowledge().instruments[one.questionnaire].scales
    }
    return [
        f"{titles.get(row['name'], row['name'])} {row['score']:g}"
        + (f" ({plain(row['band'])})" if row["band"] else "")
        for row in one.scores or ()
        if row["score"] is not None
    ]


def request_lines(requests: Sequence[Any], span: Span) -> list[Line]:
    """Return whom she asked for and where that stands, the latest first."""
    lines = [
        line(
            f"Asked for {_ASKED_FOR[one.kind]} on {span.day(one.requested_at)}: "
            f"{_STANDS[one.state]}.",
            Record("support_request", one.id, one.requested_at),
        )
        for one in requests[:_MOST_REQUESTS]
    ]
    rest = requests[_MOST_REQUESTS:]
    if rest:
        records = (Record("support_request", one.id, one.requested_at) for one in rest)
        lines.append(line(f"And {counted(len(rest), 'request')} before.", *records))
    return lines


def drawn(checks: Sequence[Any], span: Span) -> list[dict[str, Any]]:
    """Return her distress as a line to draw; none before it was said twice."""
    points = [(span.day_of(one.at), one.distress) for one in checks if one.distress is not None]
    if len(points) < 2:
        return []
    levels = [(0, "0"), (10, "10")]
    return [{"name": "Distress", "levels": levels, "words": None, "most": 10, "points": points}]


def _check(one: Any) -> Record:
    return Record("wellbeing_check", one.id, one.at)


def _response(one: Any) -> Record:
    return Record("questionnaire_response", one.id, one.at)
