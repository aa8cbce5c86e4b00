"""The lines of the visit page in one small drawing: SVG for the screen and for the printed page.

It has no style and no script: lines take the colour of the text around them, so that it can be
read on a light and on a dark ground and in print.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup

_WIDTH, _ROW, _TOP, _BOTTOM = 640, 44, 20, 16
_LEFT, _RIGHT = 190, 12
_INNER = _WIDTH - _LEFT - _RIGHT
_HEIGHT = 28


def draw(page: Mapping[str, Any]) -> Markup | None:
    """Return the drawing of a page; ``None`` where there is nothing to draw."""
    rows = page["drawn"]
    if not rows:
        return None
    first, last = page["since"], page["until"]
    height = _TOP + _ROW * len(rows) + _BOTTOM
    parts = [
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" '
            'aria-label="{}">'
        ).format(_WIDTH, height, described(page)),
        *_marks(numbered(page), first, last, height - _BOTTOM),
    ]
    for place, row in enumerate(rows):
        parts += _row(row, _TOP + _ROW * place, first, last)
    for day, anchor in ((first, "start"), (last, "end")):
        parts.append(_word(_x(day, first, last), height - 5, f"{day.day} {day:%B}", anchor))
    return Markup("").join([*parts, Markup("</svg>")])


def described(page: Mapping[str, Any]) -> str:
    """Say what the drawing shows, for who cannot see it; the numbers stand in the lines."""
    names = ", ".join(f"{row['name']} from {_course(row)}" for row in page["drawn"])
    return f"Over time: {names}."


def numbered(page: Mapping[str, Any]) -> list[tuple[str, date, str]]:
    """Return what happened to her treatment, a number for each day: number, day, words."""
    days = groupby(page["marks"], key=lambda mark: mark["on"])
    return [
        (str(number), on, "; ".join(mark["text"] for mark in marks))
        for number, (on, marks) in enumerate(days, start=1)
    ]


def _course(row: Mapping[str, Any]) -> str:
    first, last = row["points"][0][1], row["points"][-1][1]
    if row["words"]:
        return f"{row['words'][first]} to {row['words'][last]}"
    return f"{first} to {last} of {row['most']}"


def _row(row: Mapping[str, Any], top: float, first: date, last: date) -> list[Markup]:
    parts = [_word(0, top + _HEIGHT / 2 + 4, _short(row["name"]), "start")]
    for value, word in row["levels"]:
        y = _y(value, row["most"], top)
        parts += [
            Markup(
                '<line x1="{}" x2="{}" y1="{y}" y2="{y}" stroke="currentColor" '
                'stroke-opacity="0.3"/>'
            ).format(_LEFT, _WIDTH - _RIGHT, y=y),
            _word(_LEFT - 8, y + 4, word, "end"),
        ]
    points = [(_x(day, first, last), _y(value, row["most"], top)) for day, value in row["points"]]
    parts.append(
        Markup(
            '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.8"/>'
        ).format(" ".join(f"{x},{y}" for x, y in points))
    )
    parts += [
        Markup('<circle cx="{}" cy="{}" r="2.8" fill="currentColor"/>').format(x, y)
        for x, y in points
    ]
    return parts


def _marks(
    marks: Sequence[tuple[str, date, str]], first: date, last: date, bottom: float
) -> list[Markup]:
    return [
        Markup(
            '<line x1="{x}" x2="{x}" y1="{}" y2="{}" stroke="currentColor" '
            'stroke-dasharray="3 4" stroke-opacity="0.6"/>{}'
        ).format(_TOP - 6, bottom, _word(x, 12, number, "middle"), x=x)
        for number, on, _ in marks
        for x in [_x(on, first, last)]
    ]


def _word(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup(
        '<text x="{}" y="{}" text-anchor="{}" font-family="sans-serif" font-size="13" '
        'fill="currentColor">{}</text>'
    ).format(round(x, 1), round(y, 1), anchor, words)


def _short(name: str) -> str:
    return name if len(name) <= 19 else name[:18].rstrip() + "…"


def _x(day: date, first: date, last: date) -> float:
    share = (day - first).days / max((last - first).days, 1)
    return round(_LEFT + _INNER * min(max(share, 0), 1), 1)


def _y(value: float, most: float, top: float) -> float:
    return round(top + _HEIGHT * (1 - value / most), 1)
