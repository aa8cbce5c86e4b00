"""Shapes on a shared scale of days, as SVG that needs no script.

Across, places are percentages and so follow the width of the page; down, and in every letter,
they are pixels, so that nothing is squeezed.  Colours are the stylesheet's.  Everything from
outside goes through ``Markup.format``, which escapes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

# The drawing is never narrower (patient.css says the same): what fits is reckoned by it.
LEAST_WIDTH = 704
_DAY = timedelta(days=1)
_LETTER = 6.6
_CROSS = Markup(
    '<g>{}<path class="axis-clear" d="M-4-4L4 4M4-4L-4 4"/>'
    '<path class="axis-missed" d="M-4-4L4 4M4-4L-4 4"/></g>'
)
_SHAPES = {
    "urgent": Markup('<path d="M-6-11H6L11-6V6L6 11H-6L-11 6V-6Z"/>'),
    "soon": Markup('<path d="M0-13L13 0L0 13L-13 0Z"/>'),
    "info": Markup('<circle r="10"/>'),
    "event": Markup('<rect x="-11" y="-9" width="22" height="18" rx="3"/>'),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """Days across: the first begins at 0 %, the last ends at 100 %."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return (self.last - self.first).days + 1

    @property
    def day_width(self) -> float:
        """Return the width of a day in percent."""
        return 100 / self.days

    def begin(self, day: date) -> float:
        """Return where a day begins, in percent; within the drawing for any day."""
        return min(max((day - self.first).days, 0), self.days) * self.day_width

    def middle(self, day: date) -> float:
        """Return the middle of a day, in percent."""
        return self.begin(day) + self.day_width / 2

    def has(self, day: date) -> bool:
        """Tell whether a day is on it."""
        return self.first <= day <= self.last

    def pixels(self, percent: float) -> float:
        """Return how many pixels a part of the width has at the least."""
        return percent * LEAST_WIDTH / 100

    def fits(self, text: str, percent: float) -> bool:
        """Tell whether a text has room in a part of the width."""
        return self.pixels(percent) >= len(text) * _LETTER + 8

    def ticks(self) -> Iterator[tuple[date, str]]:
        """Name the days that have a line and a word: weeks of a short time, months of a long."""
        if self.days > 130:
            day = self.first.replace(day=1)
            while day <= self.last:
                if day >= self.first:
                    yield day, f"{day:%b %Y}" if day.month == 1 else f"{day:%b}"
                day = (day + 31 * _DAY).replace(day=1)
            return
        step = 7 if self.days <= 45 else 14
        day = self.first + (-self.first.weekday() % 7) * _DAY
        while day <= self.last:
            yield day, f"{day.day} {day:%b}"
            day += step * _DAY


def bar(kind: str, x: float, y: float, width: float, height: float, says: str = "") -> Markup:
    """Draw a box from ``x``, ``width`` wide, in percent; what it says is shown on pointing."""
    return Markup('<rect class="axis-{}" x="{}%" y="{}" width="{}%" height="{}">{}</rect>').format(
        kind, _short(x), _short(y), _short(width), _short(height), _title(says)
    )


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    """Draw a line, ``x`` in percent."""
    return Markup('<line class="axis-{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(
        kind, _short(x1), _short(y1), _short(x2), _short(y2)
    )


def dot(kind: str, x: float, y: float, radius: float, says: str = "") -> Markup:
    """Draw a circle."""
    return Markup('<circle class="axis-{}" cx="{}%" cy="{}" r="{}">{}</circle>').format(
        kind, _short(x), _short(y), radius, _title(says)
    )


def words(
    kind: str, x: float, y: float, text: str, anchor: str = "middle", dx: float = 0
) -> Markup:
    """Write a text at ``x``, moved ``dx`` pixels."""
    return Markup('<text class="axis-{}" x="{}%" y="{}" dx="{}" text-anchor="{}">{}</text>').format(
        kind, _short(x), _short(y), dx, anchor, text
    )


def cross(x: float, y: float, says: str) -> Markup:
    """Draw the sign of a dose that was missed, clear of what stands beside it."""
    return _at(x, y, _CROSS, _title(says))


def numbered(kind: str, x: float, y: float, number: int, says: str) -> Markup:
    """Draw an alert or an event: its shape says what kind, its number is explained below."""
    shape = _SHAPES.get(kind, _SHAPES["event"])
    figure = Markup('<g class="axis-mark axis-mark-{}">{}{}<text y="4.5">{}</text></g>')
    return _at(x, y, figure, kind, shape, _title(says), number)


def _at(x: float, y: float, drawing: Markup, *values: object) -> Markup:
    # A drawing of its own, for paths know no percentages.
    inner = drawing.format(*values)
    return Markup('<svg x="{}%" y="{}" overflow="visible">{}</svg>').format(
        _short(x), _short(y), inner
    )


def swatch(drawing: Markup) -> Markup:
    """Return a small drawing for the legend."""
    return Markup(
        '<svg class="axis-swatch" width="26" height="26" aria-hidden="true">{}</svg>'
    ).format(drawing)


def _title(says: str) -> Markup:
    return Markup("<title>{}</title>").format(says) if says else Markup()


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
