"""Bars of how far people come, as SVG that needs no script and has words for whoever listens.

Everything from outside goes through ``Markup.format``, which escapes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH = 640
_LEFT, _RIGHT = 175, 165
_INNER = _WIDTH - _LEFT - _RIGHT
_HEADING, _ROW, _BAR, _GAP = 40, 40, 24, 16
# A number too small to be shown has a bar of this length, and says so.
_HIDDEN = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage: its name, the share that reached it, and the number in words.

    ``share`` is ``None`` where the number is too small to be shown.
    """

    name: str
    share: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    """Bars that belong together, under one heading."""

    heading: str
    bars: Sequence[Bar]


def draw(groups: Sequence[Group], *, id: str, title: str, description: str) -> Markup:
    """Return the drawing.  Colors and sizes are the stylesheet's: no style stands in it."""
    parts: list[Markup] = []
    y = 0
    for group in groups:
        parts.append(
            Markup('<text class="funnel-heading" x="0" y="{}">{}</text>').format(
                y + _HEADING - 14, group.heading
            )
        )
        y += _HEADING
        for bar in group.bars:
            parts.append(_bar(bar, y))
            y += _ROW
        y += _GAP
    opening = Markup(
        '<svg class="chart funnel" viewBox="0 0 {} {}" role="img" '
        'aria-labelledby="{id}-title {id}-desc">'
        '<title id="{id}-title">{}</title><desc id="{id}-desc">{}</desc>'
    ).format(_WIDTH, max(y, 1), title, description, id=id)
    return Markup("").join([opening, *parts, Markup("</svg>")])


def _bar(bar: Bar, y: int) -> Markup:
    hidden = bar.share is None
    length = _HIDDEN if bar.share is None else round(_INNER * bar.share, 1)
    middle = y + _BAR - 6
    return Markup(
        '<text class="chart-word" x="{}" y="{m}" text-anchor="end">{}</text>'
        '<rect class="funnel-back" x="{left}" y="{y}" width="{}" height="{bar}"/>'
        '<rect class="{}" x="{left}" y="{y}" width="{}" height="{bar}"/>'
        '<text class="funnel-number" x="{}" y="{m}">{}</text>'
    ).format(
        _LEFT - 10, bar.name, _INNER, "funnel-hidden" if hidden else "funnel-bar", length,
        _LEFT + _INNER + 10, bar.words, left=_LEFT, y=y, m=middle, bar=_BAR,
    )  # fmt: skip
