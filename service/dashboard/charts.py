"""One line over ninety days, as SVG that needs no script and has words for whoever cannot see it.

Everything from outside goes through ``Markup.format``, which escapes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

_WIDTH, _HEIGHT = 640, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 128, 16, 44, 44
_INNER_WIDTH = _WIDTH - _LEFT - _RIGHT
_INNER_HEIGHT = _HEIGHT - _TOP - _BOTTOM
_DATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is drawn.

    Attributes:
        id: of the drawing in the page.
        title: what it shows.
        description: what can be seen, in a sentence.
        first: first day of the axis.
        last: last day of the axis.
        points: her day and the value of each report, oldest first; ``None`` leaves a gap.
        marks: day and number of what happened to her treatment; the numbers are explained below
            the drawing.
        levels: values that have a line and a word, e.g. ``(3, "severe")``.
        least: value at the bottom.
        most: value at the top.
    """

    id: str
    title: str
    description: str
    first: date
    last: date
    points: Sequence[tuple[date, float | None]]
    marks: Sequence[tuple[date, str]]
    levels: Sequence[tuple[float, str]]
    least: float
    most: float


def draw(chart: Chart) -> Markup:
    """Return the drawing.  Colours and sizes are the stylesheet's: no style stands in it."""
    parts = [
        Markup(
            '<svg class="chart" viewBox="0 0 {} {}" role="img" '
            'aria-labelledby="{id}-title {id}-desc">'
            '<title id="{id}-title">{}</title><desc id="{id}-desc">{}</desc>'
        ).format(_WIDTH, _HEIGHT, chart.title, chart.description, id=chart.id),
        *_levels(chart), *_dates(chart), *_marks(chart), *_line(chart), Markup("</svg>"),
    ]  # fmt: skip
    return Markup("").join(parts)


def _levels(chart: Chart) -> list[Markup]:
    return [
        Markup(
            '<line class="chart-grid" x1="{}" y1="{y}" x2="{}" y2="{y}"/>'
            '<text class="chart-word" x="{}" y="{}" text-anchor="end">{}</text>'
        ).format(
            _LEFT, _WIDTH - _RIGHT, _LEFT - 8, _round(_y(chart, value) + 4), word,
            y=_round(_y(chart, value)),
        )
        for value, word in chart.levels
    ]  # fmt: skip


def _dates(chart: Chart) -> list[Markup]:
    days = (chart.last - chart.first).days
    shown = [chart.first + timedelta(days=days * step // (_DATES - 1)) for step in range(_DATES)]
    anchors = ["start", *["middle"] * (_DATES - 2), "end"]
    return [
        Markup('<text class="chart-word" x="{}" y="{}" text-anchor="{}">{} {}</text>').format(
            _round(_x(chart, day)), _HEIGHT - 8, anchor, day.day, f"{day:%b}"
        )
        for day, anchor in zip(shown, anchors, strict=True)
    ]


def _marks(chart: Chart) -> list[Markup]:
    return [
        Markup(
            '<line class="chart-mark" x1="{x}" y1="{}" x2="{x}" y2="{}"/>'
            '<text class="chart-number" x="{x}" y="{}" text-anchor="middle">{}</text>'
        ).format(_TOP - 12, _HEIGHT - _BOTTOM, _TOP - 16, number, x=_round(_x(chart, day)))
        for day, number in chart.marks
    ]


def _line(chart: Chart) -> list[Markup]:
    runs: list[list[tuple[float, float]]] = [[]]
    for day, value in chart.points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((_round(_x(chart, day)), _round(_y(chart, value))))
    lines = [
        Markup('<polyline class="chart-line" points="{}"/>').format(
            " ".join(f"{x},{y}" for x, y in run)
        )
        for run in runs
        if len(run) > 1
    ]
    dots = [
        Markup('<circle class="chart-dot" cx="{}" cy="{}" r="4"/>').format(x, y)
        for run in runs
        for x, y in run
    ]
    return lines + dots


def _x(chart: Chart, day: date) -> float:
    days = max((chart.last - chart.first).days, 1)
    return _LEFT + _INNER_WIDTH * (day - chart.first).days / days


def _y(chart: Chart, value: float) -> float:
    reach = (chart.most - chart.least) or 1
    return _TOP + _INNER_HEIGHT * (chart.most - value) / reach


def _round(number: float) -> float:
    return round(number, 1)
