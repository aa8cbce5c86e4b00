"""The time axis on a patient's page: one drawing, its legend, and the same in words."""

from typing import Any

from markupsafe import Markup

from service.accounts.access import QUEUES, Topic
from service.care.axis import AHEAD, Axis, axis_of
from service.dashboard import axis_drawing as draw
from service.dashboard import axis_words, forms
from service.dashboard.access import Visit
from service.dashboard.axis_lanes import HEIGHTS, MOST_SYMPTOMS, Lane, guides, lanes_of
from service.dashboard.axis_words import Say
from service.dashboard.formatting import plain

SPANS = {30: "30 days", 90: "90 days", 180: "6 months", 365: "12 months"}
_USUAL = 90


def days_asked() -> int:
    """Return how many days the address asks for."""
    asked = forms.asked("days", most=3)
    return int(asked) if asked.isascii() and asked.isdigit() and int(asked) in AHEAD else _USUAL


def load(visit: Visit) -> Axis:
    """Read what the viewer may see of the days asked for."""
    return axis_of(
        visit.session, visit.patient, days=days_asked(), now=visit.now,
        may_see=[topic for topic in Topic if visit.frame.may(topic)],
        queues=QUEUES.get(visit.viewer.role, ()),
    )  # fmt: skip


def shown(visit: Visit, axis: Axis) -> dict[str, Any]:
    """Return the drawing and everything that stands around it."""
    say = Say(visit.frame.words)
    scale = draw.Scale(axis.first, axis.last)
    lanes = list(lanes_of(axis, scale, say))
    description = axis_words.description_of(axis, say)
    numbers = axis_words.numbers_of(axis)
    return {
        "days": days_asked(), "spans": SPANS, "lanes": lanes, "left_out": axis.left_out,
        "has_anything": len(lanes) > 1,
        "drawing": _drawing(axis, scale, lanes, say, description),
        "description": description,
        "legend": _legend(axis, lanes),
        "alerts": [(numbers[mark.id], mark) for mark in axis.alerts or ()],
        "events": [(numbers[mark.id], mark, plain(mark.kind)) for mark in axis.events or ()],
        "courses": axis_words.course_rows(axis, say),
        "grades": axis_words.grade_table(axis, say, MOST_SYMPTOMS),
        "distress": [(say.day(day), value) for day, value in reversed(axis.distress or ())],
    }  # fmt: skip


def _drawing(
    axis: Axis, scale: draw.Scale, lanes: list[Lane], say: Say, description: str
) -> Markup:
    height = sum(HEIGHTS[lane.kind] for lane in lanes)
    parts = [
        draw.line("tick", scale.begin(day), 14, scale.begin(day), height)
        for day, _text in scale.ticks()
    ]
    # What is drawn later lies above: the lanes over the lines that go through all of them.
    parts.append(guides(axis, scale, height))
    top = 0
    for lane in lanes:
        if lane.kind != "dates":
            parts.append(draw.line("border", 0, top, 100, top))
        parts.append(
            Markup('<svg y="{}" width="100%" height="{}">{}</svg>').format(
                top, HEIGHTS[lane.kind], lane.drawing
            )
        )
        top += HEIGHTS[lane.kind]
    return Markup(
        '<svg class="axis-plot" width="100%" height="{}" role="img" '
        'aria-labelledby="axis-title axis-desc">'
        '<title id="axis-title">What happened when</title><desc id="axis-desc">{}</desc>'
        '<defs><pattern id="axis-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="axis-hatch-ground" width="7" height="7"/>'
        '<line class="axis-hatch-line" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>{}</svg>'
    ).format(height, description, Markup("").join(parts))


def _legend(axis: Axis, lanes: list[Lane]) -> list[tuple[Markup, str]]:
    kinds = {lane.kind for lane in lanes}
    told: list[tuple[Markup, str]] = []
    if "course" in kinds:
        told += [
            (draw.swatch(draw.bar("on", 0, 5, 100, 16)), "on treatment, with its dose"),
            (draw.swatch(draw.bar("held", 0, 5, 100, 16)), "held"),
            (draw.swatch(draw.bar("on", 0, 5, 100, 16) + draw.bar("off", 30, 5, 40, 16)),
             "days off"),
            (draw.swatch(draw.bar("taken", 25, 9, 50, 8)), "taken"),
            (draw.swatch(draw.cross(50, 13, "")),
             "missed, and why: F forgotten, S side effects, C cost, N none at hand, H told to "
             "hold, O other, ? not said"),
            (draw.swatch(draw.dot("dose-held", 50, 13, 3.5)), "held back"),
            (draw.swatch(draw.dot("unanswered", 50, 13, 3.5)), "not answered"),
        ]  # fmt: skip
    if "grade" in kinds:
        told += [
            (draw.swatch(draw.bar(f"grade axis-grade-{grade}", 25, 25 - high, 50, high)),
             f"{grade} {word}")
            for grade, (word, high) in enumerate(
                (("none", 3), ("mild", 9), ("moderate", 15), ("severe", 21)))
        ]  # fmt: skip
    if "distress" in kinds:
        told.append((draw.swatch(draw.line("level", 0, 13, 100, 13)), "distress 4 and 10"))
    if axis.alerts is not None:
        told += [
            (draw.swatch(draw.numbered(kind, 50, 13, 1, "")), f"alert: {word}")
            for kind, word in (("urgent", "urgent"), ("soon", "soon"), ("info", "for information"))
        ]
    if axis.events is not None:
        told.append((draw.swatch(draw.numbered("event", 50, 13, 1, "")), "event"))
    return told
