"""Units of measurements, and what is plausible in them.  Pure functions.

Bounds are there to catch a slip of the finger or a wrong unit, not to judge a value.
Source of the factors: molar masses of glucose (180.16 g/mol) and calcium (40.08 g/mol).
"""

from collections.abc import Mapping
from dataclasses import dataclass


class BadUnit(Exception):
    """The value cannot be read; ``field`` names what is wrong, ``unit`` or ``value``."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of measurement: factor and offset to the unit rules read, and its bounds there."""

    units: Mapping[str, tuple[float, float]]
    least: float
    most: float


MEASUREMENTS: Mapping[str, _Kind] = {
    "temperature": _Kind({"Cel": (1, 0), "°C": (1, 0), "C": (1, 0), "[degF]": (5 / 9, -32 * 5 / 9),
                          "°F": (5 / 9, -32 * 5 / 9), "F": (5 / 9, -32 * 5 / 9)}, 30, 45),
    "weight": _Kind({"kg": (1, 0), "[lb_av]": (0.45359237, 0), "lb": (0.45359237, 0)}, 20, 400),
    "glucose": _Kind({"mg/dL": (1, 0), "mmol/L": (18.016, 0)}, 10, 2000),
    "anc": _Kind(
        {"/mm3": (1, 0), "/uL": (1, 0), "cells/uL": (1, 0), "10*9/L": (1000, 0)}, 0, 100_000
    ),
    "calcium": _Kind({"mg/dL": (1, 0), "mmol/L": (4.008, 0)}, 2, 30),
}  # fmt: skip

# Laboratory values are entered by staff; the others by her as well.
BY_STAFF_ONLY = frozenset({"anc", "calcium"})


def standard_value(code: str, value: float, unit: str) -> float:
    """Return a value in the unit rules read: °C, kg, mg/dL, cells per mm³.

    Raises:
        BadUnit: the unit is none of this measurement's, or nobody could have this value.
    """
    kind = MEASUREMENTS[code]
    if unit not in kind.units:
        raise BadUnit("unit", f"Must be one of: {', '.join(kind.units)}.")
    factor, offset = kind.units[unit]
    standard = round(value * factor + offset, 3)
    if not kind.least <= standard <= kind.most:
        raise BadUnit("value", "Is outside what is possible in this unit.")
    return standard
